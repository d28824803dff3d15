// A small client for the suites of this folder: JSON in, JSON out, one object of helpers per cluster.
import https from 'node:https';
import { type Endpoint, type RawAnswer, send } from '../../support/https.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the server says; tests look at what they expect.
export type Document = any;

export interface Answer {
  status: number;
  headers: RawAnswer['headers'];
  body: Document;
}

export type Headers = Record<string, string>;

/** Requests as one user; every method answers whatever the status. */
export class ApiClient {
  readonly endpoint: Endpoint;
  readonly headers: Headers;

  constructor(endpoint: Endpoint, headers: Headers = {}) {
    this.endpoint = endpoint;
    this.headers = headers;
  }

  async request(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await send(this.endpoint, {
      method,
      path,
      headers: { ...this.headers, ...headers },
      ...(text === undefined ? {} : { body: text }),
    });
    const json = String(answer.headers['content-type']).startsWith('application/json') && answer.body !== '';
    return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(answer.body) : answer.body };
  }

  get(path: string, headers?: Headers): Promise<Answer> {
    return this.request('GET', path, undefined, headers);
  }

  post(path: string, body: unknown, headers?: Headers): Promise<Answer> {
    return this.request('POST', path, body, headers);
  }

  put(path: string, body: unknown, headers?: Headers): Promise<Answer> {
    return this.request('PUT', path, body, headers);
  }

  /** A merge patch, unless the headers say otherwise. */
  patch(path: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.request('PATCH', path, body, { 'content-type': 'application/merge-patch+json', ...headers });
  }

  delete(path: string, options?: unknown): Promise<Answer> {
    return this.request('DELETE', path, options);
  }

  /** Creates or throws, and returns what is stored. */
  async made(path: string, object: unknown): Promise<Document> {
    const { status, body } = await this.post(path, object);
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${body.message}`);
    return body;
  }

  /** Opens a watch; `path` has the query but for `watch`. */
  watch(path: string, headers: Headers = {}): Promise<WatchStream> {
    return WatchStream.open(this.endpoint, `${path}${path.includes('?') ? '&' : '?'}watch=true`, {
      ...this.headers,
      ...headers,
    });
  }
}

export interface WatchEvent {
  type: string;
  object: Document;
}

const agent = new https.Agent({ rejectUnauthorized: false, maxSockets: Infinity });

/** One open watch: its events in order, and how it ended. */
export class WatchStream {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly events: WatchEvent[] = [];
  /** Resolves when the answer has ended: true for a complete body, false where the connection broke. */
  readonly ended: Promise<boolean>;
  readonly #answer: import('node:http').IncomingMessage;
  #taken = 0;
  #waiting: (() => void)[] = [];
  #over = false;
  #rest = '';

  private constructor(answer: import('node:http').IncomingMessage) {
    this.#answer = answer;
    this.status = answer.statusCode ?? 0;
    this.headers = answer.headers;
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => this.#take(text));
    this.ended = new Promise((resolve) => {
      const done = () => {
        this.#over = true;
        this.#wake();
        resolve(answer.complete);
      };
      answer.on('close', done);
      answer.on('error', done);
    });
  }

  static open(endpoint: Endpoint, path: string, headers: Headers): Promise<WatchStream> {
    return new Promise((resolve, reject) => {
      const request = https.get(
        {
          agent,
          host: '127.0.0.1',
          port: endpoint.port,
          path,
          headers: { authorization: `Bearer ${endpoint.token}`, accept: 'application/json', ...headers },
        },
        (answer) => resolve(new WatchStream(answer)),
      );
      request.on('error', reject);
    });
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.events.push(JSON.parse(line) as WatchEvent);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** The next event. Throws when the watch ends before there is one. */
  async next(): Promise<WatchEvent> {
    while (this.#taken >= this.events.length) {
      if (this.#over) throw new Error('the watch ended');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.events[this.#taken++]!;
  }

  /** Events up to and including the first that `last` accepts. */
  async until(last: (event: WatchEvent) => boolean): Promise<WatchEvent[]> {
    for (const events: WatchEvent[] = []; ; ) {
      const event = await this.next();
      events.push(event);
      if (last(event)) return events;
    }
  }

  /** Stops reading, so that the server's writes back up. */
  pause(): void {
    this.#answer.pause();
  }

  resume(): void {
    this.#answer.resume();
  }

  close(): void {
    this.#answer.destroy();
  }
}

/** `ADDED a`, `DELETED b`: what happened, to compare at a glance. */
export const summary = (events: readonly WatchEvent[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.reason}`);

export const configMap = (name: string, more: object = {}, metadata: object = {}): Document => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...more,
});

export const pod = (name: string, spec: object = {}, metadata: object = {}): Document => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'busybox' }], ...spec },
});

export const deployment = (name: string, metadata: object = {}, spec: object = {}): Document => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'busybox' }] } },
    ...spec,
  },
});

export const namespaces = '/api/v1/namespaces';
/** Path of a core resource in namespace `default`. */
export const core = (resource: string, name?: string): string =>
  `${namespaces}/default/${resource}${name === undefined ? '' : `/${name}`}`;
export const apps = (resource: string, name?: string): string =>
  `/apis/apps/v1/namespaces/default/${resource}${name === undefined ? '' : `/${name}`}`;
