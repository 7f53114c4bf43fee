// One task on a list.

import { NavLink } from 'react-router';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import { Badge } from '../../ui/controls';
import { isPast, Moment } from '../../ui/moment';
import { usePlaces } from '../../ui/place';

const TASK = graphql(`
  fragment TaskRow on Task {
    id
    name
    state
    priority
    createdAt
    dueAt
    assignee {
      id
      name
    }
    process {
      id
      key
      name
    }
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

/** From here on a task is called urgent. */
const URGENT = 75;

interface TaskRowProps {
  task: FragmentType<typeof TASK>;
  worklist: string;
  isOpen: boolean;
  /** It came while the list was shown. */
  isNew: boolean;
}

export function TaskRow({ task: row, worklist, isOpen, isNew }: TaskRowProps) {
  const task = readFragment(TASK, row);
  const to = usePlaces();
  const initiator = task.processInstance?.initiator?.name;
  return (
    <li className={`border-b border-line ${isNew ? 'motion-safe:animate-[arrive_1.6s_ease-out]' : ''}`}>
      <NavLink
        to={to(`/worklists/${worklist}/tasks/${task.id}`)}
        className={`block px-4 py-2.5 -outline-offset-2 ${isOpen ? 'bg-accent-wash shadow-[inset_3px_0_0_var(--accent)]' : 'hover:bg-raised'}`}
      >
        <span className="flex items-baseline gap-2">
          <span className="grow truncate font-medium">{task.name}</span>
          {task.dueAt && <Due at={task.dueAt} />}
        </span>
        <span className="mt-0.5 flex items-center gap-2 text-sm text-soft">
          <span className="grow truncate">
            {task.process.name ?? task.process.key}
            {initiator && ` · ${initiator}`}
            {task.processInstance?.businessKey && ` · ${task.processInstance.businessKey}`}
            {' · '}
            <Moment at={task.createdAt} />
          </span>
          {task.priority >= URGENT && <Badge tone="warn">Urgent</Badge>}
          {task.assignee ? <Badge>{task.assignee.name}</Badge> : <Badge tone="accent">Unclaimed</Badge>}
        </span>
      </NavLink>
    </li>
  );
}

function Due({ at }: { at: string }) {
  return (
    <span className={`text-xs whitespace-nowrap ${isPast(at) ? 'font-medium text-danger' : 'text-soft'}`}>
      Due <Moment at={at} />
    </span>
  );
}
