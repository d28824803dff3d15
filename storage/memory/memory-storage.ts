// The storage contract in the plainest form that is exact: maps and one array, nothing kept on disk.
// Tests use it where no database is wanted, and it is the reference that the other backends are compared with.
import { closedError, compactedError, futureRevisionError, refusal } from '../errors.ts';
import { compareBytes, compareKeys, keyString } from '../keys.ts';
import type {
  Key,
  ListOptions,
  ListResult,
  Storage,
  StorageEvent,
  StorageWatch,
  StoredObject,
  WatchOptions,
  WriteOperation,
  WriteResult,
} from '../storage.ts';
import { type HistoryRange, WatchHub } from '../watches.ts';

interface Change {
  event: StorageEvent;
  /** What the key held before; undefined for ADDED. */
  previous: StoredObject | undefined;
}

const eventTypes = { create: 'ADDED', update: 'MODIFIED', delete: 'DELETED' } as const;
const loadPageSize = 1000;

export class MemoryStorage implements Storage {
  #objects = new Map<string, StoredObject>();
  /** The changes after #compacted, in revision order: #history[0] has revision #historyStart. */
  #history: Change[] = [];
  #historyStart = 2;
  #revision = 1;
  #compacted = 0;
  #closed = false;
  #hub = new WatchHub(1, {
    readHistory: async (range) => this.#readHistory(range),
    currentRevision: async () => this.#revision,
  });

  async write(operation: WriteOperation): Promise<WriteResult> {
    this.#checkOpen();
    const key = keyString(operation.key);
    const present = this.#objects.get(key);
    checkOperation(operation, present);
    if (operation.type === 'update' && present!.value === operation.value) {
      return { revision: present!.revision, object: present! };
    }
    this.#revision += 1;
    const event = this.#event(operation, present);
    const { object } = event;
    if (event.type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, object);
    this.#history.push({ event, previous: present });
    this.#hub.deliver([event], object.revision);
    return { revision: object.revision, object };
  }

  #event(operation: WriteOperation, present: StoredObject | undefined): StorageEvent {
    const { resource, namespace, name } = operation.key;
    const uid = operation.type === 'create' ? operation.uid : present!.uid;
    const value = operation.type === 'delete' ? present!.value : operation.value;
    const type = eventTypes[operation.type];
    return { type, object: { resource, namespace, name, uid, revision: this.#revision, value } };
  }

  async get(key: Key): Promise<StoredObject | undefined> {
    this.#checkOpen();
    return this.#objects.get(keyString(key));
  }

  async list(options: ListOptions): Promise<ListResult> {
    this.#checkOpen();
    const revision = options.revision ?? this.#revision;
    this.#checkRevision(revision);
    const { after } = options;
    const matching = this.#stateAt(revision)
      .filter((object) => object.resource === options.resource)
      .filter((object) => options.namespace === undefined || object.namespace === options.namespace)
      .filter((object) => !after || comparePlaces(object, after) > 0)
      .sort(compareKeys);
    const items = matching.slice(0, options.limit);
    return { revision, items, remaining: matching.length - items.length };
  }

  async loadAll(onPage: (items: readonly StoredObject[]) => void): Promise<number> {
    this.#checkOpen();
    const revision = this.#revision;
    const objects = [...this.#objects.values()].sort(compareKeys);
    for (let start = 0; start < objects.length; start += loadPageSize)
      onPage(objects.slice(start, start + loadPageSize));
    return revision;
  }

  /** The present state with every change after `revision` undone, newest first. */
  #stateAt(revision: number): StoredObject[] {
    if (revision === this.#revision) return [...this.#objects.values()];
    const state = new Map(this.#objects);
    for (let index = this.#history.length - 1; index >= Math.max(0, revision + 1 - this.#historyStart); index--) {
      const { event, previous } = this.#history[index]!;
      if (previous) state.set(keyString(event.object), previous);
      else state.delete(keyString(event.object));
    }
    return [...state.values()];
  }

  async currentRevision(): Promise<number> {
    this.#checkOpen();
    return this.#revision;
  }

  watch(options: WatchOptions): StorageWatch {
    return this.#hub.watch(options);
  }

  #readHistory({ resource, after, upTo, limit }: HistoryRange): StorageEvent[] {
    if (after < this.#compacted) throw compactedError(after, this.#compacted);
    const events: StorageEvent[] = [];
    for (let index = Math.max(0, after + 1 - this.#historyStart); index <= upTo - this.#historyStart; index++) {
      const { event } = this.#history[index]!;
      if (resource === undefined || event.object.resource === resource) events.push(event);
      if (events.length === limit) break;
    }
    return events;
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    if (revision > this.#revision) throw futureRevisionError(revision, this.#revision);
    if (revision <= this.#compacted) return;
    this.#compacted = revision;
    const forgotten = Math.max(0, revision + 1 - this.#historyStart);
    this.#history.splice(0, forgotten);
    this.#historyStart += forgotten;
  }

  async compactedRevision(): Promise<number> {
    this.#checkOpen();
    return this.#compacted;
  }

  async ping(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hub.close(closedError());
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }

  #checkRevision(revision: number): void {
    if (revision > this.#revision) throw futureRevisionError(revision, this.#revision);
    if (revision < this.#compacted) throw compactedError(revision, this.#compacted);
  }
}

function checkOperation(operation: WriteOperation, present: StoredObject | undefined): void {
  if (operation.type === 'create') {
    if (present) throw refusal('KeyExists', operation, present);
    return;
  }
  if (!present) throw refusal('KeyNotFound', operation, undefined);
  const { revision = present.revision, uid = present.uid } = operation.preconditions ?? {};
  if (revision !== present.revision || uid !== present.uid) throw refusal('Conflict', operation, present);
}

function comparePlaces(left: { namespace: string; name: string }, right: { namespace: string; name: string }): number {
  return compareBytes(left.namespace, right.namespace) || compareBytes(left.name, right.name);
}
