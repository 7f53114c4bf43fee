// The editor, asking over HTTP and, for subscriptions, over the socket.

import { GraphiQL, type GraphiQLProps } from 'graphiql';
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { useEffect, useMemo } from 'react';

import type { Bearer } from '../../graphql/client';

const FIRST = `# Who you are, what you can start, and what there is to do.
query Start {
  viewer {
    user { name }
    startable { nodes { key name } }
    worklists {
      name
      counts { total overdue }
      tasks(first: 5) { nodes { id name dueAt assignee { name } } }
    }
  }
}
`;

export function Console({ bearer }: { bearer: Bearer }) {
  const socket = useMemo(
    () =>
      createClient({
        url: `${location.origin.replace(/^http/, 'ws')}/graphql/ws`,
        connectionParams: async () => ({ authorization: `Bearer ${await bearer(false)}` }),
      }),
    [bearer],
  );
  useEffect(() => () => void socket.dispose(), [socket]);
  const fetcher = useMemo<GraphiQLProps['fetcher']>(
    () => async (asked) => {
      const operation = getOperationAST(parse(asked.query), asked.operationName)?.operation;
      if (operation === 'subscription') return socket.iterate(asked);
      const response = await fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await bearer(false)}` },
        body: JSON.stringify(asked),
      });
      return response.json();
    },
    [bearer, socket],
  );
  return <GraphiQL fetcher={fetcher} defaultQuery={FIRST} isHeadersEditorEnabled={false} />;
}
