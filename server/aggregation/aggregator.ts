// The APIs that other servers serve (kubernetes kube-aggregator pkg/apiserver): one backend for each APIService that names a Service,
// kept as APIServices come, change and go.
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ObjectReader, ObjectWriter, ResourceReader } from '../registry/objects.ts';
import { AvailabilityController } from './availability.ts';
import { Backend, isAvailable, type ProxyClient } from './backend.ts';
import { RemoteDocuments } from './remote-documents.ts';

const apiServices = 'apiservices.apiregistration.k8s.io';

export interface AggregatorOptions {
  objects: ObjectReader;
  writer: Pick<ObjectWriter, 'updateStatus'>;
  client: ProxyClient;
  log: Logger;
}

interface Entry {
  backend: Backend;
  documents: RemoteDocuments;
  spec: unknown;
}

export class Aggregator {
  readonly #options: AggregatorOptions;
  readonly #reader: ResourceReader;
  /** By path prefix: `/apis/<group>/<version>`. */
  readonly #byPath = new Map<string, Entry>();
  readonly #availability: AvailabilityController;
  readonly #stop: () => void;
  readonly #listeners = new Set<() => void>();
  #closed = false;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#reader = options.objects.resource(apiServices);
    this.#availability = new AvailabilityController({ ...options, backends: () => this.backends() });
    for (const apiService of this.#reader.list()) this.#set(apiService);
    this.#stop = this.#reader.onChange(({ type, object }) => {
      if (type === 'DELETED') this.#remove(object);
      else this.#set(object);
      this.#changed();
    });
  }

  /** Whether any API is served elsewhere: the pipeline asks nothing more where none is. */
  get active(): boolean {
    return this.#byPath.size > 0;
  }

  /** Who serves what is at this path, or describes it in OpenAPI v3; undefined: this server does. */
  backendFor(requested: string): Backend | undefined {
    const path = requested.startsWith('/openapi/v3/') ? requested.slice('/openapi/v3'.length) : requested;
    const depth = path.startsWith('/apis/') ? 4 : path.startsWith('/api/') ? 3 : 0;
    if (depth === 0) return undefined;
    let end = 0;
    for (let part = 1; part < depth; part++) {
      end = path.indexOf('/', end + 1);
      if (end < 0) return part === depth - 1 ? this.#byPath.get(path)?.backend : undefined;
    }
    return this.#byPath.get(path.slice(0, end))?.backend;
  }

  *backends(): Iterable<Backend> {
    for (const { backend } of this.#byPath.values()) yield backend;
  }

  /** What is known of the documents of each of them. */
  *documents(): Iterable<RemoteDocuments> {
    for (const { documents } of this.#byPath.values()) yield documents;
  }

  /** Every APIService: discovery is in the order of their priorities. */
  apiServices(): readonly KubeObject[] {
    return this.#reader.list();
  }

  /** Calls back after each change of APIServices or of the documents behind them. */
  onChange(callback: () => void): void {
    this.#listeners.add(callback);
  }

  #changed(): void {
    if (!this.#closed) for (const listener of this.#listeners) listener();
  }

  #set(apiService: KubeObject): void {
    const spec = apiService['spec'];
    if (!spec?.service) {
      this.#remove(apiService);
      return;
    }
    const path = pathOf(apiService);
    const known = this.#byPath.get(path);
    if (known !== undefined && isDeepStrictEqual(known.spec, spec)) {
      const available = isAvailable(apiService);
      if (available !== known.backend.available) {
        known.backend.available = available;
        known.documents.refresh();
      }
      return;
    }
    this.#remove(apiService);
    const { objects, client } = this.#options;
    const backend = new Backend(apiService, objects, client);
    const documents = new RemoteDocuments(backend, () => this.#changed());
    this.#byPath.set(path, { backend, documents, spec });
    documents.refresh();
    this.#availability.check(backend.name);
  }

  #remove(apiService: KubeObject): void {
    const path = pathOf(apiService);
    const known = this.#byPath.get(path);
    if (known === undefined) return;
    this.#byPath.delete(path);
    known.documents.close();
    known.backend.close();
  }

  /** Breaks off requests that are under way. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#stop();
    this.#availability.close();
    for (const { backend, documents } of this.#byPath.values()) {
      documents.close();
      backend.close();
    }
    this.#byPath.clear();
  }
}

function pathOf({ spec }: { spec?: { group?: string; version?: string } } & KubeObject): string {
  return spec?.group ? `/apis/${spec.group}/${spec.version}` : `/api/${spec?.version}`;
}
