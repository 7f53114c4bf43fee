// Who the page acts for, and whom it could act for.

import { DropdownMenu } from 'radix-ui';
import { Link } from 'react-router';

import { Initial } from '../../ui/controls';
import { MENU, MENU_ITEM } from '../../ui/menu';
import { useActing } from './gate';
import { capitalized, handle } from './session';

export function PersonMenu() {
  const { person, people } = useActing();
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="flex items-center gap-2 rounded-md px-1.5 py-1 hover:bg-raised">
        <Initial name={person.user} />
        <span className="text-left text-sm leading-tight max-sm:sr-only">
          <span className="block font-medium">{capitalized(person.user)}</span>
          <span className="block text-xs text-soft">{person.tenant}</span>
        </span>
        <span className="sr-only">: change person</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className={`${MENU} max-h-(--radix-dropdown-menu-content-available-height)`}>
          <DropdownMenu.Label className="px-2 py-1.5 text-xs text-soft">Work as</DropdownMenu.Label>
          {people.map((other) => (
            <DropdownMenu.Item key={handle(other, people)} asChild>
              <Link to={{ pathname: '/', search: `?as=${handle(other, people)}` }} className={MENU_ITEM}>
                <Initial name={other.user} />
                <span className="grow">
                  {capitalized(other.user)}
                  <span className="block text-xs text-soft">
                    {other.title}, {other.tenant}
                  </span>
                </span>
                {other === person && <span className="text-xs text-accent">now</span>}
              </Link>
            </DropdownMenu.Item>
          ))}
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item asChild>
            <a href={`/graphiql?as=${handle(person, people)}`} className={MENU_ITEM}>
              Open GraphiQL as {capitalized(person.user)}
            </a>
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
