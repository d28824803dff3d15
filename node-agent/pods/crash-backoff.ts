// How long a container that has ended waits before it runs again (client-go util/flowcontrol Backoff as kuberuntime_manager.go doBackOff
// uses it): 10 s, twice as long each time, 5 minutes at most; anew once it has run for twice that long.

export interface BackoffTimes {
  initialMs: number;
  maxMs: number;
}

export const crashLoopBackoff: Readonly<BackoffTimes> = { initialMs: 10_000, maxMs: 300_000 };

interface Entry {
  backoffMs: number;
  lastMs: number;
}

/** Of one pod: keys are names of containers, or of images. */
export class CrashBackoff {
  readonly #times: Readonly<BackoffTimes>;
  readonly #entries = new Map<string, Entry>();

  constructor(times: Readonly<BackoffTimes> = crashLoopBackoff) {
    this.#times = times;
  }

  /** The wait that is in force for something that ended at `sinceMs`, and until when; undefined where it may run, which counts. */
  check(key: string, sinceMs: number, nowMs: number): { backoffMs: number; untilMs: number } | undefined {
    const entry = this.#entries.get(key);
    const { initialMs, maxMs } = this.#times;
    const expired = entry === undefined || sinceMs - entry.lastMs > 2 * maxMs;
    if (!expired && nowMs - sinceMs < entry.backoffMs)
      return { backoffMs: entry.backoffMs, untilMs: sinceMs + entry.backoffMs };
    this.#entries.set(key, {
      backoffMs: expired ? initialMs : Math.min(2 * entry.backoffMs, maxMs),
      lastMs: nowMs,
    });
    return undefined;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}

/** A duration as Go prints it: `0s`, `350ms`, `1.5s`, `2m40s`. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round(ms - minutes * 60_000) / 1000;
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`;
}
