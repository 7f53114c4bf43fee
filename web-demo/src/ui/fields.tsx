// Process data as a list of names and values, as far as the viewer sees them.

import type { FieldVisibility } from '../graphql/generated/graphql';

interface Field {
  name: string;
  value?: unknown;
  visibility: FieldVisibility;
}

export function FieldList({ fields }: { fields: readonly Field[] }) {
  if (fields.length === 0) return <p className="text-sm text-soft">There is no data that you may read.</p>;
  return (
    <dl className="grid grid-cols-[minmax(6rem,max-content)_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
      {fields.map((field) => (
        <div key={field.name} className="contents">
          <dt className="max-w-48 wrap-anywhere text-soft">{field.name}</dt>
          <dd className="wrap-anywhere whitespace-pre-wrap">
            <Value field={field} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ field: { value, visibility } }: { field: Field }) {
  switch (visibility) {
    case 'HIDDEN':
      return <span className="text-soft italic">hidden from you</span>;
    case 'MASKED':
      return (
        <>
          {plain(value)} <span className="text-soft italic">masked</span>
        </>
      );
    case 'CLEAR':
      return plain(value);
  }
}

function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
