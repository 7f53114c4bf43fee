// One run of a process, live: where it stands, its data and its tasks.

import type { ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { useQuery, useSubscription } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import type { InstanceViewFragment, ProcessInstanceState } from '../../graphql/generated/graphql';
import { Badge, type Tone } from '../../ui/controls';
import { FieldList } from '../../ui/fields';
import { Moment } from '../../ui/moment';
import { Empty, Failure, Loading } from '../../ui/notice';
import { usePlaces, useTitle } from '../../ui/place';
import { Diagram } from './diagram';
import { Withdraw } from './withdraw';

const INSTANCE = graphql(`
  fragment InstanceView on ProcessInstance {
    id
    state
    startedAt
    endedAt
    initiator {
      id
      name
    }
    process {
      id
      key
      name
      version
    }
    tokens {
      elementId
      elementName
      since
    }
    incidents {
      elementId
      elementName
      message
      at
    }
    fields {
      name
      value
      visibility
    }
    ...Withdraw
  }
`);

const QUERY = graphql(`
  query Instance($id: ID!) {
    processInstance(id: $id) {
      id
      ...InstanceView
    }
  }
`);

const CHANGES = graphql(`
  subscription ProcessInstanceChanges($instance: ID!, $after: String) {
    processInstanceChanges(processInstance: $instance, after: $after) {
      __typename
      ... on ProcessInstanceSnapshot {
        sequence
        cursor
        processInstance {
          id
          ...InstanceView
        }
      }
      ... on ProcessInstanceUpdated {
        sequence
        cursor
        processInstance {
          id
          ...InstanceView
        }
      }
      ... on ProcessInstanceLeft {
        sequence
        cursor
        processInstanceId
      }
      ... on ProcessInstanceReset {
        sequence
        cursor
      }
    }
  }
`);

export function InstancePane() {
  const { instance: id = '' } = useParams();
  const to = usePlaces();
  return (
    <article className="mx-auto max-w-4xl px-4 py-4 sm:px-6" aria-label="Instance">
      <Link to={to('/instances')} className="mb-3 inline-block text-sm text-accent md:hidden">
        ← Back to the list
      </Link>
      <InstanceView key={id} id={id} titled />
    </article>
  );
}

export function InstanceView({ id, titled = false }: { id: string; titled?: boolean }) {
  const [{ data, error, fetching }, ask] = useQuery({ query: QUERY, variables: { id } });
  // Until the answer is there, the one for the instance before is.
  const instance = data?.processInstance?.id === id ? data.processInstance : undefined;
  useSubscription({ query: CHANGES, variables: { instance: id }, pause: !instance });
  if (instance) return <Run instance={instance} titled={titled} />;
  if (error) return <Failure error={error} retry={ask} />;
  if (fetching) return <Loading what="the instance" />;
  return <Empty title="This instance is not available">It is not yours to see, or not any more.</Empty>;
}

function Run({ instance: shown, titled }: { instance: FragmentType<typeof INSTANCE>; titled: boolean }) {
  const instance = readFragment(INSTANCE, shown);
  const [tone, text] = standing(instance.state);
  return (
    <div className="flex flex-col gap-5">
      {titled && <Title instance={instance} />}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        <Badge tone={tone}>{text}</Badge>
        <span className="text-soft">
          Started <Moment at={instance.startedAt} />
          {instance.initiator && ` for ${instance.initiator.name}`}
          {instance.endedAt && (
            <>
              , ended <Moment at={instance.endedAt} />
            </>
          )}
          , version {instance.process.version}
        </span>
        <span className="grow" />
        <Withdraw instance={instance} />
      </div>
      {instance.incidents?.map((incident) => (
        <p key={`${incident.elementId} ${incident.at}`} className="rounded-md bg-danger-wash px-3 py-2 text-sm text-danger">
          {incident.elementName ?? incident.elementId}: {incident.message}
        </p>
      ))}
      <Diagram instance={instance.id} marked={instance.tokens?.map((token) => token.elementId) ?? []} />
      <Places instance={instance} />
      <Part title="Data">
        <FieldList fields={instance.fields ?? []} />
      </Part>
    </div>
  );
}

function Title({ instance }: { instance: InstanceViewFragment }) {
  const name = instance.process.name ?? instance.process.key;
  useTitle(name);
  return <h2 className="text-xl font-semibold tracking-tight">{name}</h2>;
}

/** The same as the diagram shows, for those who do not see it. */
function Places({ instance }: { instance: InstanceViewFragment }) {
  return (
    <Part title="Where it stands">
      {instance.tokens?.length ? (
        <table className="w-full text-left text-sm">
          <thead className="sr-only">
            <tr>
              <th scope="col">Element</th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {instance.tokens.map((token) => (
              <tr key={`${token.elementId} ${token.since}`} className="border-b border-line">
                <td className="py-1.5 font-medium">{token.elementName ?? token.elementId}</td>
                <td className="py-1.5 text-right text-soft">
                  <Moment at={token.since} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="text-sm text-soft">Nowhere: it has ended.</p>
      )}
    </Part>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}

export function standing(state: ProcessInstanceState): [Tone, string] {
  switch (state) {
    case 'ACTIVE':
      return ['accent', 'Running'];
    case 'SUSPENDED':
      return ['warn', 'Suspended'];
    case 'COMPLETED':
      return ['good', 'Completed'];
    case 'WITHDRAWN':
      return ['neutral', 'Withdrawn'];
    case 'TERMINATED':
      return ['danger', 'Terminated'];
  }
}
