// What a mutation refused, said to a person.

import { type FragmentType, graphql, readFragment } from '../graphql/generated';
import type { RefusalFragment } from '../graphql/generated/graphql';

const REFUSAL = graphql(`
  fragment Refusal on UserError {
    code
    message
    field
  }
`);

export function Refusals({ errors }: { errors: readonly FragmentType<typeof REFUSAL>[] }) {
  if (errors.length === 0) return null;
  return (
    <ul role="alert" className="rounded-md bg-danger-wash px-3 py-2 text-sm text-danger">
      {readFragment(REFUSAL, errors).map((error) => (
        <li key={`${error.code} ${error.message}`}>{sentence(error)}</li>
      ))}
    </ul>
  );
}

function sentence({ code, message, field }: RefusalFragment): string {
  switch (code) {
    case 'NOT_AVAILABLE':
      return 'This is not available to you any more.';
    case 'NOT_PERMITTED':
      return `You may not do this: ${message}.`;
    case 'CONFLICT':
      return `Somebody was faster: ${message}. Look again, then decide again.`;
    case 'INVALID_INPUT': {
      const name = field?.at(-1);
      return name ? `Please check “${name}”: ${message}.` : `Please check what you entered: ${message}.`;
    }
    case 'INVALID_STATE':
      return `This cannot be done now: ${message}.`;
    case 'LIMIT_EXCEEDED':
      return `This is too large: ${message}.`;
    default:
      return unknown(code, message);
  }
}

/** A server may be newer than this page; the compiler still asks for every code that is known. */
function unknown(_: never, message: string): string {
  return message;
}
