// How many requests are served at once (--max-requests-inflight plus --max-mutating-requests-inflight), with a bounded queue
// for those that come in between. Past the queue a request is told to come back: nothing grows without bound.

export class Seats {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #maxWaiting: number;

  constructor(seats: number, maxWaiting: number) {
    this.#free = seats;
    this.#maxWaiting = maxWaiting;
  }

  /** True: seated. A promise: seated when it resolves. Undefined: the queue is full. Whoever was seated calls `give` once. */
  take(): true | Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    if (this.#waiting.length >= this.#maxWaiting) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
