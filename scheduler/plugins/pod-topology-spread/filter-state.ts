// How pods are spread as things are, for constraints that must hold (pkg/scheduler/framework/plugins/podtopologyspread/filtering.go).
import type { Pod } from '../../../client/kinds.ts';
import { requiredNodeAffinity } from '../../../client/scheduling/node-selector.ts';
import type { CloneableState } from '../../framework/cycle-state.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import { type Constraint, countMatching, counts, hasAllKeys } from './constraints.ts';

/** Pods by value of the constraint's topology. */
type Domains = Map<string, number>;

export class FilterState implements CloneableState {
  readonly constraints: readonly Constraint[];
  readonly #pod: Pod;
  readonly #domains: readonly Domains[];
  /** The fewest pods in any domain, of each constraint; undefined where it has to be looked up again. */
  readonly #minima: (number | undefined)[];
  /** 1 where the pod itself is one that the constraint counts. */
  readonly #self: readonly number[];

  constructor(pod: Pod, constraints: readonly Constraint[], domains: readonly Domains[]) {
    this.#pod = pod;
    this.constraints = constraints;
    this.#domains = domains;
    this.#minima = constraints.map(() => undefined);
    this.#self = constraints.map(({ selector }) => (selector.matches(pod.metadata.labels) ? 1 : 0));
  }

  static of(pod: Pod, constraints: readonly Constraint[], nodes: readonly NodeInfo[]): FilterState {
    const required = requiredNodeAffinity(pod);
    const { namespace } = pod.metadata;
    const domains = constraints.map((): Domains => new Map());
    for (const node of nodes) {
      const { labels } = node;
      if (!hasAllKeys(labels, constraints)) continue;
      for (let i = 0; i < constraints.length; i++) {
        const constraint = constraints[i]!;
        if (!counts(constraint, pod, node, required)) continue;
        const value = labels[constraint.topologyKey]!;
        const count = countMatching(node, constraint.selector, namespace);
        domains[i]!.set(value, (domains[i]!.get(value) ?? 0) + count);
      }
    }
    return new FilterState(pod, constraints, domains);
  }

  clone(): FilterState {
    return new FilterState(
      this.#pod,
      this.constraints,
      this.#domains.map((domain) => new Map(domain)),
    );
  }

  update(other: Pod, node: NodeInfo, by: number): void {
    const { labels } = node;
    if (other.metadata.namespace !== this.#pod.metadata.namespace || !hasAllKeys(labels, this.constraints)) return;
    const required = requiredNodeAffinity(this.#pod);
    this.constraints.forEach((constraint, i) => {
      if (!constraint.selector.matches(other.metadata.labels) || !counts(constraint, this.#pod, node, required)) return;
      const value = labels[constraint.topologyKey]!;
      const domain = this.#domains[i]!;
      domain.set(value, (domain.get(value) ?? 0) + by);
      this.#minima[i] = undefined;
    });
  }

  /** How uneven things would be with the pod there. */
  skew(index: number, value: string): number {
    const pods = this.#domains[index]!.get(value) ?? 0;
    return pods + this.#self[index]! - this.#minimum(index);
  }

  #minimum(index: number): number {
    let minimum = this.#minima[index];
    if (minimum !== undefined) return minimum;
    const domains = this.#domains[index]!;
    minimum = 2 ** 31 - 1;
    for (const pods of domains.values()) if (pods < minimum) minimum = pods;
    // Where there are fewer domains than are wanted, the missing ones are empty.
    if (domains.size < this.constraints[index]!.minDomains) minimum = 0;
    this.#minima[index] = minimum;
    return minimum;
  }
}
