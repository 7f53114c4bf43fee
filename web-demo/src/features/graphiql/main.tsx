// GraphiQL as somebody: one of the people of the demo, or whoever a pasted token names. Nothing comes from elsewhere.

import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '../../ui/theme.css';

import { StrictMode, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { Console } from './console';
import { capitalized, fetchPeople, handle, type Person, tokens } from '../person/session';

const FIELD = 'h-8 min-w-0 rounded-md border border-line-strong bg-surface px-2 text-sm text-ink';

function Page() {
  const [people, setPeople] = useState<readonly Person[]>([]);
  const [wanted, setWanted] = useState(new URLSearchParams(location.search).get('as') ?? '');
  const [pasted, setPasted] = useState('');
  useEffect(() => {
    const asking = new AbortController();
    // Without people there is still the pasted token.
    fetchPeople(asking.signal).then(setPeople, () => undefined);
    return () => asking.abort();
  }, []);
  const person = people.find((one) => handle(one, people) === wanted);
  const bearer = useMemo(() => {
    if (pasted.trim()) return async () => pasted.trim();
    return person && tokens(person);
  }, [pasted, person]);

  const choose = (name: string) => {
    setWanted(name);
    setPasted('');
    history.replaceState(null, '', name ? `?as=${name}` : location.pathname);
  };
  return (
    <div className="flex h-dvh flex-col">
      <header className="flex flex-wrap items-center gap-3 border-b border-line bg-surface px-4 py-2">
        <h1 className="text-sm font-semibold">
          <a href={person ? `/?as=${wanted}` : '/'}>Docket</a> GraphiQL
        </h1>
        <span className="grow" />
        {people.length > 0 && (
          <label className="flex items-center gap-2 text-sm text-soft">
            Ask as
            <select className={FIELD} value={wanted} onChange={(event) => choose(event.target.value)}>
              <option value="">nobody</option>
              {people.map((one) => (
                <option key={handle(one, people)} value={handle(one, people)}>
                  {capitalized(one.user)}, {one.tenant}: {one.title}
                </option>
              ))}
            </select>
          </label>
        )}
        <label className="flex items-center gap-2 text-sm text-soft">
          {people.length > 0 ? 'or with the token' : 'Token'}
          <input
            className={FIELD}
            type="password"
            autoComplete="off"
            placeholder="docket token …"
            value={pasted}
            onChange={(event) => setPasted(event.target.value)}
          />
        </label>
      </header>
      <main className="min-h-0 grow">
        {bearer ? (
          <Console key={`${wanted} ${pasted}`} bearer={bearer} />
        ) : (
          <p className="p-6 text-soft">Choose a person or paste a token: the schema, too, is shown only to those who have one.</p>
        )}
      </main>
    </div>
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
