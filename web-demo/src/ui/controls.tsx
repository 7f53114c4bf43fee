// What is pressed, and what is said small: buttons and badges.

import type { ComponentProps, ReactNode } from 'react';

const KINDS = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  plain: 'border border-line-strong/60 bg-surface text-ink hover:bg-raised',
  quiet: 'text-soft hover:bg-raised hover:text-ink',
} as const;

interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  kind?: keyof typeof KINDS;
  /** Waits for an answer: it stays focusable, but does nothing. */
  busy?: boolean;
}

export function Button({ kind = 'plain', busy = false, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      aria-disabled={busy || undefined}
      onClick={busy ? undefined : onClick}
      className={`inline-flex h-8 items-center justify-center gap-1.5 rounded-md px-3 text-sm font-medium whitespace-nowrap transition-colors disabled:opacity-60 aria-disabled:opacity-70 ${KINDS[kind]}`}
      {...rest}
    />
  );
}

const TONES = {
  neutral: 'bg-raised text-soft',
  accent: 'bg-accent-wash text-accent',
  good: 'bg-good-wash text-good',
  warn: 'bg-warn-wash text-warn',
  danger: 'bg-danger-wash text-danger',
} as const;

export type Tone = keyof typeof TONES;

export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={`inline-flex items-center gap-1 rounded px-1.5 py-px text-xs font-medium whitespace-nowrap inset-ring inset-ring-current/20 ${TONES[tone]}`}>
      {children}
    </span>
  );
}

/** A round sign with the first letter of a name; the name itself stands beside it or in a label. */
export function Initial({ name }: { name: string }) {
  return (
    <span
      aria-hidden="true"
      className="inline-flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-wash text-xs font-semibold text-accent uppercase"
    >
      {name.charAt(0)}
    </span>
  );
}
