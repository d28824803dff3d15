// The watch cache of the whole server: fed by one storage watch of everything, it answers reads and feeds watches.
//
// States: `loading` (a full read is under way, at start or after a failure), `following` (events arrive in order), `failed` (the
// storage watch ended: all watches are told, and the cache loads anew with backoff; /readyz fails until it follows again).
import type { Logger } from 'pino';
import { newTooLargeResourceVersion } from '../../apimachinery/status.ts';
import {
  type Storage,
  StorageError,
  type StorageEvent,
  type StorageWatch,
  type StoredObject,
} from '../../storage/storage.ts';
import type { ObjectReader } from '../registry/objects.ts';
import type { ResourceCache } from './resource-cache.ts';

/** How long a read waits for the cache to reach a revision (upstream: blockTimeout of the watch cache). */
const freshnessTimeoutMilliseconds = 3000;
const reloadBackoffMilliseconds = { first: 100, most: 5000 };

interface Waiter {
  revision: number;
  resolve(): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

export class WatchCache implements ObjectReader {
  readonly #storage: Storage;
  readonly #log: Logger;
  readonly #resources = new Map<string, ResourceCache>();
  /** Resources that are being added: what happens to them while they are read. */
  readonly #adding = new Map<string, StorageEvent[]>();
  /** Counts the beginnings and ends of full reads: what was read before one may lack what happened until it ended. */
  #loads = 0;
  #revision = 0;
  #watch: StorageWatch | undefined;
  #waiters: Waiter[] = [];
  #state: 'loading' | 'following' | 'failed' = 'loading';
  #closed = false;
  #failure: string | undefined;
  #reloadTimer: NodeJS.Timeout | undefined;

  constructor(storage: Storage, resources: ReadonlyMap<string, ResourceCache>, log: Logger) {
    this.#storage = storage;
    this.#log = log;
    for (const [name, cache] of resources) this.#resources.set(name, cache);
  }

  /** Every event up to this revision has been applied. */
  get revision(): number {
    return this.#revision;
  }

  resource(groupResource: string): ResourceCache {
    const cache = this.#resources.get(groupResource);
    if (cache === undefined) throw new Error(`no watch cache for resource ${groupResource}`);
    return cache;
  }

  /**
   * Takes another resource in, while the server runs: its objects are read once, and the storage watch carries its events
   * already. Resolves when `cache` is as new as the rest. Throws what storage throws; then nothing was added.
   */
  async add(name: string, cache: ResourceCache): Promise<void> {
    if (this.#resources.has(name) || this.#adding.has(name)) throw new Error(`${name} is cached already`);
    const meanwhile: StorageEvent[] = [];
    this.#adding.set(name, meanwhile);
    try {
      const loads = this.#loads;
      const { revision, items } = await this.#storage.list({ resource: name });
      // A list that clients see carries the revision of the whole cache: it must not be older than what the list shows.
      await this.waitFor(revision);
      // A full read that came between has left out the events before it.
      if (loads !== this.#loads) return await this.#addAnew(name, cache);
      cache.load(items, revision);
      const later = meanwhile.filter((event) => event.object.revision > revision);
      if (later.length > 0) cache.apply(later);
      this.#resources.set(name, cache);
    } finally {
      this.#adding.delete(name);
    }
  }

  #addAnew(name: string, cache: ResourceCache): Promise<void> {
    this.#adding.delete(name);
    return this.add(name, cache);
  }

  /** Forgets a resource that is no longer served; its watches end. */
  remove(name: string): void {
    const cache = this.#resources.get(name);
    this.#resources.delete(name);
    cache?.close();
  }

  /**
   * Undefined when the cache follows storage; otherwise why /readyz must fail: it loads, it failed, or it stays behind what is
   * stored for longer than a read would wait. Such a server would serve stale data in silence.
   */
  async health(): Promise<string | undefined> {
    if (this.#state !== 'following') return this.#failure ?? `watch cache is ${this.#state}`;
    const stored = await this.#storage.currentRevision();
    try {
      await this.waitFor(stored);
    } catch {
      return `watch cache is behind: it holds revision ${this.#revision}, stored is ${stored}`;
    }
    return undefined;
  }

  /** Reads everything once, then follows. */
  async start(): Promise<void> {
    this.#state = 'loading';
    this.#loads += 1;
    const byResource = new Map<string, StoredObject[]>();
    const revision = await this.#storage.loadAll((items) => {
      for (const item of items) {
        const known = byResource.get(item.resource);
        if (known === undefined) byResource.set(item.resource, [item]);
        else known.push(item);
      }
    });
    for (const [name, cache] of this.#resources) cache.load(byResource.get(name) ?? [], revision);
    if (this.#closed) return;
    this.#revision = revision;
    this.#loads += 1;
    this.#follow();
  }

  #follow(): void {
    this.#watch = this.#storage.watch({
      afterRevision: this.#revision,
      onEvents: (events, revision) => this.#apply(events, revision),
      onError: (error) => this.#fail(error),
    });
    this.#state = 'following';
  }

  #apply(events: readonly StorageEvent[], revision: number): void {
    try {
      this.#applyRuns(events);
    } catch (error) {
      // An event that cannot be applied must not leave the cache behind in silence.
      this.#watch?.close();
      this.#fail(new StorageError('Unavailable', `an event could not be applied: ${String(error)}`, { cause: error }));
      return;
    }
    this.#revision = revision;
    if (this.#waiters.length > 0) this.#wake();
  }

  #applyRuns(events: readonly StorageEvent[]): void {
    let from = 0;
    // Runs of one resource are handed over together; a batch is mostly one run.
    for (let i = 1; i <= events.length; i++) {
      const name = events[from]!.object.resource;
      if (i < events.length && events[i]!.object.resource === name) continue;
      const run = from === 0 && i === events.length ? events : events.slice(from, i);
      const cache = this.#resources.get(name);
      if (cache !== undefined) cache.apply(run);
      else this.#adding.get(name)?.push(...run);
      from = i;
    }
  }

  #fail(error: StorageError): void {
    if (this.#closed) return;
    this.#state = 'failed';
    this.#failure = `storage watch ended: ${error.message}`;
    this.#log.error({ err: error }, 'the storage watch ended; the watch cache loads anew');
    this.#reload(reloadBackoffMilliseconds.first);
  }

  #reload(backoffMilliseconds: number): void {
    this.#reloadTimer = setTimeout(() => {
      this.start().catch((error: unknown) => {
        if (this.#closed) return;
        this.#state = 'failed';
        this.#failure = `loading the watch cache failed: ${String(error)}`;
        this.#log.error({ err: error }, 'loading the watch cache failed');
        this.#reload(Math.min(2 * backoffMilliseconds, reloadBackoffMilliseconds.most));
      });
    }, backoffMilliseconds);
  }

  #wake(): void {
    const ready = this.#waiters.filter((waiter) => waiter.revision <= this.#revision);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#revision);
    for (const waiter of ready) {
      clearTimeout(waiter.timer);
      waiter.resolve();
    }
  }

  /** Resolves once the cache has applied `revision`; 504 "Too large resource version" after 3 s. */
  waitFor(revision: number): Promise<void> | undefined {
    if (revision <= this.#revision) return undefined;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((waiter) => waiter.timer !== timer);
        reject(newTooLargeResourceVersion(revision, this.#revision));
      }, freshnessTimeoutMilliseconds);
      this.#waiters.push({ revision, resolve, reject, timer });
    });
  }

  /** A consistent read: resolves once the cache holds every write acknowledged before the call (KEP-2340). */
  async waitFresh(): Promise<void> {
    await this.waitFor(await this.#storage.currentRevision());
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
    clearTimeout(this.#reloadTimer);
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(new Error('the server is shutting down'));
    }
    this.#waiters = [];
  }
}
