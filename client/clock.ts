// Time as the client's parts see it, so that tests can move it by hand (k8s.io/utils/clock).

export interface Timer {
  clear(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, after `delayMs` or more; any length, also beyond the 24 days of Node's timers. */
  setTimeout(callback: () => void, delayMs: number): Timer;
}

/** Node's timers fire at once for more than this. */
const longestMs = 2 ** 31 - 1;

class RealTimer implements Timer {
  #timeout: NodeJS.Timeout;

  constructor(callback: () => void, delayMs: number) {
    const arm = (leftMs: number): NodeJS.Timeout =>
      leftMs <= longestMs
        ? setTimeout(callback, leftMs)
        : setTimeout(() => {
            this.#timeout = arm(leftMs - longestMs);
          }, longestMs);
    this.#timeout = arm(delayMs);
  }

  clear(): void {
    clearTimeout(this.#timeout);
  }
}

export const realClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => new RealTimer(callback, Math.max(0, delayMs)),
};

/** Resolves after `delayMs`, or as soon as the signal is aborted; leaves no timer behind. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      timer.clear();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, delayMs);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** A random time from `baseMs` to `baseMs * (1 + factor)` (wait.Jitter). */
export function jitter(baseMs: number, factor: number): number {
  return baseMs * (1 + factor * Math.random());
}

/** metav1.Time: RFC 3339 with seconds. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** metav1.MicroTime: RFC 3339 with six digits. */
export function microTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
