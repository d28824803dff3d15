// HTTP/1.1: an exchange over Node's request and response.
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Connection,
  type Exchange,
  type RequestHeaders,
  type ResponseHeaders,
  type ResponseStream,
  readBody,
} from './exchange.ts';

export class Http1Exchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly connection: Connection;

  constructor(request: IncomingMessage, response: ServerResponse, connection: Connection) {
    this.#request = request;
    this.#response = response;
    this.connection = connection;
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
    };
  }

  onClose(callback: () => void): void {
    this.#response.once('close', callback);
  }
}
