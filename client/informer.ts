// A resource's objects, cached and followed, for all who are interested (client-go tools/cache/shared_informer.go).
// The store is changed first and the handlers are called after, in the order of the server's revisions.
import type { Logger } from 'pino';
import type { BackoffOptions } from './backoff.ts';
import { type Clock, realClock, type Timer } from './clock.ts';
import { deepFreeze } from './freeze.ts';
import { Reflector, type ReflectorStore } from './reflector.ts';
import { type ApiObject, keyOf } from './resource.ts';
import type { ResourceClient, Selection } from './resource-client.ts';
import { type IndexFunction, type Lister, Store } from './store.ts';
import type { WatchEvent } from './watch.ts';

/** Objects are shared: not to be changed. A handler is not to throw, and not to wait: it puts a key into a queue. */
export interface Handlers<T> {
  /** Also called for each object that is there when the handler is added. */
  add?(object: T): void;
  update?(old: T, object: T): void;
  /** `finalStateUnknown`: it went while nobody watched, and `object` is the last that was seen (DeletedFinalStateUnknown). */
  delete?(object: T, finalStateUnknown: boolean): void;
}

export interface HandlerOptions {
  /** Calls `update` for everything that often, although nothing has changed; never without it. */
  resyncMs?: number;
}

export interface Registration {
  /** The handler is not called any more. */
  remove(): void;
}

export interface InformerOptions<T> {
  selection?: Selection;
  log: Logger;
  clock?: Clock;
  /** What is kept of an object: it may change and give back the one that it gets. */
  transform?: (object: T) => T;
  /** Freezes what is cached, so that a change throws. */
  freeze?: boolean;
  backoff?: BackoffOptions;
}

export class Informer<T extends ApiObject> {
  readonly client: ResourceClient<T>;
  readonly #store = new Store<T>();
  readonly #options: InformerOptions<T>;
  readonly #clock: Clock;
  readonly #handlers = new Set<Handlers<T>>();
  readonly #resyncs = new Set<{ timer: Timer }>();
  readonly #stopping = new AbortController();
  readonly #reflector: Reflector<T>;
  readonly #firstList = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #synced = false;

  constructor(client: ResourceClient<T>, options: InformerOptions<T>) {
    this.client = client;
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    const { selection = {}, log, backoff } = options;
    const store: ReflectorStore<T> = {
      replace: (objects) => this.#replace(objects),
      apply: (events) => this.#apply(events),
    };
    const more = backoff === undefined ? {} : { backoff };
    this.#reflector = new Reflector<T>({ client, selection, store, log, clock: this.#clock, ...more });
  }

  get lister(): Lister<T> {
    return this.#store;
  }

  /** True once everything that was there has been read and handed to the handlers. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** True once it follows no longer. */
  get stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** The revision that the cache is at; undefined before the first list. */
  get revision(): string | undefined {
    return this.#reflector.revision;
  }

  /** How often everything was listed. */
  get lists(): number {
    return this.#reflector.lists;
  }

  /** Resolves when everything that was there is cached and handled; rejects with the signal's reason, or when the informer is stopped. */
  synced(signal?: AbortSignal): Promise<void> {
    const { promise } = this.#firstList;
    if (signal === undefined || this.#synced) return promise;
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  /** May be called at any time. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    this.#store.addIndex(name, valuesOf);
  }

  addHandler(handlers: Handlers<T>, options: HandlerOptions = {}): Registration {
    this.#handlers.add(handlers);
    for (const object of this.#store.list()) this.#call(() => handlers.add?.(object));
    const resync = options.resyncMs === undefined ? undefined : this.#resync(handlers, options.resyncMs);
    return {
      remove: () => {
        this.#handlers.delete(handlers);
        resync?.timer.clear();
        if (resync !== undefined) this.#resyncs.delete(resync);
      },
    };
  }

  /** Begins to follow. Idempotent. */
  start(): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return;
    this.#running = this.#reflector.run(this.#stopping.signal);
    // Whoever does not ask whether it has synced does not need to hear that it never will.
    this.#firstList.promise.catch(() => undefined);
  }

  /** Follows no longer; what is cached stays. Resolves when the watch has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the informer is stopped'));
    for (const { timer } of this.#resyncs) timer.clear();
    this.#resyncs.clear();
    this.#firstList.promise.catch(() => undefined);
    this.#firstList.reject(
      new Error(`the informer of ${this.client.resource.resource} was stopped before it had synced`),
    );
    await this.#running;
  }

  #replace(objects: T[]): void {
    const gone = new Set(this.#store.keys());
    for (const object of objects) {
      gone.delete(keyOf(object));
      this.#put(object);
    }
    for (const key of gone) this.#remove(key, undefined, true);
    this.#synced = true;
    this.#firstList.resolve();
  }

  #apply(events: readonly WatchEvent<T>[]): void {
    for (const { type, object } of events) {
      if (type === 'DELETED') this.#remove(keyOf(object), object, false);
      else this.#put(object);
    }
  }

  #put(fresh: T): void {
    const object = this.#kept(fresh);
    const old = this.#store.getByKey(keyOf(object));
    // A list tells what is known already.
    if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#store.put(object);
    // Deleted and made anew while nobody watched: those are two objects.
    const replaced = old !== undefined && old.metadata.uid !== object.metadata.uid;
    for (const handlers of this.#handlers) {
      if (replaced) this.#call(() => handlers.delete?.(old, true));
      this.#call(() => (old === undefined || replaced ? handlers.add?.(object) : handlers.update?.(old, object)));
    }
  }

  #remove(key: string, fresh: T | undefined, finalStateUnknown: boolean): void {
    const old = this.#store.delete(key);
    if (old === undefined) return;
    const last = fresh === undefined ? old : this.#kept(fresh);
    for (const handlers of this.#handlers) this.#call(() => handlers.delete?.(last, finalStateUnknown));
  }

  #kept(object: T): T {
    const { transform, freeze } = this.#options;
    const kept = transform === undefined ? object : transform(object);
    return freeze ? deepFreeze(kept) : kept;
  }

  /** One handler's mistake is not the others'. */
  #call(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#options.log.error(
        { err: error, resource: this.client.resource.resource },
        'a handler of an informer failed',
      );
    }
  }

  #resync(handlers: Handlers<T>, resyncMs: number): { timer: Timer } {
    const arm = (): Timer =>
      this.#clock.setTimeout(() => {
        for (const object of this.#store.list()) this.#call(() => handlers.update?.(object, object));
        resync.timer = arm();
      }, resyncMs);
    const resync = { timer: arm() };
    this.#resyncs.add(resync);
    return resync;
  }
}
