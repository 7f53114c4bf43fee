// The worklists with how many tasks each has, live.

import { NavLink } from 'react-router';
import { useSubscription } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import type { WorklistKind } from '../../graphql/generated/graphql';
import { usePlaces } from '../../ui/place';

const WORKLIST = graphql(`
  fragment WorklistLink on Worklist {
    id
    name
    kind
    counts {
      total
      overdue
      dueToday
      unassigned
    }
  }
`);

const COUNTS = graphql(`
  subscription WorklistCounts {
    worklistCounts {
      __typename
      sequence
      cursor
      worklists {
        id
        ...WorklistLink
      }
    }
  }
`);

type Worklist = FragmentType<typeof WORKLIST> & { id: string };

export function WorklistNav({ worklists }: { worklists: readonly Worklist[] }) {
  useSubscription({ query: COUNTS, pause: worklists.length === 0 });
  const to = usePlaces();
  const links = worklists.map((worklist) => readFragment(WORKLIST, worklist));
  const mine = links.filter((link) => !isShared(link.kind));
  const shared = links.filter((link) => isShared(link.kind));
  return (
    <nav
      aria-label="Worklists"
      // What only readers hear is placed absolutely: without a place of its own it would widen the page.
      className="relative flex shrink-0 gap-1 overflow-x-auto border-b border-line px-2 py-1.5 lg:w-56 lg:flex-col lg:overflow-y-auto lg:border-r lg:border-b-0 lg:py-3"
    >
      {mine.length > 0 && <Heading>Mine</Heading>}
      {mine.map((link) => (
        <WorklistItem key={link.id} {...link} />
      ))}
      {shared.length > 0 && <Heading>Groups and roles</Heading>}
      {shared.map((link) => (
        <WorklistItem key={link.id} {...link} />
      ))}
      <Heading>Processes</Heading>
      <NavLink to={to('/instances')} className={ITEM}>
        Instances
      </NavLink>
    </nav>
  );
}

function isShared(kind: WorklistKind): boolean {
  switch (kind) {
    case 'ASSIGNED':
    case 'CLAIMABLE':
    case 'OWNED':
    case 'INITIATED':
      return false;
    case 'GROUP':
    case 'ROLE':
      return true;
  }
}

const ITEM =
  'flex h-8 shrink-0 items-center gap-2 rounded-md px-2.5 text-sm whitespace-nowrap text-ink hover:bg-raised aria-[current=page]:bg-accent-wash aria-[current=page]:font-medium aria-[current=page]:text-accent';

function Heading({ children }: { children: string }) {
  return <h2 className="px-2.5 pt-4 pb-1 text-xs font-medium text-soft first:pt-0 max-lg:hidden">{children}</h2>;
}

interface Item {
  id: string;
  name: string;
  kind: WorklistKind;
  counts: { total: number; overdue: number };
}

function WorklistItem({ id, name, kind, counts }: Item) {
  const to = usePlaces();
  return (
    <NavLink to={to(`/worklists/${id}`)} className={ITEM}>
      <span className="grow truncate">
        {name}
        {isShared(kind) && <span className="text-xs font-normal text-soft"> {kind.toLowerCase()}</span>}
      </span>
      {counts.overdue > 0 && (
        <span className="rounded bg-danger-wash px-1.5 text-xs font-medium text-danger">
          {counts.overdue}
          <span className="sr-only"> overdue of </span>
          <span aria-hidden="true"> late</span>
        </span>
      )}
      <span className="min-w-4 text-right text-xs tabular-nums">
        {counts.total}
        <span className="sr-only"> {counts.total === 1 ? 'task' : 'tasks'}</span>
      </span>
    </NavLink>
  );
}
