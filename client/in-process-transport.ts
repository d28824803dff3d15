// Requests to a server in the same process: no TLS and no HTTP, the same JSON. Bodies are text on both sides, so nobody shares an object.
import { linkSignals } from './linked-signals.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';

/** What a server in this process takes: `ApiServer.handle` with the user filled in. */
export type InProcessHandler = (request: {
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  signal?: AbortSignal | undefined;
}) => Promise<{
  status: number;
  headers: readonly string[];
  body: Buffer | string | AsyncIterable<Buffer>;
}>;

/** A transport that hands requests to `handle`; closing it ends what is under way. */
export function inProcessTransport(handle: InProcessHandler): Transport {
  const closed = new AbortController();
  return {
    async send({ method, path, headers, body, signal }: TransportRequest): Promise<TransportResponse> {
      const link = signal === undefined ? undefined : linkSignals(signal, closed.signal);
      const ends = link?.signal ?? closed.signal;
      const request = { method, url: path, headers, signal: ends, ...(body === undefined ? {} : { body }) };
      let streams = false;
      try {
        const response = await handle(request);
        streams = isStream(response.body);
        return {
          status: response.status,
          header: (name) => headerOf(response.headers, name),
          text: () => textOf(response.body, ends, link?.release),
          chunks: () => (isStream(response.body) ? abortable(response.body, ends, link?.release) : once(response.body)),
        };
      } finally {
        if (!streams) link?.release();
      }
    },
    async close() {
      closed.abort(new Error('the client is closed'));
    },
  };
}

function isStream(body: Buffer | string | AsyncIterable<Buffer>): body is AsyncIterable<Buffer> {
  return typeof body !== 'string' && !Buffer.isBuffer(body);
}

function headerOf(flat: readonly string[], name: string): string | undefined {
  for (let at = 0; at < flat.length; at += 2) if (flat[at]!.toLowerCase() === name) return flat[at + 1];
  return undefined;
}

async function textOf(
  body: Buffer | string | AsyncIterable<Buffer>,
  signal: AbortSignal,
  ended?: () => void,
): Promise<string> {
  if (!isStream(body)) return body.toString();
  const pieces: Buffer[] = [];
  for await (const piece of abortable(body, signal, ended)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function* once(body: Buffer | string): AsyncGenerator<Buffer> {
  yield typeof body === 'string' ? Buffer.from(body) : body;
}

/** A stream that was cut short by the signal ends with the signal's reason, as a connection would. */
async function* abortable(
  body: AsyncIterable<Buffer>,
  signal: AbortSignal,
  ended?: () => void,
): AsyncGenerator<Buffer> {
  try {
    yield* body;
    signal.throwIfAborted();
  } finally {
    ended?.();
  }
}
