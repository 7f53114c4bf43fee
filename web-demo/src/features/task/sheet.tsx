// form-js in React: the sheet is drawn by the library, and drawn anew when what lies under the typing changes.

import type { Form } from '@bpmn-io/form-js-viewer';
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';

import { Failure, Loading } from '../../ui/notice';

export type Entries = Readonly<Record<string, unknown>>;

export interface Sheet {
  /** What was changed, if all of it is valid; otherwise the faults are shown and the first one is focused. */
  submit: () => Entries | undefined;
}

interface FormSheetProps {
  ref: Ref<Sheet>;
  schema: Entries;
  /** The data under the form. */
  entries: Entries;
  /** What was typed over it in an earlier visit. */
  typed: Entries;
  editable: boolean;
  onTyped: ((typed: Entries) => void) | undefined;
}

export function FormSheet({ ref, schema, entries, typed, editable, onTyped }: FormSheetProps) {
  const holder = useRef<HTMLDivElement>(null);
  const form = useRef<Form>(undefined);
  const latest = useRef({ entries, typed, onTyped });
  const [state, setState] = useState<'drawing' | 'drawn' | Error>('drawing');
  useEffect(() => {
    latest.current = { ...latest.current, entries, onTyped };
  });

  // A change to a draft is our own typing come back, so only the data and the schema draw anew.
  const drawn = JSON.stringify([schema, entries]);
  useEffect(() => {
    let isOver = false;
    const draw = async () => {
      const { Form: Sheets } = await import('@bpmn-io/form-js-viewer');
      if (isOver || !holder.current) return;
      const [sheet, under] = JSON.parse(drawn) as [Entries, Entries];
      // With its pause after typing, the library drops what was typed while another field was being drawn.
      const options = { container: holder.current, properties: { readOnly: !editable }, debounce: false };
      const made = new Sheets(options);
      form.current = made;
      await made.importSchema(sheet, { ...under, ...(editable ? latest.current.typed : {}) });
      made.on('changed', ({ data }: { data: Entries }) => {
        latest.current.typed = changed(data, latest.current.entries);
        latest.current.onTyped?.(latest.current.typed);
      });
      if (!isOver) setState('drawn');
    };
    draw().catch((cause: unknown) => setState(cause instanceof Error ? cause : new Error('the form cannot be shown')));
    return () => {
      isOver = true;
      form.current?.destroy();
      form.current = undefined;
    };
  }, [drawn, editable]);

  useImperativeHandle(ref, () => ({
    submit: () => {
      const result = form.current?.submit();
      if (!result) return undefined;
      if (Object.keys(result.errors).length === 0) return changed(result.data, latest.current.entries);
      requestAnimationFrame(() => {
        holder.current?.querySelector<HTMLElement>('.fjs-has-errors :is(input, textarea, select)')?.focus();
      });
      return undefined;
    },
  }));

  return (
    <>
      {state === 'drawing' && <Loading what="the form" />}
      {state instanceof Error && <Failure error={state} />}
      <div ref={holder} className="form" />
    </>
  );
}

/** Whether something is a schema, or data that a form can show. */
export function isRecord(value: unknown): value is Entries {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What differs from the data under the form; a field that was and stays empty does not. */
function changed(data: Entries, under: Entries): Entries {
  const isEmpty = (value: unknown) => value === undefined || value === null || value === '';
  return Object.fromEntries(
    Object.entries(data).filter(([name, value]) => {
      const before = under[name];
      return !(isEmpty(value) && isEmpty(before)) && JSON.stringify(value) !== JSON.stringify(before);
    }),
  );
}
