// The benchmark's own HTTP/1.1 client: one request at a time on one kept-alive TLS connection, requests handed over as ready bytes,
// answers parsed no further than their status and their length. An ordinary client would be slower than the servers it measures.
import { once } from 'node:events';
import tls from 'node:tls';

/** Where a server is and how to authenticate to it. */
export interface Target {
  host: string;
  port: number;
  /** PEM. Undefined: the server's certificate is not verified. */
  ca?: string;
  /** PEM client certificate and key. */
  cert?: string;
  key?: string;
  /** Bearer token. */
  token?: string;
}

/** Called while an answer arrives. `body` gets slices of the received buffer: copy what is to be kept. */
export interface AnswerHandlers {
  head(status: number): void;
  body(part: Buffer): void;
  end(): void;
}

const headEnd = Buffer.from('\r\n\r\n');
const empty = Buffer.alloc(0);

/**
 * An incremental parser of HTTP/1.1 answers with `Content-Length` or chunked bodies (RFC 9112), which is all that an API server
 * sends to a kept-alive connection. Throws on anything else.
 */
export class AnswerParser {
  readonly #handlers: AnswerHandlers;
  #state: 'head' | 'length' | 'chunkSize' | 'chunk' | 'trailer' = 'head';
  #rest: Buffer = empty;
  /** Bytes of the body or of the chunk (with its CRLF) that are still to come. */
  #remaining = 0;

  constructor(handlers: AnswerHandlers) {
    this.#handlers = handlers;
  }

  push(data: Buffer): void {
    let input = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data;
    this.#rest = empty;
    while (input.length > 0) {
      const used = this.#step(input);
      if (used < 0) {
        this.#rest = input;
        return;
      }
      input = input.subarray(used);
    }
  }

  /** Consumes what it can of the present state; -1 when it needs more bytes. */
  #step(input: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#head(input);
      case 'chunkSize':
        return this.#chunkSize(input);
      case 'trailer': {
        const end = input.indexOf('\r\n');
        if (end === 0) this.#finish();
        return end < 0 ? -1 : end + 2;
      }
      case 'length':
        return this.#data(input, 0);
      case 'chunk':
        return this.#data(input, 2);
    }
  }

  #head(input: Buffer): number {
    const end = input.indexOf(headEnd);
    if (end < 0) return -1;
    const text = input.toString('latin1', 0, end + 2);
    const status = Number(text.slice(9, 12));
    if (!text.startsWith('HTTP/1.1 ') || !(status >= 100))
      throw new Error(`not an HTTP/1.1 answer: ${text.slice(0, 60)}`);
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(text)?.[1];
    const chunked = length === undefined && /\r\ntransfer-encoding: *chunked\r\n/i.test(text);
    if (length === undefined && !chunked && status !== 204 && status !== 304)
      throw new Error('an answer without a length');
    this.#handlers.head(status);
    this.#remaining = Number(length ?? 0);
    if (chunked) this.#state = 'chunkSize';
    else if (this.#remaining > 0) this.#state = 'length';
    else this.#finish();
    return end + 4;
  }

  #chunkSize(input: Buffer): number {
    const end = input.indexOf('\r\n');
    if (end < 0) return -1;
    const size = Number.parseInt(input.toString('latin1', 0, end), 16);
    if (Number.isNaN(size)) throw new Error('a chunk without a size');
    this.#remaining = size + 2;
    this.#state = size === 0 ? 'trailer' : 'chunk';
    return end + 2;
  }

  /** `framing` is how many of the remaining bytes are not the body's: the CRLF after a chunk. */
  #data(input: Buffer, framing: number): number {
    const take = Math.min(input.length, this.#remaining);
    const body = Math.min(take, this.#remaining - framing);
    if (body > 0) this.#handlers.body(input.subarray(0, body));
    this.#remaining -= take;
    if (this.#remaining === 0) {
      if (this.#state === 'chunk') this.#state = 'chunkSize';
      else this.#finish();
    }
    return take;
  }

  #finish(): void {
    this.#state = 'head';
    this.#handlers.end();
  }
}

/** The headers that every request of a target carries, with method and path before and the body's headers after. */
export function requestHead(target: Target, method: string, path: string, more = ''): string {
  const authorization = target.token === undefined ? '' : `Authorization: Bearer ${target.token}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\n${authorization}Accept: application/json\r\n${more}`;
}

/** A whole request as bytes; `body` is JSON text. */
export function request(target: Target, method: string, path: string, body?: string): Buffer {
  if (body === undefined) return Buffer.from(`${requestHead(target, method, path)}\r\n`);
  const bodyHeaders = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${requestHead(target, method, path, bodyHeaders)}\r\n${body}`);
}

export interface Answer {
  status: number;
  /** Length of the body in bytes. */
  bytes: number;
  /** Only where `keepBody` was asked for. */
  body: string;
}

/** One TLS connection. At most one request is under way on it; the next is sent when its answer has ended. */
export class Connection {
  readonly #socket: tls.TLSSocket;
  #status = 0;
  #bytes = 0;
  #kept: Buffer[] | undefined;
  #onPart: ((part: Buffer) => void) | undefined;
  #settle: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  private constructor(socket: tls.TLSSocket) {
    this.#socket = socket;
    const parser = new AnswerParser({
      head: (status) => {
        this.#status = status;
        this.#bytes = 0;
      },
      body: (part) => {
        this.#bytes += part.length;
        this.#kept?.push(Buffer.from(part));
        this.#onPart?.(part);
      },
      end: () => this.#end(),
    });
    socket.on('data', (data: Buffer) => {
      try {
        parser.push(data);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static async open(target: Target): Promise<Connection> {
    const { host, port, ca, cert, key } = target;
    const socket = tls.connect({
      host,
      port,
      ca,
      cert,
      key,
      rejectUnauthorized: ca !== undefined,
      ALPNProtocols: ['http/1.1'],
    });
    socket.setNoDelay(true);
    await once(socket, 'secureConnect');
    return new Connection(socket);
  }

  /** Sends `bytes`, a whole request. Rejects when the connection fails before the answer has ended. */
  send(bytes: Buffer, keepBody = false): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#kept = keepBody ? [] : undefined;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  /** Sends a watch request. `onPart` gets every piece of its answer; the promise settles when the watch ends. */
  stream(bytes: Buffer, onPart: (part: Buffer) => void): Promise<Answer> {
    this.#onPart = onPart;
    return this.send(bytes);
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #end(): void {
    const settle = this.#settle;
    this.#settle = undefined;
    const body = this.#kept === undefined ? '' : Buffer.concat(this.#kept).toString();
    settle?.resolve({ status: this.#status, bytes: this.#bytes, body });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#settle?.reject(this.#failure);
    this.#settle = undefined;
  }
}

/** One request on a connection of its own, its body kept. Throws where the status is not one of `expected`. */
export async function call(target: Target, bytes: Buffer, expected: readonly number[] = [200, 201]): Promise<string> {
  const connection = await Connection.open(target);
  try {
    const answer = await connection.send(bytes, true);
    if (!expected.includes(answer.status)) {
      const line = bytes.toString('latin1', 0, bytes.indexOf('\r\n'));
      throw new Error(`${line}: ${answer.status} ${answer.body.slice(0, 400)}`);
    }
    return answer.body;
  } finally {
    connection.close();
  }
}
