// The tasks of the chosen worklist, live, beside the open one.

import { type KeyboardEvent, useRef, useState } from 'react';
import { Outlet, useParams } from 'react-router';
import { useQuery, useSubscription } from 'urql';

import { graphql } from '../../graphql/generated';
import type { WorklistTasksQuery } from '../../graphql/generated/graphql';
import { Empty, Failure, Loading } from '../../ui/notice';
import { useTitle } from '../../ui/place';
import { TaskRow } from './row';

const TASKS = graphql(`
  query WorklistTasks($worklist: ID!) {
    worklist(id: $worklist) {
      id
      ...WorklistLink
      name
      counts {
        total
      }
      tasks(first: 100) {
        nodes {
          id
          createdAt
          ...TaskRow
        }
      }
    }
  }
`);

const CHANGES = graphql(`
  subscription WorklistChanges($worklist: ID!, $after: String) {
    worklistChanges(worklist: $worklist, after: $after) {
      __typename
      ... on WorklistSnapshot {
        sequence
        cursor
        tasks {
          id
          createdAt
          ...TaskRow
        }
      }
      ... on TaskEntered {
        sequence
        cursor
        task {
          id
          createdAt
          ...TaskRow
        }
      }
      ... on TaskUpdated {
        sequence
        cursor
        task {
          id
          createdAt
          ...TaskRow
        }
      }
      ... on TaskLeft {
        sequence
        cursor
        taskId
        reason
      }
      ... on WorklistReset {
        sequence
        cursor
      }
    }
  }
`);

export function TaskList() {
  const { worklist: id = '', task: open } = useParams();
  const [{ data, error, fetching }, ask] = useQuery({ query: TASKS, variables: { worklist: id } });
  // Until the answer is there, the one for the list before is.
  const worklist = data?.worklist?.id === id ? data.worklist : undefined;
  // Its snapshot replaces what the query found, so it must not come before.
  useSubscription({ query: CHANGES, variables: { worklist: id }, pause: !worklist });
  useTitle(worklist?.name);
  return (
    <>
      <section
        aria-label="Tasks"
        className={`min-h-0 w-full flex-col border-line bg-surface md:flex md:w-80 md:shrink-0 md:border-r xl:w-96 ${open ? 'hidden' : 'flex'}`}
      >
        <div className="flex items-baseline gap-2 border-b border-line px-4 py-2.5">
          <h1 className="truncate font-semibold">{worklist?.name ?? 'Worklist'}</h1>
          {worklist && <span className="text-sm text-soft tabular-nums">{worklist.counts.total}</span>}
        </div>
        {error && !worklist && <Failure error={error} retry={ask} />}
        {!error && fetching && !worklist && <Loading what="the tasks" />}
        {!error && !fetching && !worklist && <Empty title="You have no such worklist" />}
        {worklist && <Rows key={id} worklist={worklist} open={open} />}
      </section>
      <div className={`min-h-0 min-w-0 grow overflow-y-auto bg-surface ${open ? '' : 'hidden md:block'}`}>
        <Outlet />
        {!open && <Empty title="No task is open">Choose one from the list to see and complete it.</Empty>}
      </div>
    </>
  );
}

type Worklist = NonNullable<WorklistTasksQuery['worklist']>;

function Rows({ worklist, open }: { worklist: Worklist; open: string | undefined }) {
  const list = useRef<HTMLUListElement>(null);
  const { nodes } = worklist.tasks;
  const [first] = useState(() => new Set(nodes.map((task) => task.id)));
  if (nodes.length === 0) return <Empty title="Nothing to do here">New tasks appear by themselves.</Empty>;
  const hidden = worklist.counts.total - nodes.length;
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- The arrows move between the links in it. */}
      <ul ref={list} onKeyDown={(event) => moveFocus(list.current, event)} className="min-h-0 grow overflow-y-auto">
        {nodes.map((task) => (
          <TaskRow key={task.id} task={task} worklist={worklist.id} isOpen={task.id === open} isNew={!first.has(task.id)} />
        ))}
      </ul>
      {hidden > 0 && <p className="border-t border-line px-4 py-2 text-sm text-soft">And {hidden} more.</p>}
    </>
  );
}

function moveFocus(list: HTMLUListElement | null, event: KeyboardEvent) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!list || step === undefined) return;
  const links = [...list.querySelectorAll('a')];
  const next = links[links.findIndex((link) => link === document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
