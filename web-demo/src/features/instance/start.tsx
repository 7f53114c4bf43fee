// Start a process: exactly those that will start for the viewer are offered. One with a form opens it first.

import { DropdownMenu } from 'radix-ui';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useMutation } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import type { StartProcessMutation } from '../../graphql/generated/graphql';
import { Button } from '../../ui/controls';
import { MENU, MENU_ITEM } from '../../ui/menu';
import { Failure } from '../../ui/notice';
import { Refusals } from '../../ui/refusals';
import { usePlaces } from '../../ui/place';
import type { Entries } from '../task/sheet';
import { hasForm, StartForm } from './start-form';

const VIEWER = graphql(`
  fragment StartMenu on Viewer {
    startable(first: 50) {
      nodes {
        id
        key
        name
        ...StartForm
      }
    }
    worklists {
      id
      kind
    }
  }
`);

const START = graphql(`
  mutation StartProcess($input: StartProcessInput!) {
    startProcess(input: $input) {
      processInstance {
        id
        tasks(first: 20, filter: { state: [CLAIMED] }) {
          nodes {
            id
            viewerCan {
              complete
            }
          }
        }
      }
      userErrors {
        ...Refusal
      }
    }
  }
`);

export function StartMenu({ viewer }: { viewer: FragmentType<typeof VIEWER> }) {
  const { startable, worklists } = readFragment(VIEWER, viewer);
  const [{ data, error, fetching }, start] = useMutation(START);
  const [asking, setAsking] = useState<(typeof startable.nodes)[number]>();
  const navigate = useNavigate();
  const to = usePlaces();
  if (startable.nodes.length === 0) return null;

  const begin = async (key: string, entries: Entries) => {
    const { data: begun } = await start({ input: { key, data: entries } });
    const assigned = worklists.find((worklist) => worklist.kind === 'ASSIGNED');
    const place = begun && placeAfter(begun.startProcess, assigned?.id);
    if (!place) return;
    setAsking(undefined);
    await navigate(to(place));
  };
  const refused = (error || (data && data.startProcess.userErrors.length > 0)) && (
    <>
      {error && <Failure error={error} />}
      <Refusals errors={data?.startProcess.userErrors ?? []} />
    </>
  );
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild>
          <Button kind="primary" busy={fetching}>
            Start a process
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content align="end" sideOffset={6} className={MENU}>
            {startable.nodes.map((process) => (
              <DropdownMenu.Item
                key={process.id}
                className={MENU_ITEM}
                onSelect={() => (hasForm(process) ? setAsking(process) : void begin(process.key, {}))}
              >
                {process.name ?? process.key}
              </DropdownMenu.Item>
            ))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {asking && (
        <StartForm
          process={asking}
          busy={fetching}
          refused={refused}
          send={(entries) => void begin(asking.key, entries)}
          close={() => setAsking(undefined)}
        />
      )}
      {refused && !asking && (
        <div className="fixed top-14 right-4 z-10 max-w-sm rounded-md bg-surface shadow-lg">{refused}</div>
      )}
    </>
  );
}

/** The first task, if it is the viewer's to do; else the instance. */
function placeAfter(begun: StartProcessMutation['startProcess'], assigned: string | undefined): string | undefined {
  const instance = begun.processInstance;
  if (!instance) return undefined;
  const mine = instance.tasks?.nodes.find((task) => task.viewerCan.complete);
  return mine && assigned ? `/worklists/${assigned}/tasks/${mine.id}` : `/instances/${instance.id}`;
}
