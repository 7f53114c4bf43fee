// How menus look; their behaviour is Radix's.

export const MENU = 'z-10 min-w-56 overflow-auto rounded-lg border border-line bg-surface p-1 shadow-lg shadow-(color:--shade)';

export const MENU_ITEM =
  'flex items-center gap-2.5 rounded-md px-2 py-1.5 text-sm outline-none data-highlighted:bg-accent-wash data-disabled:opacity-60';
