// Pods that wait a while before they are tried again: 1 s after the first failure, 2 s after the second, 10 s at most. Those that a
// plugin turned away may be taken early when nothing else is to do; those that failed may not
// (pkg/scheduler/backend/queue/backoff_queue.go, KEP-5142).
import type { QueuedPod } from '../framework/pod-info.ts';
import { Heap } from './heap.ts';

/** Backoffs end at whole seconds, so that pods that end together are ordered by priority. */
const windowMs = 1000;

export interface BackoffOptions {
  initialMs: number;
  maxMs: number;
  less: (a: QueuedPod, b: QueuedPod) => boolean;
  now: () => number;
}

export class BackoffQueue {
  readonly #options: BackoffOptions;
  readonly #rejected: Heap<QueuedPod>;
  readonly #failed: Heap<QueuedPod>;

  constructor(options: BackoffOptions) {
    this.#options = options;
    const keyOf = (queued: QueuedPod) => queued.info.key;
    this.#rejected = new Heap(keyOf, (a, b) => {
      const difference = this.expiryMs(a) - this.expiryMs(b);
      return difference === 0 ? options.less(a, b) : difference < 0;
    });
    this.#failed = new Heap(keyOf, (a, b) => this.expiryMs(a) < this.expiryMs(b));
  }

  get size(): number {
    return this.#rejected.size + this.#failed.size;
  }

  /** When its backoff ends; 0 for one that has none. */
  expiryMs(queued: QueuedPod): number {
    const { initialMs, maxMs } = this.#options;
    const count = queued.consecutiveErrors > 0 ? queued.consecutiveErrors : queued.unschedulableCount;
    if (maxMs === 0 || count === 0) return 0;
    queued.backoffExpirationMs ??= aligned(queued.timestampMs + Math.min(initialMs * 2 ** (count - 1), maxMs));
    return queued.backoffExpirationMs;
  }

  isBackingOff(queued: QueuedPod): boolean {
    return this.expiryMs(queued) >= aligned(this.#options.now());
  }

  add(queued: QueuedPod): void {
    const [into, from] = queued.rejectedByPlugins ? [this.#rejected, this.#failed] : [this.#failed, this.#rejected];
    into.put(queued);
    from.delete(queued.info.key);
  }

  get(key: string): QueuedPod | undefined {
    return this.#rejected.get(key) ?? this.#failed.get(key);
  }

  delete(key: string): boolean {
    return this.#rejected.delete(key) !== undefined || this.#failed.delete(key) !== undefined;
  }

  /** The order of a pod that has changed. */
  updated(queued: QueuedPod): void {
    const heap = this.#rejected.get(queued.info.key) === undefined ? this.#failed : this.#rejected;
    heap.put(queued);
  }

  /** The one whose backoff would end next, although it has not ended. */
  popEarly(): QueuedPod | undefined {
    return this.#rejected.pop();
  }

  popCompleted(): QueuedPod[] {
    const completed: QueuedPod[] = [];
    for (const heap of [this.#rejected, this.#failed])
      for (let next = heap.peek(); next !== undefined && !this.isBackingOff(next); next = heap.peek())
        completed.push(heap.pop()!);
    return completed;
  }

  /** Milliseconds since the epoch at which `popCompleted` has the next one; undefined for never. */
  nextMs(): number | undefined {
    const nexts = [this.#rejected.peek(), this.#failed.peek()].filter((next) => next !== undefined);
    return nexts.length === 0 ? undefined : Math.min(...nexts.map((next) => this.expiryMs(next))) + windowMs;
  }

  list(): QueuedPod[] {
    return [...this.#rejected.list(), ...this.#failed.list()];
  }
}

function aligned(ms: number): number {
  return Math.floor(ms / windowMs) * windowMs;
}
