// A request from within this process: no socket, no TLS, and the caller says who it is. Controllers and schedulers that run beside the
// server use it; they stay clients, and meet the same pipeline from authorization on.
import { Readable } from 'node:stream';
import type { UserInfo } from '../auth/types.ts';
import type { Connection, Exchange, RequestHeaders, ResponseHeaders, ResponseStream } from './exchange.ts';

export interface LocalRequest {
  method: string;
  /** Path and query. */
  url: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** Aborting it is what closing the connection is to others. */
  signal?: AbortSignal | undefined;
}

export interface LocalResponse {
  status: number;
  /** Name, value, name, value. */
  headers: readonly string[];
  /** In pieces where the answer is a stream: leaving the loop ends it. The buffers may be others' too: not to be changed. */
  body: Buffer | string | AsyncIterable<Buffer>;
}

/** What a stream holds for a reader that is slow, before the writer is told to wait. */
const highWaterBytes = 1024 * 1024;

export class LocalExchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly connection: Connection = {
    peerCertificate: () => undefined,
    proxyCertificate: () => undefined,
    peerRejected: false,
    memo: {},
    remoteAddress: '127.0.0.1',
  };
  /** There is no connection that could leave HTTP. */
  readonly upgrade = undefined;
  readonly user: UserInfo;
  readonly response: Promise<LocalResponse>;
  readonly #body: string;
  readonly #signal: AbortSignal | undefined;
  #respond!: (response: LocalResponse) => void;
  #reject!: (reason: unknown) => void;
  #answered = false;
  #closed = false;
  #onClose: (() => void)[] = [];
  readonly #onAbort = () => this.#abort();

  constructor(request: LocalRequest, user: UserInfo) {
    this.method = request.method;
    this.url = request.url;
    this.headers = request.headers;
    this.user = user;
    this.#body = request.body ?? '';
    this.#signal = request.signal;
    this.response = new Promise((resolve, reject) => {
      this.#respond = resolve;
      this.#reject = reject;
    });
    if (this.#signal?.aborted) this.#abort();
    else this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get rawHeaders(): readonly string[] {
    return Object.entries(this.headers).flatMap(([name, value]) => [name, value as string]);
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** There is no limit: the caller is part of this process. */
  body(): Promise<Buffer> {
    return Promise.resolve(Buffer.from(this.#body));
  }

  get bodyStream(): Readable {
    return Readable.from([Buffer.from(this.#body)]);
  }

  send(status: number, headers: ResponseHeaders, body: Buffer | string): void {
    if (this.#closed) return;
    this.#answered = true;
    this.#respond({ status, headers, body });
    this.#close();
  }

  stream(status: number, headers: ResponseHeaders): ResponseStream {
    this.#answered = true;
    const stream = new LocalStream(() => this.#close());
    this.onClose(() => stream.abandon());
    this.#respond({ status, headers, body: stream });
    return stream;
  }

  onClose(callback: () => void): void {
    if (this.#closed) queueMicrotask(callback);
    else this.#onClose.push(callback);
  }

  #abort(): void {
    this.#reject(this.#signal?.reason);
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    for (const callback of this.#onClose.splice(0)) callback();
  }
}

/** Pieces on their way from the server to one reader. It is `open`, `ended` (the rest may be read), `broken` (the rest is
 * missing) or `abandoned` (nobody reads). */
class LocalStream implements ResponseStream, AsyncIterable<Buffer> {
  readonly #finished: () => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #state: 'open' | 'ended' | 'broken' | 'abandoned' = 'open';
  #wake: (() => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(finished: () => void) {
    this.#finished = finished;
  }

  write(chunk: Buffer): boolean {
    if (this.#state !== 'open') return true;
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    this.#wake?.();
    return this.#bytes < highWaterBytes;
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.#wake?.();
    this.#finished();
  }

  abort(): void {
    if (this.#state === 'open') this.#state = 'broken';
    this.#wake?.();
    this.#finished();
  }

  abandon(): void {
    if (this.#state !== 'open') return;
    this.#state = 'abandoned';
    this.#pieces = [];
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const pieces = this.#pieces;
        this.#pieces = [];
        this.#bytes = 0;
        if (pieces.length === 0) {
          if (this.#state === 'broken') throw new Error('the answer was broken off');
          if (this.#state !== 'open') return;
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
          continue;
        }
        const drained = this.#onDrain;
        this.#onDrain = undefined;
        drained?.();
        yield pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      }
    } finally {
      this.abandon();
      this.#finished();
    }
  }
}
