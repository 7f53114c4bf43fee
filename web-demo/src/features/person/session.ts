// Who the page acts for. The demo gives a token to whoever is chosen; it lives in memory and is asked for again after a
// reload, and before it ends.

/** One of the people of the demo. */
export interface Person {
  readonly user: string;
  readonly tenant: string;
  readonly title: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly privileges: readonly string[];
}

/** Asked for anew when it has less than this left, in milliseconds. */
const MARGIN = 60_000;

export async function fetchPeople(signal: AbortSignal): Promise<readonly Person[]> {
  const response = await fetch('/dev/people', { signal });
  if (!response.ok) throw new Error('this server has no people to choose from');
  const { people } = (await response.json()) as { people: readonly Person[] };
  return people;
}

/** How a person is named in the address: names of a later tenant bear the tenant. */
export function handle(person: Person, people: readonly Person[]): string {
  const first = people.find((other) => other.user === person.user);
  return first === person ? person.user : `${person.user}@${person.tenant}`;
}

export function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A source of tokens for one person. */
export function tokens({ user, tenant }: Person): (renew: boolean) => Promise<string> {
  let held: Promise<{ token: string; until: number }> | undefined;
  const ask = async () => {
    const response = await fetch('/dev/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, tenant }),
    });
    if (!response.ok) throw new Error(`no token for ${user}`);
    const { token, expiresAt } = (await response.json()) as { token: string; expiresAt: string };
    return { token, until: Date.parse(expiresAt) };
  };
  return async (renew) => {
    const current = renew ? undefined : await held?.catch(() => undefined);
    if (current && current.until - Date.now() > MARGIN) return current.token;
    held = ask();
    return (await held).token;
  };
}
