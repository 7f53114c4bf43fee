// Moments as people say them, with the exact one in the title.

const STEPS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

const near = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {relative(at)}
    </time>
  );
}

function relative(at: string): string {
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return near.format(Math.round(seconds / length), unit);
  }
  return 'just now';
}

export function isPast(at: string): boolean {
  return Date.parse(at) < Date.now();
}
