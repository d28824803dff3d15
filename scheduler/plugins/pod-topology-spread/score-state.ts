// How pods are spread, for constraints that should hold (pkg/scheduler/framework/plugins/podtopologyspread/scoring.go).
import type { Pod } from '../../../client/kinds.ts';
import { requiredNodeAffinity } from '../../../client/scheduling/node-selector.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import { maxNodeScore, type Scores } from '../../framework/plugin.ts';
import { type Constraint, countMatching, counts, hasAllKeys, hostnameLabel } from './constraints.ts';

/** A topology with more domains weighs more. */
function normalizingWeight(domains: number): number {
  return Math.log(domains + 2);
}

export class ScoreState {
  readonly #namespace: string;
  readonly #constraints: readonly Constraint[];
  readonly #domains: readonly Map<string, number>[];
  readonly #weights: readonly number[];
  /** Nodes that lack one of the topologies. */
  readonly #ignored: ReadonlySet<NodeInfo>;

  constructor(pod: Pod, constraints: readonly Constraint[], candidates: readonly NodeInfo[], requireAll: boolean) {
    this.#namespace = pod.metadata.namespace;
    this.#constraints = constraints;
    const ignored = new Set<NodeInfo>();
    const domains = constraints.map(() => new Map<string, number>());
    for (const node of candidates) {
      if (requireAll && !hasAllKeys(node.labels, constraints)) {
        ignored.add(node);
        continue;
      }
      constraints.forEach(({ topologyKey }, i) => {
        // Nodes are counted when they are scored.
        if (topologyKey !== hostnameLabel) domains[i]!.set(node.labels[topologyKey] ?? '', 0);
      });
    }
    this.#ignored = ignored;
    this.#domains = domains;
    this.#weights = constraints.map(({ topologyKey }, i) =>
      normalizingWeight(topologyKey === hostnameLabel ? candidates.length - ignored.size : domains[i]!.size),
    );
  }

  /** Counts the pods of all nodes, in the domains that candidates are in. */
  countAll(pod: Pod, nodes: readonly NodeInfo[], requireAll: boolean): void {
    if (this.#constraints.every(({ topologyKey }) => topologyKey === hostnameLabel)) return;
    const required = requiredNodeAffinity(pod);
    for (const node of nodes) {
      const { labels } = node;
      if (requireAll && !hasAllKeys(labels, this.#constraints)) continue;
      for (let i = 0; i < this.#constraints.length; i++) {
        const constraint = this.#constraints[i]!;
        const value = labels[constraint.topologyKey] ?? '';
        const before = this.#domains[i]!.get(value);
        if (before === undefined || !counts(constraint, pod, node, required)) continue;
        const count = countMatching(node, constraint.selector, this.#namespace);
        if (count > 0) this.#domains[i]!.set(value, before + count);
      }
    }
  }

  score(node: NodeInfo): number {
    if (this.#ignored.has(node)) return 0;
    let score = 0;
    for (let i = 0; i < this.#constraints.length; i++) {
      const { topologyKey, selector, maxSkew } = this.#constraints[i]!;
      const value = node.labels[topologyKey];
      if (value === undefined) continue;
      const pods =
        topologyKey === hostnameLabel
          ? countMatching(node, selector, this.#namespace)
          : (this.#domains[i]!.get(value) ?? 0);
      score += pods * this.#weights[i]! + (maxSkew - 1);
    }
    return Math.round(score);
  }

  /** Fewer pods are better; nodes that lack a topology get nothing. */
  normalize(scores: Scores, nodes: readonly NodeInfo[]): void {
    let min = Number.POSITIVE_INFINITY;
    let max = 0;
    for (let i = 0; i < scores.length; i++) {
      if (this.#ignored.has(nodes[i]!)) continue;
      const score = scores[i]!;
      if (score < min) min = score;
      if (score > max) max = score;
    }
    for (let i = 0; i < scores.length; i++) {
      if (this.#ignored.has(nodes[i]!)) scores[i] = 0;
      else scores[i] = max === 0 ? maxNodeScore : Math.trunc((maxNodeScore * (max + min - scores[i]!)) / max);
    }
  }
}
