// HTTP/1.1: an exchange over Node's request and response.
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import {
  type Connection,
  type Exchange,
  type RequestHeaders,
  type ResponseHeaders,
  type ResponseStream,
  readBody,
  type UpgradedConnection,
} from './exchange.ts';

export class Http1Exchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly connection: Connection;
  readonly upgrade: (() => UpgradedConnection) | undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    upgrade?: () => UpgradedConnection,
  ) {
    this.#request = request;
    this.#response = response;
    this.connection = connection;
    this.upgrade = upgrade;
  }

  get method(): string {
    return this.#request.method!;
  }

  get url(): string {
    return this.#request.url!;
  }

  get headers(): RequestHeaders {
    return this.#request.headers;
  }

  get rawHeaders(): readonly string[] {
    return this.#request.rawHeaders;
  }

  get answered(): boolean {
    return this.#response.headersSent;
  }

  body(limitBytes: number): Promise<Buffer> {
    return readBody(this.#request, this.#request.headers['content-length'], limitBytes);
  }

  get bodyStream(): Readable {
    return this.#request;
  }

  send(status: number, headers: ResponseHeaders, body: Buffer | string): void {
    headers.push('Content-Length', String(Buffer.byteLength(body)));
    this.#response.writeHead(status, headers);
    this.#response.end(body);
  }

  stream(status: number, headers: ResponseHeaders): ResponseStream {
    const response = this.#response;
    response.writeHead(status, headers);
    response.flushHeaders();
    return {
      write: (chunk) => response.write(chunk),
      onDrain: (callback) => void response.once('drain', callback),
      end: () => void response.end(),
      abort: () => void response.destroy(),
    };
  }

  onClose(callback: () => void): void {
    this.#response.once('close', callback);
  }
}

/**
 * The exchange of a request that asks to upgrade (RFC 9110 7.8), on a connection that Node's parser has let go of. It can be answered
 * like any other, after which the connection ends, or taken over.
 */
export function upgradeExchange(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  connection: Connection,
): Http1Exchange {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once('finish', () => socket.end());
  const upgrade = () => {
    response.detachSocket(socket as Socket);
    return { socket, head };
  };
  return new Http1Exchange(request, response, connection, upgrade);
}
