// One connection per person and page: queries and mutations over HTTP, everything live over one socket.

import { createClient as createSocket, type Client as Socket } from 'graphql-ws';
import { Client, fetchExchange, makeOperation, mapExchange, type Operation, subscriptionExchange } from 'urql';

import { cache } from './cache';

/** How the socket is doing. */
export type Link = 'idle' | 'connecting' | 'live' | 'interrupted';

export interface Connection {
  readonly client: Client;
  /** The socket as an external store. */
  readonly link: { get: () => Link; listen: (tell: () => void) => () => void };
  readonly close: () => void;
}

/** Gives the bearer token; `renew` says that the last one was refused. */
export type Bearer = (renew: boolean) => Promise<string>;

type Forward = Parameters<typeof subscriptionExchange>[0]['forwardSubscription'];
type Request = Parameters<Forward>[0];
type Changes = ReturnType<Forward>;

/** How long the server may stay silent after a ping, in milliseconds. */
const SILENCE = 5_000;
const PING_EVERY = 12_000;
const LONGEST_WAIT = 10_000;

export function connect(bearer: Bearer): Connection {
  const { socket, link } = openSocket(bearer);
  const unanswered = new Map<number, Operation>();
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetch: (input, init) => fetchAs(bearer, input, init),
    exchanges: [
      cache(),
      mapExchange({
        onResult: ({ operation, error }) => {
          if (operation.kind === 'query' && error?.networkError) unanswered.set(operation.key, operation);
          else unanswered.delete(operation.key);
        },
      }),
      fetchExchange,
      subscriptionExchange({ forwardSubscription: (request) => follow(socket, request) }),
    ],
  });
  // A server that is back is asked again what it did not answer; what nobody shows any more is left out by the library.
  link.listen(() => {
    if (link.get() !== 'live') return;
    const again = [...unanswered.values()];
    unanswered.clear();
    for (const operation of again) {
      const context = { ...operation.context, requestPolicy: 'network-only' as const };
      client.reexecuteOperation(makeOperation('query', operation, context));
    }
  });
  return { client, link, close: () => void socket.dispose() };
}

/** A refused token is renewed once. */
async function fetchAs(bearer: Bearer, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const send = async (renew: boolean) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${await bearer(renew)}`);
    return fetch(input, { ...init, headers });
  };
  const response = await send(false);
  return response.status === 401 ? send(true) : response;
}

function openSocket(bearer: Bearer) {
  let state: Link = 'idle';
  let refused = false;
  const listeners = new Set<() => void>();
  const become = (next: Link) => {
    state = next;
    for (const tell of listeners) tell();
  };
  // The library sends pings and never misses an answer; a socket that died silently would look alive for ever.
  let silence: ReturnType<typeof setTimeout> | undefined;
  const socket = createSocket({
    url: `${location.origin.replace(/^http/, 'ws')}/graphql/ws`,
    connectionParams: async () => ({ authorization: `Bearer ${await bearer(refused)}` }),
    keepAlive: PING_EVERY,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: (retries) => wait(Math.min(LONGEST_WAIT, 250 * 2 ** retries) * (0.5 + Math.random() / 2)),
    on: {
      connecting: (again) => become(again ? 'interrupted' : 'connecting'),
      connected: () => {
        refused = false;
        become('live');
      },
      closed: (event) => {
        clearTimeout(silence);
        refused = event instanceof CloseEvent && (event.code === 4401 || event.code === 4403);
        become(event instanceof CloseEvent && event.code === 1000 ? 'idle' : 'interrupted');
      },
      ping: (received) => {
        if (!received) silence = setTimeout(() => socket.terminate(), SILENCE);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
    },
  });
  const listen = (tell: () => void) => {
    listeners.add(tell);
    return () => void listeners.delete(tell);
  };
  return { socket, link: { get: () => state, listen } };
}

/** A subscription that goes on where it was: each change bears a cursor, and a reconnect sends the last one. */
function follow(socket: Socket, request: Request): Changes {
  const query = request.query ?? '';
  const resumes = query.includes('$after');
  return {
    subscribe(sink) {
      let last: Place | undefined;
      let stop = () => {};
      const begin = () => {
        const payload = {
          query,
          // The library turns the payload into text anew at each connection, so a getter suffices.
          get variables() {
            return resumes && last ? { ...request.variables, after: last.cursor } : request.variables;
          },
        };
        stop = socket.subscribe<Record<string, unknown>>(payload, {
          next: (result) => {
            const place = placeOf(result.data);
            if (last && place && place.sequence !== 1 && place.sequence !== last.sequence + 1) {
              startOver();
              return;
            }
            last = place ?? last;
            sink.next({ data: result.data, errors: result.errors ? [...result.errors] : undefined });
          },
          error: (cause) => {
            // The place may be too long ago, or not be known any more: then the list is read from the beginning.
            if (last && Array.isArray(cause)) startOver();
            else if (Array.isArray(cause)) sink.next({ errors: cause });
            else sink.error(cause instanceof Error ? cause : new Error('the socket was closed'));
          },
          complete: () => sink.complete(),
        });
      };
      const startOver = () => {
        last = undefined;
        stop();
        begin();
      };
      begin();
      return { unsubscribe: () => stop() };
    },
  };
}

interface Place {
  cursor: string;
  sequence: number;
}

/** Each subscription has one root field, and each change says where it stands. */
function placeOf(data: Record<string, unknown> | null | undefined): Place | undefined {
  const change = Object.values(data ?? {})[0];
  if (typeof change !== 'object' || change === null) return undefined;
  const { cursor, sequence } = change as Partial<Record<string, unknown>>;
  return typeof cursor === 'string' && typeof sequence === 'number' ? { cursor, sequence } : undefined;
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
