// Many timers, few wake-ups: what is due within the same tick fires together, and one timer of the process is armed for the next tick
// that has any (timing wheels, Varghese and Lauck 1987, without levels: ticks are kept in a map).
import type { Clock, Timer } from '../client/clock.ts';

export class TimerWheel implements Clock {
  readonly #clock: Clock;
  readonly #tickMs: number;
  /** By the number of their tick. */
  readonly #ticks = new Map<number, Set<() => void>>();
  #armed: { tick: number; timer: Timer } | undefined;

  /** Callbacks come up to `tickMs` late, never early. */
  constructor(clock: Clock, tickMs: number) {
    this.#clock = clock;
    this.#tickMs = tickMs;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const tick = Math.ceil((this.now() + Math.max(0, delayMs)) / this.#tickMs);
    const due = this.#ticks.get(tick) ?? new Set();
    this.#ticks.set(tick, due);
    // Its own function, so that the same callback can be set twice.
    const entry = () => callback();
    due.add(entry);
    if (this.#armed === undefined || tick < this.#armed.tick) this.#arm(tick);
    return {
      clear: () => {
        due.delete(entry);
        if (due.size === 0 && this.#ticks.get(tick) === due) this.#ticks.delete(tick);
      },
    };
  }

  /** Drops everything that waits. */
  close(): void {
    this.#ticks.clear();
    this.#armed?.timer.clear();
    this.#armed = undefined;
  }

  #arm(tick: number): void {
    this.#armed?.timer.clear();
    const delayMs = tick * this.#tickMs - this.now();
    this.#armed = { tick, timer: this.#clock.setTimeout(() => this.#fire(), Math.max(0, delayMs)) };
  }

  #fire(): void {
    this.#armed = undefined;
    const current = Math.floor(this.now() / this.#tickMs);
    const due = [...this.#ticks.keys()].filter((tick) => tick <= current).sort((a, b) => a - b);
    for (const tick of due) {
      const callbacks = this.#ticks.get(tick)!;
      this.#ticks.delete(tick);
      for (const callback of callbacks) callback();
    }
    let next = Number.POSITIVE_INFINITY;
    for (const tick of this.#ticks.keys()) next = Math.min(next, tick);
    // A callback may have armed an earlier one; arming again for the same does no harm.
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
  }
}
