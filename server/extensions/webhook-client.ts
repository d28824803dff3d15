// Posts reviews to a webhook, at a URL or at a Service of the cluster (k8s.io/apiserver pkg/util/webhook client.go). An answer must come
// whole within 30 s and may not be larger than an object list could be.
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { resolveService } from '../aggregation/service-resolver.ts';
import type { ObjectReader } from '../registry/objects.ts';
import type { CrdWebhookClientConfig } from './crd.ts';

const timeoutSeconds = 30;
const maxAnswerBytes = 64 * 1024 * 1024;
/** Connections to one webhook; more requests wait for them, as long as their time lasts. */
const maxSockets = 64;

export class ReviewClient {
  readonly #config: CrdWebhookClientConfig;
  readonly #objects: ObjectReader;
  readonly #agent: Agent & { keepAlive?: boolean };
  readonly #timeoutMs: number;

  /** `timeoutMs` is for tests. */
  constructor(config: CrdWebhookClientConfig, objects: ObjectReader, timeoutMs = timeoutSeconds * 1000) {
    this.#config = config;
    this.#objects = objects;
    this.#timeoutMs = timeoutMs;
    const bundle = Buffer.from(config.caBundle ?? '', 'base64');
    const { service } = config;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets,
      maxFreeSockets: 8,
      ...(bundle.toString().trim() === '' ? {} : { ca: bundle }),
      ...(service === undefined ? {} : { servername: `${service.name}.${service.namespace}.svc` }),
    });
  }

  /** The URL that errors name. */
  get #url(): URL {
    const { url, service } = this.#config;
    const base =
      service === undefined
        ? new URL(url!)
        : new URL(`https://${service.name}.${service.namespace}.svc:${service.port ?? 443}${service.path ?? ''}`);
    base.searchParams.set('timeout', `${timeoutSeconds}s`);
    return base;
  }

  #target(url: URL): RequestOptions {
    const { service } = this.#config;
    if (service === undefined) return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || 443 };
    const { host, port } = resolveService(this.#objects, service.namespace, service.name, service.port ?? 443);
    return { host, port };
  }

  /** The answer as JSON. Rejects in the words of Go's client. */
  async post(review: object): Promise<unknown> {
    const url = this.#url;
    const body = Buffer.from(JSON.stringify(review));
    const { status, text } = await this.#send(url, body).catch((error: unknown) => {
      throw new Error(`Post ${JSON.stringify(shownUrl(url, this.#config))}: ${goWords(error, url)}`);
    });
    if (status < 200 || status > 299) throw new Error(statusWords(status, text));
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`couldn't get version/kind; json parse error: invalid JSON in the answer`);
    }
  }

  #send(url: URL, body: Buffer): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest({
        ...this.#target(url),
        agent: this.#agent,
        method: 'POST',
        path: url.pathname + url.search,
        headers: {
          Host: url.host,
          Accept: 'application/json, */*',
          'Content-Type': 'application/json',
          'Content-Length': body.length,
        },
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxAnswerBytes) outgoing.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      outgoing.end(body);
    });
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#agent.destroy();
  }

  /** Closes each connection with the request that is under way on it; what still comes gets a connection of its own. */
  release(): void {
    this.#agent.keepAlive = false;
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}

/** Go names the port of a Service always, that of a URL as it is written. */
function shownUrl(url: URL, { service }: CrdWebhookClientConfig): string {
  if (service === undefined || url.port !== '') return url.href;
  return url.href.replace(url.host, `${url.host}:443`);
}

const certificateErrors: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'certificate has expired or is not yet valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate signed by unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate signed by unknown authority',
};

/** What Go's HTTP client says of a failure to reach a server. */
function goWords(error: unknown, { hostname }: URL): string {
  const {
    code = '',
    name,
    message,
    address,
    port,
  } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (name === 'TimeoutError' || name === 'AbortError') return 'context deadline exceeded';
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`;
  if (code === 'ECONNRESET') return 'EOF';
  const certificate = certificateErrors[code];
  if (certificate !== undefined) return `tls: failed to verify certificate: x509: ${certificate}`;
  return message;
}

/** What client-go makes of an answer that is no success (rest/request.go, NewGenericServerResponse). */
function statusWords(status: number, text: string): string {
  if (status === 404) return 'the server could not find the requested resource';
  if (status === 401) return 'the server has asked for the client to provide credentials';
  if (status === 403) return text === '' ? 'unknown' : text;
  if (status === 503) return 'the server is currently unable to handle the request';
  if (status === 504)
    return 'the server was unable to return a response in the time allotted, but may still be processing the request';
  if (status >= 500)
    return `an error on the server (${JSON.stringify(text.trim() || 'unknown')}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}
