// The events of a custom resource in one of its versions: each event of the cache, with its objects decoded. Decoding may take as long as
// a webhook does; order is kept, and who watches waits.
//
// States: `following` (events come as the cache has them, or wait for objects that are being decoded), `failed` (objects could not be
// decoded: watches were told that they missed events, and the next event begins anew), `ended` (nobody listens any more).
import type { CachedObject } from '../cache/cached-object.ts';
import { type CachedEvent, EventRing } from '../cache/event-ring.ts';
import {
  defaultRingLimits,
  type EventListener,
  type EventSource,
  type ResourceCache,
} from '../cache/resource-cache.ts';
import type { VersionCodec } from '../registry/version-codec.ts';

export class VersionFeed implements EventSource, EventListener {
  readonly #cache: ResourceCache;
  readonly #codec: VersionCodec;
  readonly #listeners = new Set<EventListener>();
  #ring: EventRing;
  /** Batches that wait for the one that is being decoded. */
  #waiting: (readonly CachedEvent[])[] = [];
  #decoding = false;
  readonly #onEnd: () => void;

  /** Begins with what the cache remembers, so that a watch can resume from there. `onEnd` is called when the last listener has left. */
  constructor(cache: ResourceCache, codec: VersionCodec, onEnd: () => void) {
    this.#cache = cache;
    this.#codec = codec;
    this.#onEnd = onEnd;
    this.#ring = new EventRing(cache.ring.oldestResumable, defaultRingLimits);
    cache.listen(this);
    if (cache.ring.events.length > 0) this.onEvents([...cache.ring.events]);
  }

  get ring(): EventRing {
    return this.#ring;
  }

  /** True while events of the cache have not come through yet. */
  get isBehind(): boolean {
    return this.#decoding;
  }

  listen(listener: EventListener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: EventListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#cache.unlisten(this);
    this.#onEnd();
  }

  onEvents(events: readonly CachedEvent[]): void {
    if (this.#decoding) {
      this.#waiting.push(events);
      return;
    }
    const decoded = this.#decodeObjects(events);
    if (!(decoded instanceof Promise)) {
      this.#emit(events, decoded);
      return;
    }
    this.#decoding = true;
    decoded.then(
      (objects) => this.#next(() => this.#emit(events, objects)),
      () => this.#next(() => this.#miss()),
    );
  }

  #next(finish: () => void): void {
    this.#decoding = false;
    finish();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const events of waiting) this.onEvents(events);
  }

  #decodeObjects(events: readonly CachedEvent[]): readonly CachedObject[] | Promise<readonly CachedObject[]> {
    return this.#codec.decodeAll(events.flatMap(({ object, previous }) => (previous ? [object, previous] : [object])));
  }

  #emit(events: readonly CachedEvent[], objects: readonly CachedObject[]): void {
    let at = 0;
    const decoded = events.map((event): CachedEvent => {
      const object = objects[at++]!;
      const previous = event.previous === undefined ? undefined : objects[at++]!;
      return { type: event.type, revision: event.revision, object, previous, frames: undefined };
    });
    for (const event of decoded) this.#ring.push(event);
    for (const listener of [...this.#listeners]) listener.onEvents(decoded);
  }

  /** Watches end, and clients list again, which tells them what is wrong. */
  #miss(): void {
    this.#ring = new EventRing(this.#cache.lastChange, defaultRingLimits);
    for (const listener of [...this.#listeners]) listener.onReset?.();
  }

  onReset(): void {
    this.#waiting = [];
    this.#miss();
  }

  onClosed(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.onClosed?.();
  }
}
