// The recent events of one resource: what a watch resumes from, and the one buffer all its watchers share.
import type { CachedObject } from './cached-object.ts';

export interface CachedEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  revision: number;
  /** For DELETED: the last state, with the revision of the delete. */
  object: CachedObject;
  /** The state before; undefined for ADDED. */
  previous: CachedObject | undefined;
  /** Encoded frames by encoding name, made once for all watchers. */
  frames: Map<string, Buffer> | undefined;
}

/** How much of the past is kept: a watch can resume over that, and a slow client may fall that far behind. */
export interface RingLimits {
  maxEvents: number;
  maxBytes: number;
}

export class EventRing {
  #events: CachedEvent[] = [];
  #bytes = 0;
  #oldestResumable: number;
  readonly #maxEvents: number;
  readonly #maxBytes: number;

  /** `revision`: what the cache was loaded at; a watch can resume after it, not before. */
  constructor(revision: number, limits: RingLimits) {
    this.#oldestResumable = revision;
    this.#maxEvents = limits.maxEvents;
    this.#maxBytes = limits.maxBytes;
  }

  /** The oldest revision after which every event is still here. */
  get oldestResumable(): number {
    return this.#oldestResumable;
  }

  get events(): readonly CachedEvent[] {
    return this.#events;
  }

  push(event: CachedEvent): void {
    this.#events.push(event);
    this.#bytes += event.object.bytes.length;
    if (this.#events.length > this.#maxEvents || this.#bytes > this.#maxBytes) this.#trim();
  }

  /** Drops the older quarter at once, so that trimming is paid for once in many events. */
  #trim(): void {
    const drop = Math.max(1, this.#events.length >>> 2);
    for (let i = 0; i < drop; i++) this.#bytes -= this.#events[i]!.object.bytes.length;
    this.#oldestResumable = this.#events[drop - 1]!.revision;
    this.#events = this.#events.slice(drop);
  }

  /** Index of the first event after `revision`, or -1 when events after it were dropped. */
  indexAfter(revision: number): number {
    if (revision < this.#oldestResumable) return -1;
    let low = 0;
    let high = this.#events.length;
    if (high > 0 && this.#events[high - 1]!.revision <= revision) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
