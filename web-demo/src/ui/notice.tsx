// What stands where content would: nothing yet, nothing at all, or an error.

import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';

import { Button } from './controls';

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-sm flex-col items-center gap-1 px-6 py-16 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="text-sm text-soft">{children}</div>}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div role="status" className="flex flex-col gap-3 p-4">
      <span className="sr-only">Loading {what}</span>
      {['w-2/3', 'w-1/2', 'w-3/5'].map((width) => (
        <span key={width} className={`h-4 animate-pulse rounded bg-raised ${width}`} />
      ))}
    </div>
  );
}

/** Whether the address names something that cannot be: asking again would change nothing. */
function leadsNowhere(error: CombinedError | Error): boolean {
  return 'graphQLErrors' in error && error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'BAD_INPUT');
}

export function Failure({ error, retry }: { error: CombinedError | Error; retry?: () => void }) {
  if (retry && leadsNowhere(error)) return <Empty title="This address leads nowhere" />;
  return (
    <div role="alert" className="m-4 flex flex-wrap items-center gap-3 rounded-md bg-danger-wash px-3 py-2 text-sm text-danger">
      <span className="grow">{faultText(error)}</span>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

function faultText(error: CombinedError | Error): string {
  if (!('graphQLErrors' in error)) return error.message;
  if (error.networkError) return 'The server does not answer.';
  const [first] = error.graphQLErrors;
  const id = first?.extensions['errorId'];
  return `${first?.message ?? error.message}${typeof id === 'string' ? ` (number ${id})` : ''}`;
}
