// Who to be: the first thing that the demo asks.

import { Link } from 'react-router';

import { Initial } from '../../ui/controls';
import { useTitle } from '../../ui/place';
import { capitalized, handle, type Person } from './session';

export function PersonChooser({ people, wanted }: { people: readonly Person[]; wanted: string | null }) {
  useTitle('Choose a person');
  const tenants = [...new Set(people.map((person) => person.tenant))];
  return (
    <main className="mx-auto max-w-4xl px-5 py-10 sm:py-16">
      <div className="flex items-center gap-3">
        <img src={new URL('../../ui/mark.svg', import.meta.url).href} alt="" className="size-9" />
        <h1 className="text-xl font-semibold tracking-tight">Docket</h1>
      </div>
      <p className="mt-4 max-w-xl text-soft">
        {wanted ? `Nobody here is called “${wanted}”. ` : ''}
        Choose a person to work as. Open a second window as somebody else: what one does, the other sees at once.
      </p>
      {tenants.map((tenant) => (
        <section key={tenant} aria-labelledby={`tenant-${tenant}`} className="mt-8">
          <h2 id={`tenant-${tenant}`} className="text-sm font-semibold text-soft capitalize">
            {tenant}
          </h2>
          <ul className="mt-2 grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
            {people
              .filter((person) => person.tenant === tenant)
              .map((person) => (
                <li key={person.user}>
                  <PersonLink person={person} name={handle(person, people)} />
                </li>
              ))}
          </ul>
        </section>
      ))}
    </main>
  );
}

function PersonLink({ person, name }: { person: Person; name: string }) {
  return (
    <Link
      to={{ pathname: '/', search: `?as=${name}` }}
      className="flex items-center gap-3 rounded-lg border border-line bg-surface px-3 py-2.5 transition-colors hover:border-accent hover:bg-raised"
    >
      <Initial name={person.user} />
      <span className="min-w-0">
        <span className="block font-medium">{capitalized(person.user)}</span>
        <span className="block truncate text-sm text-soft">{person.title}</span>
      </span>
    </Link>
  );
}
