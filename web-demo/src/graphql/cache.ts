// The one place that knows of live changes. What a change says of a task or an instance is merged by id, by itself; written
// here is only what belongs on a list and what does not any more.

import { type Cache, cacheExchange } from '@urql/exchange-graphcache';

import {
  type ProcessInstanceChangesSubscription,
  type TaskChangesSubscription,
  type WorklistChangesSubscription,
  type WorklistChangesSubscriptionVariables,
  type WorklistTasksQuery,
  WorklistTasksDocument,
} from './generated/graphql';

type Listed = NonNullable<WorklistTasksQuery['worklist']>['tasks']['nodes'];

export function cache() {
  return cacheExchange({
    keys: Object.fromEntries(PARTS.map((name) => [name, () => null])),
    updates: {
      Subscription: {
        worklistChanges: (
          { worklistChanges: change }: WorklistChangesSubscription,
          { worklist }: WorklistChangesSubscriptionVariables,
          store,
        ) => {
          switch (change.__typename) {
            case 'WorklistSnapshot':
              return list(store, worklist, () => change.tasks);
            case 'TaskEntered':
              return list(store, worklist, (tasks) => entered(tasks, change.task));
            case 'TaskUpdated':
              return;
            case 'TaskLeft':
              list(store, worklist, (tasks) => tasks.filter((task) => task.id !== change.taskId));
              if (change.reason === 'NO_LONGER_VISIBLE') forget(store, 'Task', change.taskId);
              return;
            case 'WorklistReset':
              // A snapshot follows at once and replaces the list: until then the old one is better than none.
              return;
          }
        },
        taskChanges: ({ taskChanges: change }: TaskChangesSubscription, _: unknown, store) => {
          if (change.__typename === 'TaskLeft') forget(store, 'Task', change.taskId);
        },
        processInstanceChanges: (
          { processInstanceChanges: change }: ProcessInstanceChangesSubscription,
          _: unknown,
          store,
        ) => {
          if (change.__typename === 'ProcessInstanceLeft') {
            forget(store, 'ProcessInstance', change.processInstanceId);
          }
        },
        // There is no stream of a list of instances; one whose tasks moved has moved.
        worklistCounts: (_: unknown, __: unknown, store) => store.invalidate('Query', 'processInstances'),
      },
      Mutation: {
        startProcess: (_: unknown, __: unknown, store) => store.invalidate('Query', 'processInstances'),
      },
    },
  });
}

/** Objects without an identity: parts of the object that holds them. */
const PARTS = [
  'Element',
  'Field',
  'Form',
  'Incident',
  'PageInfo',
  'ProcessInstancePermissions',
  'Tenant',
  'TaskPermissions',
  'Token',
  'Viewer',
  'WorklistCounts',
  ...['Comment', 'Process', 'ProcessInstance', 'Task'].map((node) => `${node}Connection`),
];

function list(store: Cache, worklist: string, change: (tasks: Listed) => Listed) {
  store.updateQuery({ query: WorklistTasksDocument, variables: { worklist } }, (data) => {
    if (!data?.worklist) return data;
    const { tasks } = data.worklist;
    return { ...data, worklist: { ...data.worklist, tasks: { ...tasks, nodes: change(tasks.nodes) } } };
  });
}

/** The oldest first, as the server lists them; a task that is there already is not there twice. */
function entered(tasks: Listed, task: Listed[number]): Listed {
  const others = tasks.filter((other) => other.id !== task.id);
  const later = others.findIndex((other) => other.createdAt > task.createdAt);
  return others.toSpliced(later < 0 ? others.length : later, 0, task);
}

/** Whoever shows it asks again, and is told that it is not there. */
function forget(store: Cache, __typename: string, id: string) {
  store.invalidate({ __typename, id });
}
