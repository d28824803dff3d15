// The pods that wait to be scheduled (pkg/scheduler/backend/queue/scheduling_queue.go).
//
// States of a pod: `active` (to be tried, most important first), `backoff` (turned away, and may be tried again when its time has come),
// `unschedulable` (turned away, and nothing has happened since that would help; also `gated`: a plugin does not let it be tried at
// all), `in flight` (being tried). Only events that one of the plugins that turned it away waits for bring a pod back.
import { type Clock, realClock, type Timer } from '../../client/clock.ts';
import type { Pod } from '../../client/kinds.ts';
import {
  type ClusterEvent,
  forceActivate,
  isWildcard,
  matches,
  podChanges,
  type QueueingHintFn,
  unschedulableTimeout,
} from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { PodInfo, QueuedPod } from '../framework/pod-info.ts';
import { BackoffQueue } from './backoff-queue.ts';
import { Heap } from './heap.ts';
import { InFlight } from './in-flight.ts';
import { Nominator } from './nominator.ts';

/** What a plugin waits for. */
export interface RegisteredHint {
  event: ClusterEvent;
  plugin: string;
  hint: QueueingHintFn | undefined;
}

/** What the queue has to know of a profile. */
export interface QueueProfile {
  preEnqueue: readonly Plugin[];
  hints: readonly RegisteredHint[];
}

export interface SchedulingQueueOptions {
  less: (a: QueuedPod, b: QueuedPod) => boolean;
  /** By `spec.schedulerName`. */
  profiles: Pick<ReadonlyMap<string, QueueProfile>, 'get'> & { values(): Iterable<QueueProfile> };
  initialBackoffMs?: number;
  maxBackoffMs?: number;
  /** After so long in `unschedulable` a pod is tried again although nothing has happened. */
  maxUnschedulableMs?: number;
  clock?: Clock;
}

type Strategy = 'skip' | 'after backoff' | 'immediately';

const flushUnschedulableMs = 30_000;

export class SchedulingQueue {
  readonly nominator = new Nominator();
  readonly #options: SchedulingQueueOptions;
  readonly #clock: Clock;
  readonly #maxUnschedulableMs: number;
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: BackoffQueue;
  readonly #unschedulable = new Map<string, QueuedPod>();
  readonly #inFlight = new InFlight();
  #backoffTimer: { timer: Timer; atMs: number } | undefined;
  #flushTimer: Timer | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(options: SchedulingQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    const { less, initialBackoffMs = 1000, maxBackoffMs = 10_000, maxUnschedulableMs = 300_000 } = options;
    this.#maxUnschedulableMs = maxUnschedulableMs;
    this.#active = new Heap((queued) => queued.info.key, less);
    const now = () => this.#clock.now();
    this.#backoff = new BackoffQueue({ initialMs: initialBackoffMs, maxMs: maxBackoffMs, less, now });
  }

  /** Pods by state. */
  get counts(): { active: number; backoff: number; unschedulable: number; inFlight: number; events: number } {
    return {
      active: this.#active.size,
      backoff: this.#backoff.size,
      unschedulable: this.#unschedulable.size,
      inFlight: this.#inFlight.size,
      events: this.#inFlight.eventCount,
    };
  }

  /** The queued pod under `namespace/name`, unless it is in flight. */
  get(key: string): QueuedPod | undefined {
    return this.#active.get(key) ?? this.#backoff.get(key) ?? this.#unschedulable.get(key);
  }

  add(pod: Pod): void {
    this.#toActive(new QueuedPod(new PodInfo(pod), this.#clock.now()), true);
  }

  update(old: Pod, fresh: Pod): void {
    const events = podChanges(fresh, old);
    if (this.#inFlight.has(fresh.metadata.uid)) {
      for (const event of events) this.#inFlight.record({ event, old, fresh });
      return;
    }
    const info = new PodInfo(fresh);
    const queued = this.get(info.key);
    if (queued === undefined) {
      this.add(fresh);
      return;
    }
    queued.info = info;
    this.nominator.update(old.status?.nominatedNodeName, info);
    if (this.#active.get(info.key) !== undefined) this.#active.put(queued);
    else if (this.#backoff.get(info.key) !== undefined) this.#backoff.updated(queued);
    else {
      for (const event of events) {
        const strategy = this.#strategyFor(queued, event, old, fresh);
        if (strategy !== 'skip' && this.#requeue(queued, strategy)) break;
      }
    }
  }

  delete(pod: Pod): void {
    this.nominator.delete(pod.metadata.uid);
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    if (this.#active.delete(key) === undefined && !this.#backoff.delete(key)) this.#unschedulable.delete(key);
  }

  /** The most important pod, which is then in flight until `done` or `addUnschedulable`; undefined where there is none. */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop() ?? this.#backoff.popEarly();
    if (queued === undefined) return undefined;
    queued.attempts++;
    this.#inFlight.begin(queued.info.uid);
    return queued;
  }

  /** Resolves when there may be something to pop, or the queue was closed. One caller at a time. */
  wait(): Promise<void> {
    if (this.#closed || this.#active.size > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The pod's attempt has ended, well or because it is gone. Idempotent. */
  done(uid: string): void {
    this.#inFlight.done(uid);
  }

  /** Back with a pod that could not be scheduled, to where what has happened meanwhile sends it. */
  addUnschedulable(queued: QueuedPod): void {
    const { uid, key } = queued.info;
    try {
      if (this.get(key) !== undefined) return;
      if (queued.rejectedByPlugins) {
        queued.unschedulableCount++;
        queued.consecutiveErrors = 0;
      } else queued.consecutiveErrors++;
      queued.timestampMs = this.#clock.now();
      queued.backoffExpirationMs = undefined;
      const strategy = this.#strategyForInFlight(queued);
      if (strategy === 'skip') this.#toUnschedulable(queued);
      else this.#requeue(queued, strategy);
    } finally {
      this.#inFlight.done(uid);
    }
  }

  /** Something has happened: pods that may be schedulable now are brought back. `only` picks the pods to consider. */
  move(event: ClusterEvent, old: unknown, fresh: unknown, only?: (pod: Pod) => boolean): void {
    if (!this.#isOfInterest(event)) return;
    for (const queued of [...this.#unschedulable.values()]) {
      if (only !== undefined && !only(queued.pod)) continue;
      if (queued.gated && !this.#gateWaitsFor(queued, event)) continue;
      const strategy = this.#strategyFor(queued, event, old, fresh);
      if (strategy !== 'skip') this.#requeue(queued, strategy);
    }
    this.#inFlight.record({ event, old, fresh });
  }

  /** Tries these at once, whatever they wait for. */
  activate(pods: readonly Pod[]): void {
    for (const pod of pods) {
      const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
      const queued = this.#unschedulable.get(key) ?? this.#backoff.get(key);
      if (queued !== undefined) this.#toActive(queued, false);
      else if (this.#inFlight.has(pod.metadata.uid))
        this.#inFlight.record({ event: forceActivate, old: undefined, fresh: pod });
    }
  }

  close(): void {
    this.#closed = true;
    this.#backoffTimer?.timer.clear();
    this.#flushTimer?.clear();
    this.#wake?.();
  }

  #isOfInterest(event: ClusterEvent): boolean {
    if (isWildcard(event)) return true;
    for (const { hints } of this.#options.profiles.values())
      for (const { event: registered } of hints) if (matches(registered, event)) return true;
    return false;
  }

  #gateWaitsFor({ gatingPlugin, pod }: QueuedPod, event: ClusterEvent): boolean {
    if (isWildcard(event)) return true;
    return this.#hintsFor(pod).some(
      ({ plugin, event: registered }) => plugin === gatingPlugin && matches(registered, event),
    );
  }

  #hintsFor(pod: Pod): readonly RegisteredHint[] {
    return this.#options.profiles.get(pod.spec!.schedulerName!)?.hints ?? [];
  }

  /** isPodWorthRequeuing. */
  #strategyFor(queued: QueuedPod, event: ClusterEvent, old: unknown, fresh: unknown): Strategy {
    if (!queued.rejectedByPlugins) return 'after backoff';
    if (isWildcard(event)) {
      // Somebody asks for one pod: others have nothing from it.
      const other = fresh !== undefined && (fresh as Pod).metadata.uid !== queued.info.uid;
      return other ? 'skip' : 'after backoff';
    }
    let strategy: Strategy = 'skip';
    for (const { event: registered, plugin, hint } of this.#hintsFor(queued.pod)) {
      if (!matches(registered, event) || !queued.rejectedBy(plugin)) continue;
      if (hint !== undefined && hint(queued.pod, old, fresh) === 'QueueSkip') continue;
      if (queued.pendingPlugins.has(plugin)) return 'immediately';
      if (queued.pendingPlugins.size === 0) return 'after backoff';
      strategy = 'after backoff';
    }
    return strategy;
  }

  #strategyForInFlight(queued: QueuedPod): Strategy {
    if (!queued.rejectedByPlugins) return 'after backoff';
    const events = this.#inFlight.eventsSince(queued.info.uid);
    if (events === undefined) return 'after backoff';
    let best: Strategy = 'skip';
    for (const { event, old, fresh } of events) {
      const strategy = this.#strategyFor(queued, event, old, fresh);
      if (strategy === 'immediately') return strategy;
      if (strategy === 'after backoff') best = strategy;
    }
    return best;
  }

  /** False where a plugin does not let it be tried. */
  #requeue(queued: QueuedPod, strategy: 'after backoff' | 'immediately'): boolean {
    if (strategy === 'immediately' || !this.#backoff.isBackingOff(queued)) return this.#toActive(queued, false);
    if (this.#isGated(queued)) {
      this.#toUnschedulable(queued);
      return false;
    }
    this.#unschedulable.delete(queued.info.key);
    this.#backoff.add(queued);
    this.#armBackoff();
    this.#awake();
    return true;
  }

  #toActive(queued: QueuedPod, isNew: boolean): boolean {
    const { key } = queued.info;
    if (this.#isGated(queued)) {
      if (this.#active.get(key) === undefined && this.#backoff.get(key) === undefined) this.#toUnschedulable(queued);
      return false;
    }
    queued.initialAttemptMs ??= this.#clock.now();
    this.#unschedulable.delete(key);
    this.#backoff.delete(key);
    this.#active.put(queued);
    if (isNew) this.nominator.add(queued.info);
    this.#awake();
    return true;
  }

  #toUnschedulable(queued: QueuedPod): void {
    this.#unschedulable.set(queued.info.key, queued);
    this.#flushTimer ??= this.#clock.setTimeout(() => this.#flushUnschedulable(), flushUnschedulableMs);
  }

  #isGated(queued: QueuedPod): boolean {
    const { preEnqueue = [] } = this.#options.profiles.get(queued.pod.spec!.schedulerName!) ?? {};
    const { gatingPlugin } = queued;
    const first = preEnqueue.filter(({ name }) => name === gatingPlugin);
    const others = preEnqueue.filter(({ name }) => name !== gatingPlugin);
    for (const plugin of [...first, ...others]) {
      if (plugin.preEnqueue!(queued.pod) === undefined) continue;
      queued.unschedulablePlugins.add(plugin.name);
      queued.gatingPlugin = plugin.name;
      return true;
    }
    queued.gatingPlugin = '';
    return false;
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #armBackoff(): void {
    const atMs = this.#backoff.nextMs();
    if (atMs === undefined || this.#closed) return;
    if (this.#backoffTimer !== undefined && this.#backoffTimer.atMs <= atMs) return;
    this.#backoffTimer?.timer.clear();
    const timer = this.#clock.setTimeout(() => this.#flushBackoff(), Math.max(0, atMs - this.#clock.now()));
    this.#backoffTimer = { timer, atMs };
  }

  #flushBackoff(): void {
    this.#backoffTimer = undefined;
    for (const queued of this.#backoff.popCompleted()) this.#toActive(queued, false);
    this.#armBackoff();
  }

  #flushUnschedulable(): void {
    const before = this.#clock.now() - this.#maxUnschedulableMs;
    for (const queued of [...this.#unschedulable.values()]) {
      if (queued.timestampMs >= before) continue;
      const strategy = this.#strategyFor(queued, unschedulableTimeout, undefined, undefined);
      if (strategy !== 'skip') this.#requeue(queued, strategy);
    }
    this.#flushTimer =
      this.#unschedulable.size === 0 || this.#closed
        ? undefined
        : this.#clock.setTimeout(() => this.#flushUnschedulable(), flushUnschedulableMs);
  }
}
