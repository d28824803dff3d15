// The watch cache of one resource: its present objects, its recent events, and who watches them.
import type { KubeObject } from '../../apimachinery/object.ts';
import type { StorageEvent, StoredObject } from '../../storage/storage.ts';
import type { ObjectChange, ResourceReader } from '../registry/objects.ts';
import { CachedObject, type Selectable } from './cached-object.ts';
import { type CachedEvent, EventRing, type RingLimits } from './event-ring.ts';
import type { ObjectFraming } from './framing.ts';
import { SortedObjects } from './sorted-objects.ts';

/** Told of each batch of new events, after the cache holds them. */
export interface EventListener {
  onEvents(events: readonly CachedEvent[]): void;
  /** The cache was loaded anew and events may have been missed. Without it, `onEvents` is given the difference. */
  onReset?(): void;
  /** The resource is no longer served; nothing follows. */
  onClosed?(): void;
}

/** Where a watch gets its events from: the cache itself, or a feed of its objects in another version. */
export interface EventSource {
  readonly ring: EventRing;
  /** True while changes that the cache has applied have not come through yet. */
  readonly isBehind?: boolean;
  listen(listener: EventListener): void;
  unlisten(listener: EventListener): void;
}

/** A watch can resume over this many events, and this many bytes of them. */
export const defaultRingLimits: RingLimits = { maxEvents: 32_768, maxBytes: 96 * 1024 * 1024 };

export class ResourceCache implements ResourceReader, EventSource {
  readonly #framing: ObjectFraming;
  readonly #readSelectable: (object: KubeObject) => Selectable;
  readonly #namespaces = new Map<string, SortedObjects>();
  #namespaceNames: string[] = [];
  readonly #listeners = new Set<EventListener>();
  readonly #ringLimits: RingLimits;
  #ring: EventRing;
  #count = 0;
  #lastChange = 0;

  constructor(
    framing: ObjectFraming,
    readSelectable: (object: KubeObject) => Selectable,
    ringLimits: RingLimits = defaultRingLimits,
  ) {
    this.#framing = framing;
    this.#readSelectable = readSelectable;
    this.#ringLimits = ringLimits;
    this.#ring = new EventRing(0, ringLimits);
  }

  /**
   * Fills the cache with the state at `revision`; events follow from there. Whoever listened to an earlier state is told: a
   * watch ends, since it may have missed events; a reader gets the difference.
   */
  load(objects: readonly StoredObject[], revision: number): void {
    const before = this.#listeners.size === 0 ? [] : this.#all();
    this.#ring = new EventRing(revision, this.#ringLimits);
    this.#lastChange = revision;
    this.#namespaces.clear();
    this.#namespaceNames = [];
    this.#count = 0;
    for (const object of objects) this.#set(new CachedObject(object, this.#framing));
    if (this.#listeners.size === 0) return;
    const difference = this.#differenceTo(before, revision);
    for (const listener of [...this.#listeners]) {
      if (listener.onReset) listener.onReset();
      else if (difference.length > 0) listener.onEvents(difference);
    }
  }

  #all(): CachedObject[] {
    return [...this.#namespaces.values()].flatMap((objects) => objects.sorted);
  }

  /** What would have been told between an earlier state and this one; deletes carry the revision of the load. */
  #differenceTo(before: readonly CachedObject[], revision: number): CachedEvent[] {
    const known = new Map(before.map((object) => [`${object.namespace}/${object.name}`, object]));
    const events: CachedEvent[] = [];
    for (const object of this.#all()) {
      const key = `${object.namespace}/${object.name}`;
      const previous = known.get(key);
      known.delete(key);
      if (previous?.revision === object.revision) continue;
      events.push({
        type: previous === undefined ? 'ADDED' : 'MODIFIED',
        revision: object.revision,
        object,
        previous,
        frames: undefined,
      });
    }
    for (const previous of known.values())
      events.push({ type: 'DELETED', revision, object: previous, previous, frames: undefined });
    return events;
  }

  get ring(): EventRing {
    return this.#ring;
  }

  get size(): number {
    return this.#count;
  }

  /** Revision of the newest change of this resource (or of the load): from there on the present is exact. */
  get lastChange(): number {
    return this.#lastChange;
  }

  /** The object as the cache holds it; its bytes are shared. */
  lookup(namespace: string, name: string): CachedObject | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  selectableOf(object: CachedObject): Selectable {
    return object.selectable(this.#readSelectable);
  }

  /** The objects of one namespace, or of all, in order, beginning after a key. The arrays are live. */
  *slices(
    namespace: string | undefined,
    after?: { namespace: string; name: string },
  ): Generator<[objects: readonly CachedObject[], from: number]> {
    const names = namespace === undefined ? this.#namespaceNames : this.#namespaces.has(namespace) ? [namespace] : [];
    for (const name of names) {
      if (after !== undefined && name < after.namespace) continue;
      const objects = this.#namespaces.get(name)!;
      yield [objects.sorted, after !== undefined && name === after.namespace ? objects.indexAfter(after.name) : 0];
    }
  }

  /** Applies one batch from storage, in order, and tells the listeners. */
  apply(events: readonly StorageEvent[]): void {
    const applied = events.map((event) => this.#applyOne(event));
    for (const listener of this.#listeners) listener.onEvents(applied);
  }

  #applyOne(event: StorageEvent): CachedEvent {
    const object = new CachedObject(event.object, this.#framing);
    const previous = event.type === 'DELETED' ? this.#delete(object) : this.#set(object);
    const cached: CachedEvent = { type: event.type, revision: object.revision, object, previous, frames: undefined };
    this.#lastChange = object.revision;
    this.#ring.push(cached);
    return cached;
  }

  #set(object: CachedObject): CachedObject | undefined {
    let objects = this.#namespaces.get(object.namespace);
    if (objects === undefined) {
      objects = new SortedObjects();
      this.#namespaces.set(object.namespace, objects);
      this.#namespaceNames = [...this.#namespaces.keys()].sort();
    }
    const old = objects.set(object);
    if (old === undefined) this.#count++;
    return old;
  }

  #delete(object: CachedObject): CachedObject | undefined {
    const objects = this.#namespaces.get(object.namespace);
    const old = objects?.delete(object.name);
    if (old !== undefined) this.#count--;
    if (objects?.size === 0) {
      this.#namespaces.delete(object.namespace);
      this.#namespaceNames = this.#namespaceNames.filter((name) => name !== object.namespace);
    }
    return old;
  }

  listen(listener: EventListener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: EventListener): void {
    this.#listeners.delete(listener);
  }

  /** The resource is no longer served: whoever watches it is told, and it forgets what it holds. */
  close(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    this.#namespaces.clear();
    this.#namespaceNames = [];
    this.#count = 0;
    for (const listener of listeners) listener.onClosed?.();
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.lookup(namespace, name)?.shared();
  }

  list(namespace?: string): KubeObject[] {
    const all: KubeObject[] = [];
    for (const [objects] of this.slices(namespace)) for (const object of objects) all.push(object.shared());
    return all;
  }

  onChange(callback: (change: ObjectChange) => void): () => void {
    const listener: EventListener = {
      onEvents(events) {
        for (const { type, object, previous } of events) {
          callback({ type, object: object.shared(), ...(previous === undefined ? {} : { old: previous.shared() }) });
        }
      },
    };
    this.listen(listener);
    return () => this.unlisten(listener);
  }
}
