// What a process asks before it starts.

import { Dialog } from 'radix-ui';
import { type ReactNode, useRef } from 'react';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import { Button } from '../../ui/controls';
import { type Entries, FormSheet, isRecord, type Sheet } from '../task/sheet';

const PROCESS = graphql(`
  fragment StartForm on Process {
    id
    key
    name
    startForm {
      schema
    }
  }
`);

type Process = FragmentType<typeof PROCESS>;

export function hasForm(process: Process): boolean {
  return isRecord(readFragment(PROCESS, process).startForm?.schema);
}

interface StartFormProps {
  process: Process;
  busy: boolean;
  /** Why it did not start. */
  refused: ReactNode;
  send: (entries: Entries) => void;
  close: () => void;
}

export function StartForm({ process: asked, busy, refused, send, close }: StartFormProps) {
  const { key, name, startForm } = readFragment(PROCESS, asked);
  const sheet = useRef<Sheet>(null);
  const submit = () => {
    const entries = sheet.current?.submit();
    if (entries) send(entries);
  };
  return (
    <Dialog.Root open onOpenChange={close}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 bg-(--shade)" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[10dvh] left-1/2 max-h-[80dvh] w-[min(32rem,calc(100vw-2rem))] -translate-x-1/2 overflow-auto rounded-lg border border-line bg-surface p-5 shadow-lg"
        >
          <Dialog.Title className="mb-3 font-semibold">{name ?? key}</Dialog.Title>
          <FormSheet
            ref={sheet}
            schema={isRecord(startForm?.schema) ? startForm.schema : {}}
            entries={NOTHING}
            typed={NOTHING}
            editable
            onTyped={undefined}
          />
          {refused}
          <div className="mt-4 flex justify-end gap-2">
            <Dialog.Close asChild>
              <Button>Cancel</Button>
            </Dialog.Close>
            <Button kind="primary" busy={busy} onClick={submit}>
              Start
            </Button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const NOTHING: Entries = {};
