// Objects in maps behind the ObjectReader and ObjectWriter interfaces, for tests of what stands on them.
// It keeps what those interfaces promise (order, change feed, uids, conflicts) and has no hooks of any resource.
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../../apimachinery/object.ts';
import { newAlreadyExists, newConflict, newNotFound } from '../../apimachinery/status.ts';
import type { ObjectChange, ObjectReader, ObjectWriter, ResourceReader } from '../registry/objects.ts';

interface Table {
  objects: Map<string, KubeObject>;
  watchers: Set<(change: ObjectChange) => void>;
}

export class MemoryObjects implements ObjectReader, ObjectWriter {
  readonly #tables = new Map<string, Table>();
  #revision = 0;
  /** Every write that was asked for, as `verb resource namespace/name`, in order. */
  readonly writes: string[] = [];

  #table(resource: string): Table {
    let table = this.#tables.get(resource);
    if (table === undefined) {
      table = { objects: new Map(), watchers: new Set() };
      this.#tables.set(resource, table);
    }
    return table;
  }

  resource(groupResource: string): ResourceReader {
    const { objects, watchers } = this.#table(groupResource);
    return {
      get: (namespace, name) => objects.get(`${namespace}/${name}`),
      list: (namespace) =>
        [...objects.keys()]
          .filter((key) => namespace === undefined || key.startsWith(`${namespace}/`))
          .sort()
          .map((key) => objects.get(key)!),
      onChange(callback) {
        watchers.add(callback);
        return () => watchers.delete(callback);
      },
    };
  }

  /** How many callbacks wait for changes, over all resources. */
  get watcherCount(): number {
    return [...this.#tables.values()].reduce((sum, table) => sum + table.watchers.size, 0);
  }

  #log(verb: string, resource: string, namespace: string, name: string): void {
    this.writes.push(`${verb} ${resource} ${namespace}/${name}`);
  }

  #store(resource: string, namespace: string, object: KubeObject): KubeObject {
    const { objects, watchers } = this.#table(resource);
    const key = `${namespace}/${object.metadata.name}`;
    const old = objects.get(key);
    objects.set(key, object);
    for (const watcher of watchers)
      watcher(old === undefined ? { type: 'ADDED', object } : { type: 'MODIFIED', object, old });
    return object;
  }

  async create(resource: string, namespace: string, object: KubeObject): Promise<KubeObject> {
    const name = object.metadata.name!;
    this.#log('create', resource, namespace, name);
    await Promise.resolve();
    if (this.#table(resource).objects.has(`${namespace}/${name}`)) throw newAlreadyExists(of(resource), name);
    const metadata = {
      ...object.metadata,
      ...(namespace === '' ? {} : { namespace }),
      uid: object.metadata.uid ?? randomUUID(),
      resourceVersion: String(++this.#revision),
      creationTimestamp: '2026-01-01T00:00:00Z',
    };
    return this.#store(resource, namespace, structuredClone({ ...object, metadata }));
  }

  async update(resource: string, namespace: string, object: KubeObject): Promise<KubeObject> {
    const name = object.metadata.name!;
    this.#log('update', resource, namespace, name);
    await Promise.resolve();
    const old = this.#table(resource).objects.get(`${namespace}/${name}`);
    if (old === undefined) throw newNotFound(of(resource), name);
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
      throw newConflict(
        of(resource),
        name,
        'the object has been modified; please apply your changes to the latest version and try again',
      );
    const metadata = { ...object.metadata, uid: old.metadata.uid!, resourceVersion: String(++this.#revision) };
    return this.#store(resource, namespace, structuredClone({ ...object, metadata }));
  }

  async updateStatus(resource: string, namespace: string, object: KubeObject): Promise<KubeObject> {
    return await this.update(resource, namespace, object);
  }

  async delete(
    resource: string,
    namespace: string,
    name: string,
    preconditions?: { uid?: string; resourceVersion?: string },
  ): Promise<void> {
    this.#log('delete', resource, namespace, name);
    await Promise.resolve();
    const { objects, watchers } = this.#table(resource);
    const object = objects.get(`${namespace}/${name}`);
    if (object === undefined) throw newNotFound(of(resource), name);
    if (preconditions?.uid !== undefined && preconditions.uid !== object.metadata.uid)
      throw newConflict(
        of(resource),
        name,
        `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${object.metadata.uid}`,
      );
    objects.delete(`${namespace}/${name}`);
    for (const watcher of watchers) watcher({ type: 'DELETED', object });
  }
}

function of(groupResource: string): { group: string; resource: string } {
  const dot = groupResource.indexOf('.');
  return dot < 0
    ? { group: '', resource: groupResource }
    : { group: groupResource.slice(dot + 1), resource: groupResource.slice(0, dot) };
}
