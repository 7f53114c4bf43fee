// The frame: who, what can be started, the worklists; and what the address asks for.

import { Link, Navigate, Route, Routes } from 'react-router';
import { useQuery } from 'urql';

import { InstanceList } from './features/instance/list';
import { StartMenu } from './features/instance/start';
import { InstancePane } from './features/instance/view';
import { useActing, useLink } from './features/person/gate';
import { PersonMenu } from './features/person/menu';
import { capitalized } from './features/person/session';
import { TaskPane } from './features/task/pane';
import { WorklistNav } from './features/worklist/nav';
import { TaskList } from './features/worklist/tasks';
import { graphql } from './graphql/generated';
import type { ViewerQuery } from './graphql/generated/graphql';
import { Empty, Failure, Loading } from './ui/notice';
import { usePlaces } from './ui/place';

const VIEWER = graphql(`
  query Viewer {
    viewer {
      ...StartMenu
      worklists {
        id
        ...WorklistLink
      }
    }
  }
`);

export function App() {
  const [{ data, error }, ask] = useQuery({ query: VIEWER });
  const viewer = data?.viewer;
  return (
    <div className="flex h-dvh flex-col">
      <Header viewer={viewer} />
      {viewer ? (
        <div className="flex min-h-0 grow flex-col lg:flex-row">
          <WorklistNav worklists={viewer.worklists} />
          <main className="flex min-h-0 min-w-0 grow">
            <Places viewer={viewer} />
          </main>
        </div>
      ) : (
        <main>{error ? <Failure error={error} retry={ask} /> : <Loading what="your worklists" />}</main>
      )}
    </div>
  );
}

type Viewer = ViewerQuery['viewer'];

function Header({ viewer }: { viewer: Viewer | undefined }) {
  const to = usePlaces();
  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-surface px-3 sm:px-4">
      <Link to={to('/')} className="flex items-center gap-2 font-semibold tracking-tight">
        <img src={new URL('ui/mark.svg', import.meta.url).href} alt="" className="size-6" />
        Docket
      </Link>
      <LinkState />
      <span className="grow" />
      {viewer && <StartMenu viewer={viewer} />}
      <PersonMenu />
    </header>
  );
}

const LINKS = {
  idle: ['', ''],
  connecting: ['bg-line-strong', 'Connecting'],
  live: ['bg-good', 'Live'],
  interrupted: ['bg-warn', 'Reconnecting'],
} as const;

function LinkState() {
  const [dot, text] = LINKS[useLink()];
  return (
    <span role="status" className="flex items-center gap-1.5 text-xs text-soft">
      <span aria-hidden="true" className={`size-1.5 rounded-full ${dot}`} />
      {text}
    </span>
  );
}

function Places({ viewer }: { viewer: Viewer }) {
  const to = usePlaces();
  const [first] = viewer.worklists;
  return (
    <Routes>
      <Route index element={first ? <Navigate to={to(`/worklists/${first.id}`)} replace /> : <Idle />} />
      <Route path="worklists/:worklist" element={<TaskList />}>
        <Route path="tasks/:task" element={<TaskPane />} />
      </Route>
      <Route path="instances" element={<InstanceList />}>
        <Route path=":instance" element={<InstancePane />} />
      </Route>
      <Route path="*" element={<Lost />} />
    </Routes>
  );
}

function Idle() {
  const { person } = useActing();
  return (
    <div className="grow">
      <Empty title={`${capitalized(person.user)} has no worklists`}>
        They come with the privilege “user”.
        {person.privileges.length > 0 && ` ${capitalized(person.user)} is here as ${person.privileges.join(', ')}.`}
      </Empty>
    </div>
  );
}

function Lost() {
  const to = usePlaces();
  return (
    <div className="grow">
      <Empty title="There is nothing here">
        <Link to={to('/')} className="text-accent underline">
          Back to the worklists
        </Link>
      </Empty>
    </div>
  );
}
