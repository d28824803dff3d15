// An API that another server serves: how it is reached and what it is trusted by (kubernetes kube-aggregator
// pkg/controllers/status/remote BuildTransportConfig). The certificate that is shown to it is the front proxy's, by which it
// knows that the X-Remote- headers are to be believed.
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { KubeObject } from '../../apimachinery/object.ts';
import { listOf } from '../registry/fields.ts';
import type { ObjectReader } from '../registry/objects.ts';
import { identityHeaders } from './proxy-headers.ts';
import { type Address, resolveService } from './service-resolver.ts';

export interface ProxyClient {
  /** PEM. */
  certificate: string;
  key: string;
}

/** A short answer, read whole. */
export interface RemoteAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** OpenAPI documents of large servers have about 10 MB. */
const maxDocumentBytes = 64 * 1024 * 1024;

export class Backend {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
  readonly service: { namespace: string; name: string; port: number };
  /** Whether the condition Available says so. */
  available: boolean;
  readonly #objects: ObjectReader;
  readonly #agent: Agent;

  constructor(apiService: KubeObject, objects: ObjectReader, client: ProxyClient) {
    const spec = apiService['spec'];
    this.name = apiService.metadata.name!;
    this.group = spec.group ?? '';
    this.version = spec.version;
    this.groupPriority = spec.groupPriorityMinimum;
    this.versionPriority = spec.versionPriority;
    this.service = { namespace: spec.service.namespace, name: spec.service.name, port: spec.service.port ?? 443 };
    this.available = isAvailable(apiService);
    this.#objects = objects;
    this.#agent = new Agent({
      keepAlive: true,
      maxFreeSockets: 64,
      // Requests in flight are bounded by seats, watches by connections.
      maxSockets: Number.POSITIVE_INFINITY,
      cert: client.certificate,
      key: client.key,
      servername: `${this.service.name}.${this.service.namespace}.svc`,
      rejectUnauthorized: spec.insecureSkipTLSVerify !== true,
      ...(spec.caBundle ? { ca: Buffer.from(spec.caBundle, 'base64') } : {}),
    });
  }

  /** `/apis/<group>/<version>`. */
  get path(): string {
    return this.group === '' ? `/api/${this.version}` : `/apis/${this.group}/${this.version}`;
  }

  /** Where a request goes now. Throws where no endpoint is ready. */
  resolve(): Address {
    const { namespace, name, port } = this.service;
    return resolveService(this.#objects, namespace, name, port);
  }

  /** What every request to an address of this backend needs. */
  requestOptions({ host, port }: Address): RequestOptions {
    return { host, port, agent: this.#agent };
  }

  /** A GET in the server's own name. Rejects where no answer comes within `timeoutMs`. */
  async get(path: string, headers: Record<string, string>, timeoutMs: number): Promise<RemoteAnswer> {
    const options = this.requestOptions(this.resolve());
    return await new Promise((resolve, reject) => {
      const outgoing = httpsRequest({
        ...options,
        path,
        headers: { ...headers, ...identityHeaders(aggregatorUser) },
        signal: AbortSignal.timeout(timeoutMs),
      });
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxDocumentBytes) outgoing.destroy(new Error(`the answer of ${path} is too large`));
          else chunks.push(chunk);
        });
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
        );
      });
      outgoing.end();
    });
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#agent.destroy();
  }
}

const aggregatorUser = { name: 'system:kube-aggregator', groups: ['system:masters'] };

export function isAvailable(apiService: KubeObject): boolean {
  return listOf(apiService['status']?.conditions).some(({ type, status }) => type === 'Available' && status === 'True');
}
