// Waiting longer each time something fails, and from the start again after a while without failures (client-go wait.Backoff with reset).
import { type Clock, jitter } from './clock.ts';

export interface BackoffOptions {
  initialMs: number;
  maxMs: number;
  factor: number;
  /** A wait is this much longer, at random: 1 doubles it at most. */
  jitter: number;
  /** Without a failure for so long, the next one waits `initialMs` again. */
  resetMs: number;
}

/** The reflector's (client-go tools/cache/reflector.go). */
export const reflectorBackoff: BackoffOptions = {
  initialMs: 800,
  maxMs: 30_000,
  factor: 2,
  jitter: 1,
  resetMs: 120_000,
};

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #clock: Clock;
  #nextMs: number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(options: BackoffOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#nextMs = options.initialMs;
  }

  /** How long to wait this time, in milliseconds. */
  next(): number {
    const { initialMs, maxMs, factor, jitter: by, resetMs } = this.#options;
    const now = this.#clock.now();
    if (now - this.#last > resetMs) this.#nextMs = initialMs;
    this.#last = now;
    const waitMs = jitter(this.#nextMs, by);
    this.#nextMs = Math.min(maxMs, this.#nextMs * factor);
    return waitMs;
  }
}
