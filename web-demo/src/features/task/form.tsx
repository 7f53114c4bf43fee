// The form of a task and how it ends: outcomes, or one button. What is typed is kept as a draft with the task.

import { useCallback, useEffect, useRef, useState } from 'react';
import { Link, useParams } from 'react-router';
import { useMutation } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import type { TaskFormFragment } from '../../graphql/generated/graphql';
import { Button } from '../../ui/controls';
import { FieldList } from '../../ui/fields';
import { Failure } from '../../ui/notice';
import { Refusals } from '../../ui/refusals';
import { usePlaces } from '../../ui/place';
import { capitalized } from '../person/session';
import { type Entries, FormSheet, isRecord, type Sheet } from './sheet';

const TASK = graphql(`
  fragment TaskForm on Task {
    id
    state
    outcomes
    data
    draft
    form {
      key
      schema
    }
    fields {
      name
      value
      visibility
    }
    viewerCan {
      claim
      complete
      update
    }
  }
`);

const COMPLETE = graphql(`
  mutation CompleteTask($input: CompleteTaskInput!) {
    completeTask(input: $input) {
      task {
        id
        ...TaskPane
      }
      processInstance {
        id
        ...InstanceView
      }
      nextTasks {
        id
        name
      }
      userErrors {
        ...Refusal
      }
    }
  }
`);

const SAVE = graphql(`
  mutation SaveDraft($input: UpdateTaskInput!) {
    updateTask(input: $input) {
      task {
        id
        draft
      }
      userErrors {
        ...Refusal
      }
    }
  }
`);

/** What is typed is saved when nothing was typed for so long, in milliseconds. */
const PAUSE = 700;

export function TaskForm({ task: shown }: { task: FragmentType<typeof TASK> }) {
  const task = readFragment(TASK, shown);
  const [{ data, error, fetching }, complete] = useMutation(COMPLETE);
  const sheet = useRef<Sheet>(null);
  const draft = useDraft(task);
  const editable = task.viewerCan.complete;
  const schema = task.form?.schema;

  const finish = async (outcome?: string) => {
    const entries = sheet.current ? sheet.current.submit() : {};
    if (!entries) return;
    await draft.settle();
    await complete({ input: { task: task.id, data: entries, outcome } });
  };
  const done = data?.completeTask.userErrors.length === 0;
  return (
    <div>
      {isRecord(schema) ? (
        <FormSheet
          ref={sheet}
          schema={schema}
          entries={seen(task)}
          typed={isRecord(task.draft) ? task.draft : {}}
          editable={editable}
          onTyped={task.viewerCan.update && editable ? draft.keep : undefined}
        />
      ) : (
        <FieldList fields={task.fields ?? []} />
      )}
      <div className="mt-4 flex flex-col gap-3 empty:hidden">
        {error && <Failure error={error} />}
        <Refusals errors={data?.completeTask.userErrors ?? []} />
        {done && <Done next={data.completeTask.nextTasks} />}
        {task.viewerCan.claim && <p className="text-sm text-soft">Claim the task to work on it.</p>}
      </div>
      {editable && <Ways outcomes={task.outcomes} busy={fetching} finish={(outcome) => void finish(outcome)} saved={draft.saved} />}
    </div>
  );
}

interface WaysProps {
  outcomes: readonly string[];
  busy: boolean;
  finish: (outcome?: string) => void;
  saved: boolean;
}

function Ways({ outcomes, busy, finish, saved }: WaysProps) {
  return (
    <div className="sticky bottom-0 -mx-1 mt-4 flex flex-wrap items-center gap-2 border-t border-line bg-surface px-1 py-3">
      {outcomes.length === 0 && (
        <Button kind="primary" busy={busy} onClick={() => finish()}>
          Complete
        </Button>
      )}
      {outcomes.map((outcome, index) => (
        <Button key={outcome} kind={index === 0 ? 'primary' : 'plain'} busy={busy} onClick={() => finish(outcome)}>
          {capitalized(outcome)}
        </Button>
      ))}
      <span role="status" className="text-sm text-soft">
        {saved ? 'Draft saved' : ''}
      </span>
    </div>
  );
}

function Done({ next }: { next: readonly { id: string; name: string }[] }) {
  const { worklist = '' } = useParams();
  const to = usePlaces();
  return (
    <div role="status" className="rounded-md bg-good-wash px-3 py-2 text-sm text-good">
      Done.
      {next.map((task) => (
        <span key={task.id}>
          {' '}
          Next for you:{' '}
          <Link to={to(`/worklists/${worklist}/tasks/${task.id}`)} className="font-medium underline">
            {task.name}
          </Link>
        </span>
      ))}
    </div>
  );
}

/** What the viewer sees of the data: values, and masks where there is no more. */
function seen(task: TaskFormFragment): Entries {
  const masked = (task.fields ?? []).filter((field) => field.visibility === 'MASKED');
  return {
    ...Object.fromEntries(masked.map((field) => [field.name, field.value])),
    ...(isRecord(task.data) ? task.data : {}),
  };
}

/** Keeps what is typed with the task, after a pause and when the form is left. */
function useDraft({ id }: { id: string }) {
  const [{ data, fetching }, save] = useMutation(SAVE);
  const [dirty, setDirty] = useState(false);
  const typed = useRef<Entries>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const saving = useRef<Promise<unknown>>(undefined);

  const flush = useCallback(() => {
    clearTimeout(timer.current);
    if (!typed.current) return;
    saving.current = save({ input: { task: id, draft: typed.current } });
    typed.current = undefined;
    setDirty(false);
  }, [id, save]);
  const keep = useCallback(
    (entries: Entries) => {
      typed.current = entries;
      setDirty(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(flush, PAUSE);
    },
    [flush],
  );
  // Completing sends everything anyway: nothing must be saved behind it.
  const settle = useCallback(async () => {
    clearTimeout(timer.current);
    typed.current = undefined;
    await saving.current;
  }, []);
  useEffect(() => flush, [flush]);
  return { keep, settle, saved: !dirty && !fetching && data?.updateTask.userErrors.length === 0 };
}
