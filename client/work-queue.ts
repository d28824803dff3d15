// A queue of keys to work on (client-go util/workqueue): a key waits once however often it is added; a key that is being worked on is
// not given out again before `done`, and if it was added meanwhile it waits once more. Adding later and adding after failures build on that.
//
// A key is `waiting` (in the queue), `processing` (given out), both (it was added while it was processed), or `delayed` (to be added
// at a time). The queue is open, then `draining` (takes nothing new, gives out what waits), then empty.
import { type Clock, realClock, type Timer } from './clock.ts';
import { defaultControllerRateLimiter, type RateLimiter } from './rate-limiters.ts';

/** What upstream measures of each queue (workqueue_adds_total and so on). */
export interface QueueMetrics {
  added?(): void;
  /** A key was given out after it had waited for so long. */
  waited?(durationMs: number): void;
  /** A key is done after it was worked on for so long. */
  worked?(durationMs: number): void;
  retried?(): void;
}

export interface WorkQueueOptions {
  clock?: Clock;
  rateLimiter?: RateLimiter;
  metrics?: QueueMetrics;
}

interface Delayed {
  readyAt: number;
  timer: Timer;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #metrics: QueueMetrics | undefined;
  /** In order, with the time when each was added. */
  readonly #waiting = new Map<string, number>();
  /** With the time when each was given out. */
  readonly #processing = new Map<string, number>();
  /** Added while being processed. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #idle: (() => void)[] = [];
  #open = true;

  constructor(options: WorkQueueOptions = {}) {
    this.#clock = options.clock ?? realClock;
    this.#limiter = options.rateLimiter ?? defaultControllerRateLimiter(this.#clock);
    this.#metrics = options.metrics;
  }

  /** Keys that wait (workqueue_depth). */
  get length(): number {
    return this.#waiting.size;
  }

  get shuttingDown(): boolean {
    return !this.#open;
  }

  /** Failures of a key since `forget`. */
  numRequeues(key: string): number {
    return this.#limiter.numRequeues(key);
  }

  add(key: string): void {
    if (!this.#open || this.#waiting.has(key) || this.#again.has(key)) return;
    this.#metrics?.added?.();
    if (this.#processing.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.set(key, this.#clock.now());
    this.#hand();
  }

  /** Adds the key after `delayMs`. Of several times, the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (!this.#open) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const readyAt = this.#clock.now() + delayMs;
    const before = this.#delayed.get(key);
    if (before !== undefined) {
      if (before.readyAt <= readyAt) return;
      before.timer.clear();
    }
    const timer = this.#clock.setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, delayMs);
    this.#delayed.set(key, { readyAt, timer });
  }

  /** Adds the key when its rate limit lets it, which counts a failure. */
  addRateLimited(key: string): void {
    if (!this.#open) return;
    this.#metrics?.retried?.();
    this.addAfter(key, this.#limiter.whenMs(key));
  }

  /** The key has succeeded, or is given up: its failures no longer count. It may still be waiting. */
  forget(key: string): void {
    this.#limiter.forget(key);
  }

  /** The next key, to be given back with `done`. Undefined once the queue is shut down and empty. */
  get(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#hand();
    });
  }

  /** The key is worked on no longer; if it was added meanwhile, it waits again. */
  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#metrics?.worked?.(this.#clock.now() - since);
    if (this.#again.delete(key)) {
      this.#waiting.set(key, this.#clock.now());
      this.#hand();
    }
    this.#settle();
  }

  /** Takes nothing new; what waits is dropped, and those who wait for a key get undefined. */
  shutDown(): void {
    this.#waiting.clear();
    this.#again.clear();
    this.#close();
  }

  /** Takes nothing new, and resolves when everything that waited has been worked on. What is delayed is dropped. */
  shutDownWithDrain(): Promise<void> {
    const drained = new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#close();
    return drained;
  }

  #close(): void {
    this.#open = false;
    for (const { timer } of this.#delayed.values()) timer.clear();
    this.#delayed.clear();
    this.#hand();
    this.#settle();
  }

  /** Gives keys to those who wait for one. */
  #hand(): void {
    while (this.#takers.length > 0) {
      const first = this.#waiting.entries().next();
      if (first.done) {
        // Keys that are to be done again will wait once they are done.
        if (this.#open || this.#again.size > 0) return;
        this.#takers.shift()!(undefined);
        continue;
      }
      const [key, since] = first.value;
      this.#waiting.delete(key);
      const now = this.#clock.now();
      this.#processing.set(key, now);
      this.#metrics?.waited?.(now - since);
      this.#takers.shift()!(key);
    }
  }

  #settle(): void {
    if (this.#open || this.#waiting.size > 0 || this.#processing.size > 0) return;
    this.#hand();
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
