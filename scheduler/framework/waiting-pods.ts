// Pods that a Permit plugin has told to wait before they are bound (pkg/scheduler/framework/runtime/waiting_pods_map.go).
import type { Clock, Timer } from '../../client/clock.ts';
import type { Answer } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import { Status, unschedulable } from './status.ts';

/** It is `waiting`, then `allowed` (by all plugins that made it wait) or `rejected` (by one, or by time). */
export class WaitingPod {
  readonly info: PodInfo;
  readonly decided: Promise<Answer>;
  readonly #pending = new Map<string, Timer>();
  readonly #decide: (answer: Answer) => void;

  /** `timeouts`: milliseconds that each plugin lets it wait. */
  constructor(info: PodInfo, timeouts: ReadonlyMap<string, number>, clock: Clock) {
    this.info = info;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.decided = promise;
    this.#decide = resolve;
    for (const [plugin, ms] of timeouts) {
      const late = () => this.reject(plugin, `rejected due to timeout after waiting ${ms / 1000}s at plugin ${plugin}`);
      this.#pending.set(plugin, clock.setTimeout(late, ms));
    }
  }

  get pendingPlugins(): string[] {
    return [...this.#pending.keys()];
  }

  allow(plugin: string): void {
    this.#pending.get(plugin)?.clear();
    this.#pending.delete(plugin);
    if (this.#pending.size === 0) this.#decide(undefined);
  }

  reject(plugin: string, message: string): void {
    this.#end(unschedulable(plugin, message));
  }

  /** A pod of higher priority takes its place: it is tried again, and nothing is said about it. */
  preempt(plugin: string, message: string): void {
    this.#end(new Status('Error', plugin, [message], new Error(message)));
  }

  #end(status: Status): void {
    for (const timer of this.#pending.values()) timer.clear();
    this.#pending.clear();
    this.#decide(status);
  }
}
