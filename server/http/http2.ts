// HTTP/2: an exchange over a bare stream. Node's compatibility layer costs half the throughput, so it is not used.
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import {
  type Connection,
  type Exchange,
  type RequestHeaders,
  type ResponseHeaders,
  type ResponseStream,
  readBody,
} from './exchange.ts';

function headerObject(status: number, flat: ResponseHeaders): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':status': status };
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!.toLowerCase();
    const value = flat[i + 1]!;
    const before = headers[name];
    headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [String(before), value];
  }
  return headers;
}

export class Http2Exchange implements Exchange {
  readonly #stream: ServerHttp2Stream;
  readonly headers: RequestHeaders;
  readonly connection: Connection;
  /** HTTP/2 has no upgrades. */
  readonly upgrade = undefined;

  readonly rawHeaders: readonly string[];

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    connection: Connection,
  ) {
    this.#stream = stream;
    this.headers = headers as RequestHeaders;
    this.rawHeaders = rawHeaders;
    this.connection = connection;
  }

  get method(): string {
    return this.headers[':method'] as string;
  }

  get url(): string {
    return this.headers[':path'] as string;
  }

  get answered(): boolean {
    return this.#stream.headersSent;
  }

  body(limitBytes: number): Promise<Buffer> {
    return readBody(this.#stream, this.headers['content-length'] as string | undefined, limitBytes);
  }

  get bodyStream(): Readable {
    return this.#stream;
  }

  send(status: number, headers: ResponseHeaders, body: Buffer | string): void {
    if (this.#stream.destroyed) return;
    headers.push('Content-Length', String(Buffer.byteLength(body)));
    this.#stream.respond(headerObject(status, headers));
    this.#stream.end(body);
  }

  stream(status: number, headers: ResponseHeaders): ResponseStream {
    const stream = this.#stream;
    if (!stream.destroyed) stream.respond(headerObject(status, headers));
    return {
      write: (chunk) => (stream.destroyed ? true : stream.write(chunk)),
      onDrain: (callback) => void stream.once('drain', callback),
      end: () => void stream.end(),
      abort: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    };
  }

  onClose(callback: () => void): void {
    if (this.#stream.destroyed) queueMicrotask(callback);
    else this.#stream.once('close', callback);
  }
}
