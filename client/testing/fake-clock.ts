// A clock that stands still until a test moves it.
import type { Clock, Timer } from '../clock.ts';

interface Waiting {
  at: number;
  callback: () => void;
}

export class FakeClock implements Clock {
  #now: number;
  readonly #waiting = new Set<Waiting>();

  /** Begins at `startMs` since the epoch. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const waiting = { at: this.#now + Math.max(0, delayMs), callback };
    this.#waiting.add(waiting);
    return { clear: () => void this.#waiting.delete(waiting) };
  }

  /** Timers that have not fired. */
  get timers(): number {
    return this.#waiting.size;
  }

  /** Milliseconds until the next timer, or undefined. */
  get nextInMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.at - this.#now;
  }

  /** Moves time on and fires what is due, in order; after each timer everything that it resolved gets to run. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs;
    await settle();
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next.at);
      this.#waiting.delete(next);
      next.callback();
      await settle();
    }
    this.#now = end;
  }

  #next(): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#waiting) if (first === undefined || waiting.at < first.at) first = waiting;
    return first;
  }
}

/** Lets promises that are resolved already run on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
