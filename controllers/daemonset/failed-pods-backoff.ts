// Pods that fail on a node are replaced ever more slowly (client-go util/flowcontrol Backoff as pkg/controller/daemon uses it).
import type { Clock } from '../../client/clock.ts';

const initialMs = 1000;
const maxMs = 15 * 60_000;
const collectEveryMs = 60_000;

interface Entry {
  backoffMs: number;
  updatedAt: number;
}

export class FailedPodsBackoff {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #collectedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#collectedAt = clock.now();
  }

  /** Milliseconds to wait with the next replacement; 0 for none. */
  waitMs(key: string): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isExpired(entry)) return 0;
    return this.#clock.now() - entry.updatedAt < entry.backoffMs ? entry.backoffMs : 0;
  }

  /** A Pod is replaced now: the next one has to wait twice as long as the last one. */
  next(key: string): void {
    const now = this.#clock.now();
    const entry = this.#entries.get(key);
    const backoffMs = entry === undefined || this.#isExpired(entry) ? initialMs : Math.min(2 * entry.backoffMs, maxMs);
    this.#entries.set(key, { backoffMs, updatedAt: now });
    if (now - this.#collectedAt > collectEveryMs) this.#collect(now);
  }

  #isExpired({ updatedAt }: Entry): boolean {
    return this.#clock.now() - updatedAt > 2 * maxMs;
  }

  #collect(now: number): void {
    this.#collectedAt = now;
    for (const [key, entry] of this.#entries) if (this.#isExpired(entry)) this.#entries.delete(key);
  }
}
