// What surrounds a task: where its life stands, who has it, by when.

import type { ReactNode } from 'react';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import type { TaskState } from '../../graphql/generated/graphql';
import { Badge, type Tone } from '../../ui/controls';
import { isPast, Moment } from '../../ui/moment';

const TASK = graphql(`
  fragment TaskFacts on Task {
    id
    state
    priority
    createdAt
    dueAt
    assignee {
      id
      name
    }
    owner {
      id
      name
    }
    candidateUsers {
      id
      name
    }
    candidateGroups
    candidateRoles
    processInstance {
      id
      businessKey
      initiator {
        id
        name
      }
    }
  }
`);

/** The priority of a task whose model names none. */
const USUAL = 50;

export function TaskFacts({ task: known }: { task: FragmentType<typeof TASK> }) {
  const task = readFragment(TASK, known);
  const [tone, text] = standing(task.state);
  const isOpen = task.state === 'READY' || task.state === 'CLAIMED' || task.state === 'DELEGATED';
  const candidates = [
    ...(task.candidateUsers?.map((user) => user.name) ?? []),
    ...(task.candidateGroups ?? []),
    ...(task.candidateRoles ?? []),
  ];
  return (
    <dl className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <Fact name="State" quiet>
        <Badge tone={tone}>{text}</Badge>
      </Fact>
      {task.assignee && <Fact name="Assignee">{task.assignee.name}</Fact>}
      {task.owner && <Fact name="Owner">{task.owner.name}</Fact>}
      {!task.assignee && candidates.length > 0 && <Fact name="For">{candidates.join(', ')}</Fact>}
      {task.processInstance?.initiator && <Fact name="Initiator">{task.processInstance.initiator.name}</Fact>}
      {task.processInstance?.businessKey && <Fact name="Key">{task.processInstance.businessKey}</Fact>}
      {task.dueAt && isOpen && (
        <Fact name="Due">
          <span className={isPast(task.dueAt) ? 'font-medium text-danger' : ''}>
            <Moment at={task.dueAt} />
          </span>
        </Fact>
      )}
      {task.priority !== USUAL && <Fact name="Priority">{task.priority}</Fact>}
      <Fact name="Created">
        <Moment at={task.createdAt} />
      </Fact>
    </dl>
  );
}

function standing(state: TaskState): [Tone, string] {
  switch (state) {
    case 'READY':
      return ['accent', 'Unclaimed'];
    case 'CLAIMED':
      return ['neutral', 'In hand'];
    case 'DELEGATED':
      return ['warn', 'Delegated'];
    case 'SUSPENDED':
      return ['warn', 'Suspended'];
    case 'COMPLETED':
      return ['good', 'Completed'];
    case 'CANCELLED':
      return ['neutral', 'Cancelled'];
  }
}

function Fact({ name, quiet = false, children }: { name: string; quiet?: boolean; children: ReactNode }) {
  return (
    <div className="flex min-w-0 gap-1.5">
      <dt className={quiet ? 'sr-only' : 'text-soft'}>{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
