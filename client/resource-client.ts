// The calls of one resource, as client-go's typed and dynamic clients have them.
import { apiVersionOf, type KubeObject } from '../apimachinery/object.ts';
import type { Status } from '../apimachinery/status.ts';
import type { Client, RequestOptions } from './client.ts';
import type { ApiObject, NewObject, ObjectKey, Resource } from './resource.ts';
import { Watch } from './watch.ts';

export interface Selection {
  /** One namespace; undefined for all. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection, RequestOptions {
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface WatchOptions extends Selection, RequestOptions {
  resourceVersion?: string;
  allowWatchBookmarks?: boolean;
  timeoutSeconds?: number;
  sendInitialEvents?: boolean;
  resourceVersionMatch?: 'NotOlderThan';
}

export interface WriteOptions extends RequestOptions {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

export interface PatchOptions extends WriteOptions {
  /** `status`, `scale`, … */
  subresource?: string;
}

export interface ApplyOptions extends PatchOptions {
  /** Takes fields from other managers. */
  force?: boolean;
}

export interface DeleteOptions extends RequestOptions {
  dryRun?: boolean;
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  preconditions?: { uid?: string; resourceVersion?: string };
}

export interface List<T> {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

const applyType = 'application/apply-patch+yaml';
const metadataAccept = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;

export class ResourceClient<T extends ApiObject = KubeObject> {
  readonly resource: Resource<T>;
  readonly #client: Client;
  readonly #metadataOnly: boolean;

  constructor(client: Client, resource: Resource<T>, metadataOnly = false) {
    this.#client = client;
    this.resource = resource;
    this.#metadataOnly = metadataOnly;
  }

  /** The same resource, of which only metadata is read (PartialObjectMetadata). */
  metadata(): ResourceClient<ApiObject> {
    return new ResourceClient<ApiObject>(this.#client, this.resource, true);
  }

  /** Throws NotFound. */
  async get(key: ObjectKey, options: RequestOptions & { resourceVersion?: string } = {}): Promise<T> {
    const { resourceVersion, ...rest } = options;
    return this.#client.request<T>({ ...this.#read(''), path: this.#path(key), query: { resourceVersion }, ...rest });
  }

  /** One page, or everything without `limit`. Items have kind and apiVersion, which the server leaves out in lists. */
  async list(options: ListOptions = {}): Promise<List<T>> {
    const { namespace, signal, timeoutMs, ...query } = options;
    const path = this.#collection(namespace);
    const list = await this.#client.request<List<T>>({
      ...this.#read('List'),
      path,
      query,
      ...limits(signal, timeoutMs),
    });
    list.items ??= [];
    if (!this.#metadataOnly) this.#complete(list.items);
    return list;
  }

  /** Every page, `limit` at a time (500 by default). The list is of one revision; Expired is thrown where that has gone meanwhile. */
  async listAll(options: ListOptions = {}): Promise<List<T>> {
    const list = await this.list({ limit: 500, ...options });
    // Further pages are of the first one's revision.
    const { resourceVersion: _, resourceVersionMatch: __, ...rest } = options;
    while (list.metadata.continue) {
      const page = await this.list({ limit: 500, ...rest, continue: list.metadata.continue });
      for (const item of page.items) list.items.push(item);
      list.metadata.continue = page.metadata.continue ?? '';
    }
    return list;
  }

  /** Events from `resourceVersion` on; resolves when the server has answered. Ends by itself, by the signal, or by `close`. */
  async watch(options: WatchOptions = {}): Promise<Watch<T>> {
    const { namespace, signal, timeoutMs: _, ...query } = options;
    const path = this.#collection(namespace);
    const ending = new AbortController();
    const ends = signal === undefined ? ending.signal : AbortSignal.any([ending.signal, signal]);
    const response = await this.#client.stream({
      ...this.#read(''),
      path,
      query: {
        ...query,
        watch: true,
        sendInitialEvents: options.sendInitialEvents === undefined ? undefined : `${options.sendInitialEvents}`,
      },
      signal: ends,
    });
    return new Watch<T>(response, () => ending.abort());
  }

  async create(object: NewObject<T>, options: WriteOptions = {}): Promise<T> {
    return this.#write('POST', this.#collection(object.metadata.namespace), this.#typed(object), options);
  }

  /** Writes the whole object; `metadata.resourceVersion` is a precondition. Throws Conflict. */
  async update(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#write('PUT', this.#path(object.metadata), this.#typed(object), options);
  }

  async updateStatus(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#write('PUT', this.#path(object.metadata, 'status'), this.#typed(object), options);
  }

  async patch(key: ObjectKey, type: keyof typeof patchTypes, patch: unknown, options: PatchOptions = {}): Promise<T> {
    return this.#write('PATCH', this.#path(key, options.subresource), patch, options, {
      contentType: patchTypes[type],
    });
  }

  /** Server-side apply. The field manager must be given here or be the client's. */
  async apply(object: NewObject<T>, options: ApplyOptions = {}): Promise<T> {
    const path = this.#path(object.metadata, options.subresource);
    return this.#write('PATCH', path, this.#typed(object), options, { contentType: applyType, force: options.force });
  }

  /** Gives the object where it is only marked as being deleted, and a Status where it is gone. Throws NotFound, and Conflict for preconditions. */
  async delete(key: ObjectKey, options: DeleteOptions = {}): Promise<T | Status> {
    return this.#delete<T | Status>(this.#path(key), {}, options);
  }

  async deleteCollection(selection: ListOptions = {}, options: DeleteOptions = {}): Promise<unknown> {
    const { namespace, signal: _, timeoutMs: __, ...query } = selection;
    return this.#delete(this.#collection(namespace), query, options);
  }

  async getSubresource<S = KubeObject>(key: ObjectKey, subresource: string, options: RequestOptions = {}): Promise<S> {
    return this.#client.request<S>({ method: 'GET', path: this.#path(key, subresource), ...options });
  }

  /** `binding`, `eviction`, `token`. */
  async createSubresource<S = KubeObject>(
    key: ObjectKey,
    subresource: string,
    body: object,
    options: WriteOptions = {},
  ): Promise<S> {
    return this.#write('POST', this.#path(key, subresource), body, options);
  }

  /** `scale`, `approval`, `finalize`, `ephemeralcontainers`, `resize`. */
  async updateSubresource<S = KubeObject>(
    key: ObjectKey,
    subresource: string,
    body: object,
    options: WriteOptions = {},
  ): Promise<S> {
    return this.#write('PUT', this.#path(key, subresource), body, options);
  }

  #write<R>(
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    body: unknown,
    options: WriteOptions,
    more: { contentType?: string; force?: boolean | undefined } = {},
  ): Promise<R> {
    const { dryRun, fieldManager = this.#client.fieldManager, fieldValidation, signal, timeoutMs } = options;
    const { contentType, force } = more;
    const query = { dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation, force };
    const type = contentType === undefined ? {} : { contentType };
    return this.#client.request<R>({ method, path, body, query, ...type, ...limits(signal, timeoutMs) });
  }

  #delete<R>(path: string, query: Record<string, string | number | undefined>, options: DeleteOptions): Promise<R> {
    const { signal, timeoutMs, dryRun, ...rest } = options;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...(dryRun ? { dryRun: ['All'] } : {}), ...rest };
    return this.#client.request<R>({ method: 'DELETE', path, query, body, ...limits(signal, timeoutMs) });
  }

  #read(suffix: string): { method: 'GET'; accept?: string } {
    return this.#metadataOnly
      ? { method: 'GET', accept: metadataAccept(`PartialObjectMetadata${suffix}`) }
      : { method: 'GET' };
  }

  #typed(object: T | NewObject<T>): object {
    const { group, version, kind } = this.resource;
    return object.kind !== undefined && object.apiVersion !== undefined
      ? object
      : { ...object, kind, apiVersion: apiVersionOf(group, version) };
  }

  #complete(items: T[]): void {
    const { group, version, kind } = this.resource;
    const apiVersion = apiVersionOf(group, version);
    for (const item of items) {
      item.kind ??= kind;
      item.apiVersion ??= apiVersion;
    }
  }

  #collection(namespace: string | undefined): string {
    const { group, version, resource, namespaced } = this.resource;
    const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    return namespaced && namespace
      ? `${base}/namespaces/${encodeURIComponent(namespace)}/${resource}`
      : `${base}/${resource}`;
  }

  #path({ namespace, name }: ObjectKey, subresource?: string): string {
    if (!name) throw new Error(`resource name may not be empty (${this.resource.resource})`);
    if (this.resource.namespaced && !namespace)
      throw new Error(
        `an empty namespace may not be set when a resource name is provided (${this.resource.resource} ${name})`,
      );
    const path = `${this.#collection(namespace)}/${encodeURIComponent(name)}`;
    return subresource === undefined ? path : `${path}/${subresource}`;
  }
}

function limits(signal: AbortSignal | undefined, timeoutMs: number | undefined): RequestOptions {
  return { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}
