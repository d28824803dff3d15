// Passes a request on to another API server and its answer back, piece by piece (k8s.io/apimachinery pkg/util/proxy
// upgradeaware.go, kube-aggregator pkg/apiserver handler_proxy.go). An upgraded connection is joined to the one behind it.

import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { newTimeout } from '../../apimachinery/status.ts';
import type { ApiRequest } from '../http/api-request.ts';
import { respondError, respondText } from '../http/respond.ts';
import type { Backend } from './backend.ts';
import { answerHeaders, forwardedHeaders } from './proxy-headers.ts';
import type { Address } from './service-resolver.ts';

/** Upstream's --request-timeout; watches and upgrades have none. */
const requestTimeoutMilliseconds = 60_000;
/** Discovery has to be quick: kubectl asks everybody. */
const discoveryTimeoutMilliseconds = 5_000;

/** Undefined for requests that may take as long as they like. */
function timeoutOf({ info, exchange }: ApiRequest): number | undefined {
  if (exchange.upgrade !== undefined || info.verb === 'watch' || info.subresource === 'proxy') return undefined;
  if (!info.isResourceRequest && info.path.split('/').filter(Boolean).length === 3) return discoveryTimeoutMilliseconds;
  return requestTimeoutMilliseconds;
}

/** Answers with what the backend answers. Resolves when the answer is complete or broken off; never rejects. */
export function proxyTo(backend: Backend, request: ApiRequest): Promise<void> | void {
  if (!backend.available) return respondText(request, 503, 'service unavailable\n');
  let address: Address;
  try {
    address = backend.resolve();
  } catch {
    return respondText(request, 503, 'service unavailable\n');
  }
  return new Promise((resolve) => new ProxiedRequest(backend, request, resolve).start(address));
}

/** One request under way: `waiting` for the answer's head, then `answering`, or `joined` after an upgrade; `over` in the end. */
class ProxiedRequest {
  readonly #backend: Backend;
  readonly #request: ApiRequest;
  readonly #resolve: () => void;
  #timer: NodeJS.Timeout | undefined;
  #state: 'waiting' | 'answering' | 'joined' | 'over' = 'waiting';

  constructor(backend: Backend, request: ApiRequest, resolve: () => void) {
    this.#backend = backend;
    this.#request = request;
    this.#resolve = resolve;
  }

  start(address: Address): void {
    const { exchange, user, auditId } = this.#request;
    const { upgrade, method, headers } = exchange;
    const hasBody = method !== 'GET' && method !== 'HEAD';
    // Not every transport knows the length, and Node would send the body of a DELETE without any framing.
    const framing = hasBody && headers['content-length'] === undefined ? { 'transfer-encoding': 'chunked' } : {};
    const outgoing = httpsRequest({
      ...this.#backend.requestOptions(address),
      method,
      path: exchange.url,
      headers: {
        ...forwardedHeaders(headers, { user, auditId, remoteAddress: exchange.connection.remoteAddress }),
        ...framing,
        ...(upgrade === undefined ? {} : { connection: 'Upgrade', upgrade: String(headers['upgrade']) }),
      },
    });
    const timeout = timeoutOf(this.#request);
    if (timeout !== undefined) this.#timer = setTimeout(() => this.#timedOut(outgoing), timeout);
    exchange.onClose(() => {
      if (this.#state !== 'over' && this.#state !== 'joined') outgoing.destroy();
      if (this.#state !== 'joined') this.#end();
    });
    outgoing.on('error', (error) => this.#failed(error));
    outgoing.on('response', (answer) => this.#answer(answer, () => outgoing.destroy()));
    if (upgrade !== undefined)
      outgoing.on('upgrade', (answer, socket, head) => this.#join(answer, socket, head, upgrade()));
    if (hasBody) exchange.bodyStream.pipe(outgoing);
    else outgoing.end();
  }

  #timedOut(outgoing: { destroy(): void }): void {
    if (this.#state === 'waiting') {
      this.#state = 'answering';
      respondError(this.#request, newTimeout('request did not complete within the allotted timeout', 0));
    }
    outgoing.destroy();
    this.#end();
  }

  #failed(error: Error): void {
    if (this.#state === 'waiting') respondText(this.#request, 503, `error trying to reach service: ${error.message}\n`);
    this.#end();
  }

  #answer(answer: IncomingMessage, breakOff: () => void): void {
    if (this.#state !== 'waiting') {
      breakOff();
      return;
    }
    this.#state = 'answering';
    const headers = answerHeaders(answer.rawHeaders);
    if (answer.headers['audit-id'] === undefined) headers.push('Audit-Id', this.#request.auditId);
    if (answer.headers['cache-control'] === undefined) headers.push('Cache-Control', 'no-cache, private');
    const stream = this.#request.exchange.stream(answer.statusCode ?? 502, headers);
    answer.on('data', (chunk: Buffer) => {
      if (stream.write(chunk)) return;
      answer.pause();
      stream.onDrain(() => answer.resume());
    });
    answer.on('end', () => {
      this.#end();
      stream.end();
    });
    // Broken off in the middle: the client must not take what it has for all.
    const broken = () => {
      if (this.#state === 'over') return;
      this.#end();
      stream.abort();
    };
    answer.on('error', broken);
    answer.on('close', broken);
  }

  #join(
    answer: IncomingMessage,
    behind: Duplex,
    head: Buffer,
    { socket, head: sent }: { socket: Duplex; head: Buffer },
  ): void {
    this.#state = 'joined';
    const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
    for (let i = 0; i < answer.rawHeaders.length; i += 2)
      lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
    const end = () => {
      socket.destroy();
      behind.destroy();
      this.#end();
    };
    for (const side of [socket, behind]) side.on('error', end).on('close', end);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    if (head.length > 0) socket.write(head);
    if (sent.length > 0) behind.write(sent);
    socket.pipe(behind);
    behind.pipe(socket);
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearTimeout(this.#timer);
    this.#resolve();
  }
}
