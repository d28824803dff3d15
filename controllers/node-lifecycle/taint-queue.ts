// Nodes of a zone that wait to be tainted, so many a second (pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go).
//
// A node is `waiting`, or `done` (it was handled, and is not taken again before `remove`), or not known.
import type { Clock } from '../../client/clock.ts';
import { TokenBucket } from '../../client/rate-limiters.ts';

const burst = 1;

export class TaintQueue {
  readonly #clock: Clock;
  readonly #known = new Set<string>();
  /** With the time from which each may be handled. */
  readonly #waiting = new Map<string, number>();
  #perSecond: number;
  #bucket: TokenBucket | undefined;

  constructor(perSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#bucket = perSecond > 0 ? new TokenBucket(perSecond, burst, clock) : undefined;
  }

  /** Nodes a second; 0 for none. */
  get perSecond(): number {
    return this.#perSecond;
  }

  set perSecond(value: number) {
    if (value === this.#perSecond) return;
    const spent = this.#bucket?.tryTake() === false;
    this.#perSecond = value;
    this.#bucket = value > 0 ? new TokenBucket(value, burst, this.#clock) : undefined;
    if (spent) this.#bucket?.tryTake();
  }

  /** False where it is known already. */
  add(node: string): boolean {
    if (this.#known.has(node)) return false;
    this.#known.add(node);
    this.#waiting.set(node, this.#clock.now());
    return true;
  }

  /** The node may be added again. */
  remove(node: string): void {
    this.#known.delete(node);
    this.#waiting.delete(node);
  }

  /** Handles those that wait, as far as the rate allows. One for which `handle` gives a time waits for so many milliseconds more. */
  async work(handle: (node: string) => Promise<number | undefined>): Promise<void> {
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      if (!this.#bucket?.tryTake()) return;
      const againMs = await handle(next);
      if (!this.#waiting.has(next)) continue;
      if (againMs === undefined) this.#waiting.delete(next);
      else this.#waiting.set(next, this.#clock.now() + againMs + 1);
    }
  }

  #first(): string | undefined {
    const now = this.#clock.now();
    for (const [node, at] of this.#waiting) if (at <= now) return node;
    return undefined;
  }
}
