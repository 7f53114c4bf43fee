// Nothing of the product is shown before somebody is chosen; then everything below acts for that person.

import { createContext, type ReactNode, use, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useSearchParams } from 'react-router';
import { Provider } from 'urql';

import { connect, type Connection, type Link } from '../../graphql/client';
import { Failure, Loading } from '../../ui/notice';
import { PersonChooser } from './chooser';
import { fetchPeople, handle, type Person, tokens } from './session';

interface Acting {
  readonly person: Person;
  readonly people: readonly Person[];
  readonly connection: Connection;
}

const ActingContext = createContext<Acting | undefined>(undefined);

export function useActing(): Acting {
  const acting = use(ActingContext);
  if (!acting) throw new Error('nobody was chosen');
  return acting;
}

export function useLink(): Link {
  const { link } = useActing().connection;
  return useSyncExternalStore(link.listen, link.get);
}

export function PersonGate({ children }: { children: ReactNode }) {
  const [search] = useSearchParams();
  const [people, setPeople] = useState<readonly Person[]>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    const asking = new AbortController();
    fetchPeople(asking.signal).then(setPeople, (cause: unknown) => {
      if (!asking.signal.aborted) setError(cause instanceof Error ? cause : new Error('no answer'));
    });
    return () => asking.abort();
  }, []);

  if (error) return <Closed error={error} />;
  if (!people) return <Loading what="the people" />;
  const wanted = search.get('as');
  const person = people.find((one) => handle(one, people) === wanted);
  if (!person) return <PersonChooser people={people} wanted={wanted} />;
  return (
    <ActAs key={handle(person, people)} person={person} people={people}>
      {children}
    </ActAs>
  );
}

function ActAs({ person, people, children }: { person: Person; people: readonly Person[]; children: ReactNode }) {
  const connection = useMemo(() => connect(tokens(person)), [person]);
  useEffect(() => connection.close, [connection]);
  const acting = useMemo(() => ({ person, people, connection }), [person, people, connection]);
  return (
    <ActingContext value={acting}>
      <Provider value={connection.client}>{children}</Provider>
    </ActingContext>
  );
}

function Closed({ error }: { error: Error }) {
  return (
    <main className="mx-auto max-w-xl py-16">
      <h1 className="px-4 text-xl font-semibold">Docket</h1>
      <Failure error={error} retry={() => location.reload()} />
      <p className="px-4 text-soft">
        This page acts for the people of the demo. With a token of your own, use{' '}
        <a className="text-accent underline" href="/graphiql">
          GraphiQL
        </a>
        .
      </p>
    </main>
  );
}
