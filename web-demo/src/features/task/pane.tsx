// The open task: what it is, what can be done with it, its form, what was said, and the run that it belongs to.

import { Tabs } from 'radix-ui';
import { useEffect, useRef } from 'react';
import { Link, useNavigationType, useParams, useSearchParams } from 'react-router';
import { useQuery, useSubscription } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import { Empty, Failure, Loading } from '../../ui/notice';
import { usePlaces, useTitle } from '../../ui/place';
import { InstanceView } from '../instance/view';
import { TaskActions } from './actions';
import { TaskComments } from './comments';
import { TaskFacts } from './facts';
import { TaskForm } from './form';

const TASK = graphql(`
  fragment TaskPane on Task {
    id
    name
    process {
      id
      key
      name
    }
    processInstance {
      id
    }
    comments(first: 100) {
      totalCount
    }
    ...TaskActions
    ...TaskFacts
    ...TaskForm
    ...TaskComments
  }
`);

const QUERY = graphql(`
  query Task($id: ID!) {
    task(id: $id) {
      id
      ...TaskPane
    }
  }
`);

const CHANGES = graphql(`
  subscription TaskChanges($task: ID!, $after: String) {
    taskChanges(task: $task, after: $after) {
      __typename
      ... on TaskSnapshot {
        sequence
        cursor
        task {
          id
          ...TaskPane
        }
      }
      ... on TaskUpdated {
        sequence
        cursor
        task {
          id
          ...TaskPane
        }
      }
      ... on TaskLeft {
        sequence
        cursor
        taskId
      }
      ... on TaskReset {
        sequence
        cursor
      }
    }
  }
`);

const VIEWS = ['task', 'instance', 'comments'] as const;

export function TaskPane() {
  const { task: id = '', worklist = '' } = useParams();
  const [{ data, error, fetching }, ask] = useQuery({ query: QUERY, variables: { id } });
  // Until the answer is there, the one for the task before is.
  const task = data?.task?.id === id ? data.task : undefined;
  useSubscription({ query: CHANGES, variables: { task: id }, pause: !task });
  const to = usePlaces();
  return (
    <article className="mx-auto max-w-4xl px-4 py-4 sm:px-6" aria-label="Task">
      <Link to={to(`/worklists/${worklist}`)} className="mb-3 inline-block text-sm text-accent md:hidden">
        ← Back to the list
      </Link>
      {task && <Open key={id} task={task} />}
      {error && !task && <Failure error={error} retry={ask} />}
      {!error && !task && fetching && <Loading what="the task" />}
      {!error && !task && !fetching && (
        <Empty title="This task is not available">It was finished, withdrawn, or is not yours to see any more.</Empty>
      )}
    </article>
  );
}

function Open({ task: opened }: { task: FragmentType<typeof TASK> }) {
  const task = readFragment(TASK, opened);
  const [search, setSearch] = useSearchParams();
  const wanted = search.get('view');
  const view = VIEWS.find((known) => known === wanted) ?? 'task';
  const turn = (next: string) => {
    setSearch(
      (now) => {
        now.set('view', next);
        return now;
      },
      { replace: true },
    );
  };
  const process = task.process.name ?? task.process.key;
  const said = task.comments.totalCount;
  useTitle(task.name, process);
  return (
    <>
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 grow">
          <p className="text-sm text-soft">{process}</p>
          <Heading text={task.name} />
        </div>
        <TaskActions task={task} />
      </header>
      <TaskFacts task={task} />
      <Tabs.Root value={view} onValueChange={turn} className="mt-4">
        <Tabs.List aria-label="Views of the task" className="flex gap-4 border-b border-line">
          <Tab value="task">Task</Tab>
          {task.processInstance && <Tab value="instance">Process</Tab>}
          <Tab value="comments">{said > 0 ? `Comments (${said})` : 'Comments'}</Tab>
        </Tabs.List>
        {/* What is typed must survive a look at another tab. */}
        <Tabs.Content value="task" forceMount className="pt-4 data-[state=inactive]:hidden">
          <TaskForm task={task} />
        </Tabs.Content>
        <Tabs.Content value="instance" className="pt-4">
          {task.processInstance && <InstanceView id={task.processInstance.id} />}
        </Tabs.Content>
        <Tabs.Content value="comments" className="pt-4">
          <TaskComments task={task} />
        </Tabs.Content>
      </Tabs.Root>
    </>
  );
}

/** Takes the focus when somebody came here by a link, so that keyboards and readers go on from here. */
function Heading({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const came = useNavigationType();
  useEffect(() => {
    if (came === 'PUSH') heading.current?.focus({ preventScroll: true });
  }, [came]);
  return (
    <h2 ref={heading} tabIndex={-1} className="text-xl font-semibold tracking-tight wrap-anywhere outline-none">
      {text}
    </h2>
  );
}

function Tab({ value, children }: { value: string; children: string }) {
  return (
    <Tabs.Trigger
      value={value}
      className="-mb-px border-b-2 border-transparent pb-2 text-sm text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
    >
      {children}
    </Tabs.Trigger>
  );
}
