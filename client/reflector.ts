// Keeps a store the same as what the server has of one resource (client-go tools/cache/reflector.go).
//
// States: `listing` (reads everything, as a stream where the server can, else in pages), `watching` (follows changes from the last
// revision seen, which bookmarks keep young), `waiting` (after a failure, longer each time), `ended`. A watch that ends, or whose
// connection breaks, resumes where it was; only 410 Expired and a revision that the server has not reached lead back to `listing`.
import type { Logger } from 'pino';
import { Backoff, type BackoffOptions, reflectorBackoff } from './backoff.ts';
import { type Clock, sleep } from './clock.ts';
import { hasCause, hasReason, isExpired } from './errors.ts';
import type { ApiObject } from './resource.ts';
import type { ResourceClient, Selection } from './resource-client.ts';
import { initialEventsEnd, type Watch, type WatchEvent } from './watch.ts';

export interface ReflectorStore<T extends ApiObject> {
  /** This is everything there is. */
  replace(objects: T[]): void;
  /** Changes in order; no bookmarks. */
  apply(events: readonly WatchEvent<T>[]): void;
}

export interface ReflectorOptions<T extends ApiObject> {
  client: ResourceClient<T>;
  selection: Selection;
  store: ReflectorStore<T>;
  log: Logger;
  clock: Clock;
  backoff?: BackoffOptions;
}

/** A watch asks to be ended after a random time between this and twice this, as upstream's. */
const minWatchSeconds = 300;
/** A watch that ends sooner than this without an event is a failure: it is not tried again at once. */
const shortWatchMs = 1000;
const pageSize = 500;

export class Reflector<T extends ApiObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  #streams = true;
  /** Undefined: list first. */
  #revision: string | undefined;
  /** How often everything was read; for tests and metrics. */
  lists = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff ?? reflectorBackoff, options.clock);
  }

  /** The last revision that the store has; undefined before the first list. */
  get revision(): string | undefined {
    return this.#revision;
  }

  /** Runs until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await (this.#revision === undefined ? this.#list(signal) : this.#watch(this.#revision, signal));
      } catch (error) {
        if (signal.aborted) return;
        if (this.#failed(error)) await sleep(this.#options.clock, this.#backoff.next(), signal);
      }
    }
  }

  /** True when it is to wait before the next attempt. */
  #failed(error: unknown): boolean {
    const { log, client } = this.#options;
    const { resource } = client.resource;
    if (isExpired(error) || hasCause(error, 'ResourceVersionTooLarge')) {
      const wasWatching = this.#revision !== undefined;
      this.#revision = undefined;
      log.debug({ resource, err: error }, 'the revision is gone; listing again');
      return !wasWatching;
    }
    log.warn({ resource, err: error }, this.#revision === undefined ? 'failed to list' : 'failed to watch');
    return true;
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.lists += 1;
    if (!this.#streams) return this.#listPages(signal);
    const { client, selection } = this.#options;
    let watch: Watch<T>;
    try {
      watch = await client.watch({
        ...selection,
        ...watchOptions(signal),
        sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan',
      });
    } catch (error) {
      if (!hasReason(error, 'Invalid', 'BadRequest')) throw error;
      // The server does not stream lists.
      this.#streams = false;
      return this.#listPages(signal);
    }
    await this.#follow(watch);
  }

  async #listPages(signal: AbortSignal): Promise<void> {
    const { client, selection, store } = this.#options;
    const { items, metadata } = await client.listAll({ ...selection, limit: pageSize, signal });
    store.replace(items);
    this.#revision = metadata.resourceVersion;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, selection } = this.#options;
    await this.#follow(await client.watch({ ...selection, ...watchOptions(signal), resourceVersion }));
  }

  /** Applies what a watch tells until it ends. Before the first revision is known, its events are the first objects. */
  async #follow(watch: Watch<T>): Promise<void> {
    const { clock, store } = this.#options;
    const since = clock.now();
    let heard = false;
    let initial: Map<string, T> | undefined = this.#revision === undefined ? new Map() : undefined;
    for await (const events of watch.batches()) {
      heard = true;
      let from = 0;
      if (initial !== undefined) {
        from = collect(initial, events);
        if (from < 0) continue;
        store.replace([...initial.values()]);
        initial = undefined;
        this.#revision = events[from - 1]!.object.metadata.resourceVersion;
      }
      const changes = events.filter((event, at) => at >= from && event.type !== 'BOOKMARK');
      if (changes.length > 0) store.apply(changes);
      this.#revision = events[events.length - 1]!.object.metadata.resourceVersion ?? this.#revision;
    }
    if (!heard && clock.now() - since < shortWatchMs)
      throw new Error('very short watch: it ended within a second and without an event');
  }
}

function watchOptions(signal: AbortSignal): { allowWatchBookmarks: true; timeoutSeconds: number; signal: AbortSignal } {
  return { allowWatchBookmarks: true, timeoutSeconds: Math.floor(minWatchSeconds * (1 + Math.random())), signal };
}

/** Takes up first objects; gives where what follows them begins, or -1 when there are more to come. */
function collect<T extends ApiObject>(objects: Map<string, T>, events: readonly WatchEvent<T>[]): number {
  for (const [at, { type, object }] of events.entries()) {
    if (type === 'BOOKMARK') {
      if (object.metadata.annotations?.[initialEventsEnd] === 'true') return at + 1;
    } else if (type === 'DELETED') objects.delete(object.metadata.uid!);
    else objects.set(object.metadata.uid!, object);
  }
  return -1;
}
