// Requests over HTTPS: HTTP/2, so that any number of watches and requests share few connections. A connection takes as many streams as
// the server allows; when all are taken another one is opened. A connection that is silent while streams are open is pinged, as
// client-go's (30 s, and 15 s for the answer): a peer that vanished without a word ends its streams instead of holding them for ever.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { type Transport, TransportError, type TransportRequest, type TransportResponse } from './transport.ts';

export interface Http2TransportOptions {
  /** `https://host:port`, with a path prefix or without. */
  server: string;
  /** PEM; the system's authorities without it. */
  certificateAuthority?: string;
  /** PEM, both or none. */
  clientCertificate?: string;
  clientKey?: string;
  /** The name that the server's certificate must have, where it is not the URL's. */
  tlsServerName?: string;
  insecureSkipTlsVerify?: boolean;
  /** Asked for every request: tokens in files are renewed. */
  token?: () => string | undefined | Promise<string | undefined>;
}

const connectTimeoutMs = 30_000;
const readIdleTimeoutMs = 30_000;
const pingTimeoutMs = 15_000;
/** Until the server's settings have arrived. */
const initialMaxStreams = 100;
/** What may be under way to this client on one stream, and on one connection. */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 16 * 1024 * 1024;

class Connection {
  readonly session: ClientHttp2Session;
  /** Streams that are open. */
  streams = 0;
  usable = true;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: Http2TransportOptions, ended: (connection: Connection) => void) {
    const { origin } = new URL(options.server);
    this.session = connect(origin, {
      ca: options.certificateAuthority,
      cert: options.clientCertificate,
      key: options.clientKey,
      servername: options.tlsServerName,
      rejectUnauthorized: options.insecureSkipTlsVerify !== true,
      ALPNProtocols: ['h2'],
      settings: { enablePush: false, initialWindowSize: streamWindowBytes },
    });
    const end = () => {
      this.usable = false;
      clearTimeout(this.#idle);
      ended(this);
    };
    const connecting = setTimeout(() => this.session.destroy(new Error('connecting timed out')), connectTimeoutMs);
    this.session.once('connect', () => {
      clearTimeout(connecting);
      this.session.setLocalWindowSize(connectionWindowBytes);
    });
    this.session.once('close', () => {
      clearTimeout(connecting);
      end();
    });
    this.session.on('error', end);
    this.session.on('goaway', end);
  }

  get maxStreams(): number {
    return this.session.remoteSettings?.maxConcurrentStreams ?? initialMaxStreams;
  }

  /** Called on every sign of life: the next ping is due a while later. */
  heard(): void {
    if (this.streams === 0) clearTimeout(this.#idle);
    else if (this.#idle === undefined) this.#idle = setTimeout(() => this.#ping(), readIdleTimeoutMs);
    else this.#idle.refresh();
  }

  #ping(): void {
    if (this.streams === 0 || this.session.destroyed) return;
    const timeout = setTimeout(
      () => this.session.destroy(new Error('the server does not answer pings')),
      pingTimeoutMs,
    );
    const sent = this.session.ping((error) => {
      clearTimeout(timeout);
      if (error === null) this.heard();
    });
    if (!sent) clearTimeout(timeout);
  }
}

/** A transport to the server that the options describe. Connections are opened when they are needed. */
export function http2Transport(options: Http2TransportOptions): Transport {
  return new Http2Transport(options);
}

class Http2Transport implements Transport {
  readonly #options: Http2TransportOptions;
  readonly #prefix: string;
  readonly #connections = new Set<Connection>();
  #closed = false;

  constructor(options: Http2TransportOptions) {
    this.#options = options;
    this.#prefix = new URL(options.server).pathname.replace(/\/$/, '');
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    const { signal, method, path, headers, body } = request;
    signal?.throwIfAborted();
    const token = headers['authorization'] === undefined ? await this.#options.token?.() : undefined;
    if (this.#closed) throw new TransportError('the client is closed', { unsent: true });
    const connection = this.#connection();
    const outgoing: Record<string, string> = { ...headers, ':method': method, ':path': this.#prefix + path };
    if (token !== undefined) outgoing['authorization'] = `Bearer ${token}`;
    if (body !== undefined) outgoing['content-length'] = String(Buffer.byteLength(body));
    let stream: ClientHttp2Stream;
    try {
      stream = connection.session.request(outgoing, { endStream: body === undefined });
    } catch (error) {
      throw new TransportError(messageOf(error), { cause: error, unsent: true });
    }
    this.#count(connection, stream);
    if (body !== undefined) stream.end(body);
    return answerOf(stream, signal);
  }

  #connection(): Connection {
    for (const connection of this.#connections) {
      if (connection.usable && connection.streams < connection.maxStreams) return connection;
    }
    const connection = new Connection(this.#options, (ended) => this.#connections.delete(ended));
    this.#connections.add(connection);
    return connection;
  }

  #count(connection: Connection, stream: ClientHttp2Stream): void {
    connection.streams += 1;
    connection.heard();
    stream.on('data', () => connection.heard());
    stream.pause();
    stream.once('close', () => {
      connection.streams -= 1;
      connection.heard();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const ends = [...this.#connections].map(
      ({ session }) =>
        new Promise<void>((resolve) => {
          session.once('close', resolve);
          session.destroy();
        }),
    );
    await Promise.all(ends);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Resolves when headers have arrived. */
function answerOf(stream: ClientHttp2Stream, signal: AbortSignal | undefined): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    const abort = () => {
      failure = signal?.reason;
      stream.close(constants.NGHTTP2_CANCEL);
      reject(failure);
    };
    signal?.addEventListener('abort', abort, { once: true });
    stream.on('error', (error) => {
      failure ??= new TransportError(error.message, {
        cause: error,
        unsent: stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || isRefused(error),
      });
    });
    stream.once('close', () => {
      signal?.removeEventListener('abort', abort);
      reject(failure ?? new TransportError('the connection was closed before there was an answer'));
    });
    stream.once('response', (headers) => resolve(new Http2Response(stream, headers, () => failure)));
  });
}

function isRefused(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}

class Http2Response implements TransportResponse {
  readonly status: number;
  readonly #headers: IncomingHttpHeaders;
  readonly #stream: ClientHttp2Stream;
  readonly #failure: () => unknown;

  constructor(stream: ClientHttp2Stream, headers: IncomingHttpHeaders, failure: () => unknown) {
    this.#stream = stream;
    this.#headers = headers;
    this.#failure = failure;
    this.status = Number(headers[':status']);
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Without an async iterator: this is the way of every request. */
  text(): Promise<string> {
    const stream = this.#stream;
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let complete = false;
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.once('end', () => {
        complete = true;
      });
      stream.once('close', () => {
        const failure = this.#failure();
        if (failure !== undefined) reject(failure);
        else if (!complete || stream.rstCode !== 0) reject(new TransportError('the answer was cut short'));
        else resolve((pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)).toString());
      });
      stream.resume();
    });
  }

  async *chunks(): AsyncGenerator<Buffer> {
    const stream = this.#stream;
    try {
      for await (const piece of stream) yield piece as Buffer;
    } catch (error) {
      throw this.#failure() ?? new TransportError(messageOf(error), { cause: error });
    } finally {
      if (!stream.destroyed) stream.close(constants.NGHTTP2_CANCEL);
    }
    const failure = this.#failure();
    if (failure !== undefined) throw failure;
  }
}
