// The API client: one per component, over either transport. It words requests, turns failures into StatusErrors, keeps to a rate,
// and waits where the server says so (client-go rest/request.go and rest/with_retry.go).
import type { KubeObject } from '../apimachinery/object.ts';
import type { Status, StatusError } from '../apimachinery/status.ts';
import { type Clock, realClock, sleep } from './clock.ts';
import { errorOfStatus, errorOfText } from './errors.ts';
import { linkSignals } from './linked-signals.ts';
import { TokenBucket } from './rate-limiters.ts';
import type { ApiObject, Resource } from './resource.ts';
import { ResourceClient } from './resource-client.ts';
import { type Transport, TransportError, type TransportRequest, type TransportResponse } from './transport.ts';

export interface ClientOptions {
  /** `User-Agent`, and what the server takes as the manager of fields up to the first slash. */
  userAgent?: string;
  /** The manager of fields that writes name, unless a call says another. */
  fieldManager?: string;
  /** Requests a second, and at once (upstream's --kube-api-qps and --kube-api-burst); no limit without them. Watches do not count. */
  qps?: number;
  burst?: number;
  /** How long any request may take, watches excepted; no limit without it. */
  timeoutMs?: number;
  /** Sent instead of the transport's own credentials; asked for every request. The transport must have no client certificate then. */
  bearerToken?: () => string | Promise<string>;
  /** Told of each `Warning` header. */
  onWarning?: (message: string) => void;
  clock?: Clock;
}

export interface RequestOptions {
  /** Aborting it ends the request; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Instead of the client's. */
  timeoutMs?: number;
}

/** A request in the API's terms. */
export interface ApiRequest extends RequestOptions {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Without the query. */
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  body?: unknown;
  /** Of the body; `application/json` by default. */
  contentType?: string;
  accept?: string;
}

/** rest.Request's maxRetries: answers with Retry-After are waited for and sent again this often. */
const maxRetries = 10;
const defaultUserAgent = 'pgplane';

export class Client {
  readonly fieldManager: string | undefined;
  readonly #transport: Transport;
  readonly #options: ClientOptions;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket | undefined;

  /** Closing the transport is its maker's; several clients may share one. */
  constructor(transport: Transport, options: ClientOptions = {}) {
    this.#transport = transport;
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.fieldManager = options.fieldManager;
    const { qps, burst = 2 * (qps ?? 0) } = options;
    this.#bucket = qps === undefined ? undefined : new TokenBucket(qps, Math.max(1, burst), this.#clock);
  }

  /** The same transport for another component: its user agent, its rate. */
  with(options: ClientOptions): Client {
    return new Client(this.#transport, { ...this.#options, ...options });
  }

  /** The calls of one resource: `client.resource(Pod).get({ namespace, name })`. */
  resource<T extends ApiObject = KubeObject>(resource: Resource<T>): ResourceClient<T> {
    return new ResourceClient(this, resource);
  }

  /** The answer's JSON. Throws the StatusError that the server answers, or a TransportError where it does not. */
  async request<T = unknown>(request: ApiRequest): Promise<T> {
    return JSON.parse(await this.text(request)) as T;
  }

  /** The answer's text, for what is not JSON (health checks, logs, metrics). Throws as `request`. */
  async text(request: ApiRequest): Promise<string> {
    const timeoutMs = request.timeoutMs ?? this.#options.timeoutMs;
    if (timeoutMs === undefined) return this.#text(request, request.signal);
    const timeout = new AbortController();
    const timer = this.#clock.setTimeout(
      () => timeout.abort(new TransportError(`the request took longer than ${timeoutMs} ms`)),
      timeoutMs,
    );
    const link = request.signal === undefined ? undefined : linkSignals(request.signal, timeout.signal);
    try {
      return await this.#text(request, link?.signal ?? timeout.signal);
    } finally {
      timer.clear();
      link?.release();
    }
  }

  async #text(request: ApiRequest, signal: AbortSignal | undefined): Promise<string> {
    await this.#throttle(signal);
    for (let retries = 0; ; retries++) {
      const response = await this.#send(request, signal);
      const text = await response.text();
      if (response.status < 400) return text;
      const waitSeconds = retryAfterSeconds(response);
      if (waitSeconds === undefined || retries >= maxRetries) throw failureOf(response, text);
      await sleep(this.#clock, waitSeconds * 1000, signal);
      signal?.throwIfAborted();
    }
  }

  /** An answer that is read as it arrives. Throws as `request`. */
  async stream(request: ApiRequest): Promise<TransportResponse> {
    const response = await this.#send(request, request.signal);
    if (response.status < 400) return response;
    throw failureOf(response, await response.text());
  }

  async #throttle(signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#bucket?.reserveMs() ?? 0;
    if (waitMs === 0) return;
    await sleep(this.#clock, waitMs, signal);
    signal?.throwIfAborted();
  }

  async #send(request: ApiRequest, signal: AbortSignal | undefined): Promise<TransportResponse> {
    const { method, path, query, body, contentType = 'application/json', accept = 'application/json' } = request;
    const headers: Record<string, string> = { accept, 'user-agent': this.#options.userAgent ?? defaultUserAgent };
    const { bearerToken } = this.#options;
    if (bearerToken !== undefined) headers['authorization'] = `Bearer ${await bearerToken()}`;
    const outgoing: TransportRequest = {
      method,
      path: query === undefined ? path : path + queryText(query),
      headers,
      signal,
    };
    if (body !== undefined) {
      headers['content-type'] = contentType;
      outgoing.body = JSON.stringify(body);
    }
    const response = await this.#sendOnce(outgoing);
    const { onWarning } = this.#options;
    if (onWarning !== undefined) {
      const warning = response.header('warning');
      if (warning !== undefined) onWarning(warning.replace(/^299 [^"]*"(.*)"$/, '$1'));
    }
    return response;
  }

  /** A connection that broke before the server can have seen the request costs one more attempt, not a failure. */
  async #sendOnce(request: TransportRequest): Promise<TransportResponse> {
    try {
      return await this.#transport.send(request);
    } catch (error) {
      const again = error instanceof TransportError && (error.unsent || request.method === 'GET');
      if (!again || request.signal?.aborted) throw error;
      return this.#transport.send(request);
    }
  }
}

function queryText(query: NonNullable<ApiRequest['query']>): string {
  let text = '';
  for (const name in query) {
    const value = query[name];
    if (value === undefined || value === '' || value === false) continue;
    text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}

/** Only 429 and failures of the server are tried again, and only when it says when. */
function retryAfterSeconds(response: TransportResponse): number | undefined {
  if (response.status !== 429 && response.status < 500) return undefined;
  const seconds = Number(response.header('retry-after') ?? Number.NaN);
  return Number.isNaN(seconds) ? undefined : seconds;
}

function failureOf(response: TransportResponse, text: string): StatusError {
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === 'Status') return errorOfStatus(status);
  } catch {
    // No JSON: a proxy's answer, or plain text.
  }
  return errorOfText(response.status, text, retryAfterSeconds(response));
}
