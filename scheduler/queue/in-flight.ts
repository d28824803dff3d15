// What happens while pods are being scheduled: a pod that is turned away must not miss what would have made it schedulable meanwhile
// (pkg/scheduler/backend/queue/active_queue.go inFlightPods and inFlightEvents).
import type { ClusterEvent } from '../framework/events.ts';

export interface InFlightEvent {
  readonly event: ClusterEvent;
  readonly old: unknown;
  readonly fresh: unknown;
}

export class InFlight {
  /** By uid, in the order in which they began: the number of events before. */
  readonly #pods = new Map<string, number>();
  /** Those that some pod in flight may have missed; the first one has number `#first`. */
  #events: InFlightEvent[] = [];
  #first = 0;

  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  get size(): number {
    return this.#pods.size;
  }

  get eventCount(): number {
    return this.#events.length;
  }

  begin(uid: string): void {
    this.#pods.set(uid, this.#first + this.#events.length);
  }

  record(event: InFlightEvent): void {
    if (this.#pods.size > 0) this.#events.push(event);
  }

  /** What has happened since the pod's attempt began; undefined where it is not in flight. */
  eventsSince(uid: string): readonly InFlightEvent[] | undefined {
    const begun = this.#pods.get(uid);
    return begun === undefined ? undefined : this.#events.slice(begun - this.#first);
  }

  /** Its attempt has ended. Idempotent. */
  done(uid: string): void {
    if (!this.#pods.delete(uid)) return;
    const oldest = this.#pods.values().next();
    if (oldest.done) {
      this.#first += this.#events.length;
      this.#events = [];
      return;
    }
    // Dropped in large pieces, so that many pods in flight do not cost a copy each.
    const needless = oldest.value - this.#first;
    if (needless < 64 || needless * 2 < this.#events.length) return;
    this.#events = this.#events.slice(needless);
    this.#first += needless;
  }
}
