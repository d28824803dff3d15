// How fast: a token bucket (golang.org/x/time/rate) and the limits of work queues (client-go util/workqueue/default_rate_limiters.go).
import type { Clock } from './clock.ts';

/** Says how long an item that failed is to wait. */
export interface RateLimiter {
  /** Milliseconds until the item may be tried again; counts the failure. */
  whenMs(item: string): number;
  /** Failures since the last `forget`. */
  numRequeues(item: string): number;
  forget(item: string): void;
}

/** `perSecond` tokens a second, at most `burst` of them saved up. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #last: number;

  constructor(perSecond: number, burst: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#last = clock.now();
  }

  #refill(): void {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, now - this.#last) / 1000) * this.#perSecond);
    this.#last = now;
  }

  /** Takes a token, if need be one that is not there yet; gives the milliseconds until it is. */
  reserveMs(): number {
    this.#refill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** baseMs * 2^failures, at most maxMs. */
export class ExponentialFailureRateLimiter implements RateLimiter {
  readonly #failures = new Map<string, number>();
  readonly #baseMs: number;
  readonly #maxMs: number;

  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
  }

  whenMs(item: string): number {
    const failures = this.#failures.get(item) ?? 0;
    this.#failures.set(item, failures + 1);
    return Math.min(this.#baseMs * 2 ** failures, this.#maxMs);
  }

  numRequeues(item: string): number {
    return this.#failures.get(item) ?? 0;
  }

  forget(item: string): void {
    this.#failures.delete(item);
  }
}

/** One bucket for all items together. */
export class BucketRateLimiter implements RateLimiter {
  readonly #bucket: TokenBucket;

  constructor(bucket: TokenBucket) {
    this.#bucket = bucket;
  }

  whenMs(): number {
    return this.#bucket.reserveMs();
  }

  numRequeues(): number {
    return 0;
  }

  forget(): void {}
}

/** The longest wait of several. */
export class MaxOfRateLimiter implements RateLimiter {
  readonly #limiters: readonly RateLimiter[];

  constructor(...limiters: RateLimiter[]) {
    this.#limiters = limiters;
  }

  whenMs(item: string): number {
    return Math.max(...this.#limiters.map((limiter) => limiter.whenMs(item)));
  }

  numRequeues(item: string): number {
    return Math.max(...this.#limiters.map((limiter) => limiter.numRequeues(item)));
  }

  forget(item: string): void {
    for (const limiter of this.#limiters) limiter.forget(item);
  }
}

/** DefaultTypedControllerRateLimiter: 5 ms to 1,000 s by item, and 10 a second (100 at once) over all. */
export function defaultControllerRateLimiter(clock: Clock): RateLimiter {
  return new MaxOfRateLimiter(
    new ExponentialFailureRateLimiter(5, 1_000_000),
    new BucketRateLimiter(new TokenBucket(10, 100, clock)),
  );
}
