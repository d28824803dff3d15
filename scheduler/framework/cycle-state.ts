// What plugins remember from one extension point of a cycle to the next (pkg/scheduler/framework/cycle_state.go).
import type { Plugin } from './plugin.ts';

/** State that is changed by AddPod and RemovePod is copied before pods are taken away or added on trial. */
export interface CloneableState {
  clone(): CloneableState;
}

export class CycleState {
  readonly #data: Map<string, unknown>;
  /** The plugins that filter and score this pod: those that PreFilter or PreScore did not skip. */
  filters: readonly Plugin[] = [];
  scorers: readonly Plugin[] = [];
  /** Plugins that this pod's PreFilter was not skipped for and that follow pods coming and going. */
  extensions: readonly Plugin[] = [];

  constructor(data: Map<string, unknown> = new Map()) {
    this.#data = data;
  }

  read<T>(key: string): T | undefined {
    return this.#data.get(key) as T | undefined;
  }

  write(key: string, value: unknown): void {
    this.#data.set(key, value);
  }

  clone(): CycleState {
    const data = new Map<string, unknown>();
    for (const [key, value] of this.#data) data.set(key, isCloneable(value) ? value.clone() : value);
    const copy = new CycleState(data);
    copy.filters = this.filters;
    copy.scorers = this.scorers;
    copy.extensions = this.extensions;
    return copy;
  }
}

function isCloneable(value: unknown): value is CloneableState {
  return typeof value === 'object' && value !== null && typeof (value as CloneableState).clone === 'function';
}
