// The instances that the viewer may read, the latest first.

import { NavLink, Outlet, useParams } from 'react-router';
import { useQuery } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import { Badge } from '../../ui/controls';
import { Moment } from '../../ui/moment';
import { Empty, Failure, Loading } from '../../ui/notice';
import { usePlaces, useTitle } from '../../ui/place';
import { standing } from './view';

const INSTANCE = graphql(`
  fragment InstanceRow on ProcessInstance {
    id
    state
    businessKey
    startedAt
    initiator {
      id
      name
    }
    process {
      id
      key
      name
    }
  }
`);

const INSTANCES = graphql(`
  query Instances {
    processInstances(first: 100, orderBy: [{ field: STARTED_AT, direction: DESC }]) {
      nodes {
        id
        ...InstanceRow
      }
    }
  }
`);

export function InstanceList() {
  const { instance: open } = useParams();
  const [{ data, error }, ask] = useQuery({ query: INSTANCES, requestPolicy: 'cache-and-network' });
  useTitle('Instances');
  const rows = data?.processInstances.nodes;
  return (
    <>
      <section
        aria-label="Instances"
        className={`min-h-0 w-full flex-col border-line bg-surface md:flex md:w-80 md:shrink-0 md:border-r xl:w-96 ${open ? 'hidden' : 'flex'}`}
      >
        <h1 className="border-b border-line px-4 py-2.5 font-semibold">Instances</h1>
        {error && !rows && <Failure error={error} retry={ask} />}
        {!error && !rows && <Loading what="the instances" />}
        {rows?.length === 0 && <Empty title="No instances">Nothing has been started that you may read.</Empty>}
        {rows && rows.length > 0 && (
          <ul className="min-h-0 grow overflow-y-auto">
            {rows.map((instance) => (
              <InstanceRow key={instance.id} instance={instance} isOpen={instance.id === open} />
            ))}
          </ul>
        )}
      </section>
      <div className={`min-h-0 min-w-0 grow overflow-y-auto bg-surface ${open ? '' : 'hidden md:block'}`}>
        <Outlet />
        {!open && <Empty title="No instance is open">Choose one to see where it stands.</Empty>}
      </div>
    </>
  );
}

function InstanceRow({ instance: row, isOpen }: { instance: FragmentType<typeof INSTANCE>; isOpen: boolean }) {
  const instance = readFragment(INSTANCE, row);
  const to = usePlaces();
  const [tone, text] = standing(instance.state);
  return (
    <li className="border-b border-line">
      <NavLink
        to={to(`/instances/${instance.id}`)}
        className={`block px-4 py-2.5 -outline-offset-2 ${isOpen ? 'bg-accent-wash shadow-[inset_3px_0_0_var(--accent)]' : 'hover:bg-raised'}`}
      >
        <span className="flex items-center gap-2">
          <span className="grow truncate font-medium">{instance.process.name ?? instance.process.key}</span>
          <Badge tone={tone}>{text}</Badge>
        </span>
        <span className="mt-0.5 block truncate text-sm text-soft">
          {instance.initiator?.name} · <Moment at={instance.startedAt} />
          {instance.businessKey && ` · ${instance.businessKey}`}
        </span>
      </NavLink>
    </li>
  );
}
