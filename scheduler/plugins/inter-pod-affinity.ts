// Pods that want to be, or must not be, where others are (pkg/scheduler/framework/plugins/interpodaffinity).
import { type Labels, selectorFromObject } from '../../apimachinery/selectors.ts';
import { Namespace, type Node, type Pod } from '../../client/kinds.ts';
import type { InterPodAffinityArgs } from '../config/plugin-args.ts';
import { type AffinityTerm, affinityTermsOf, termMatches, type WeightedTerm } from '../framework/affinity-term.ts';
import type { CloneableState } from '../framework/cycle-state.ts';
import { action, type QueueingHint } from '../framework/events.ts';
import type { Handle } from '../framework/handle.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import { maxNodeScore, type Plugin, type Scores } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { skip, unresolvable, unschedulable } from '../framework/status.ts';
import { takesRoom, when } from './shared/hints.ts';
import { TopologyCounts } from './shared/topology-counts.ts';

const name = 'InterPodAffinity';
const filterKey = `PreFilter${name}`;
const scoreKey = `PreScore${name}`;
const noSelector = selectorFromObject(undefined);

/** One pod that all terms speak of is what affinity looks for; no terms: none. */
export function matchesAllTerms(terms: readonly AffinityTerm[], pod: Pod): boolean {
  if (terms.length === 0) return false;
  for (const term of terms) if (!termMatches(term, pod, undefined)) return false;
  return true;
}

class FilterState implements CloneableState {
  readonly pod: Pod;
  readonly required: readonly AffinityTerm[];
  readonly requiredAnti: readonly AffinityTerm[];
  readonly namespaceLabels: Labels;
  /** Pods whose anti-affinity is against this pod. */
  readonly existingAnti: TopologyCounts;
  /** Pods that this one's affinity, and anti-affinity, speak of. */
  readonly affinity: TopologyCounts;
  readonly anti: TopologyCounts;

  constructor(
    from: Pick<FilterState, 'pod' | 'required' | 'requiredAnti' | 'namespaceLabels'>,
    existingAnti = new TopologyCounts(),
    affinity = new TopologyCounts(),
    anti = new TopologyCounts(),
  ) {
    this.pod = from.pod;
    this.required = from.required;
    this.requiredAnti = from.requiredAnti;
    this.namespaceLabels = from.namespaceLabels;
    this.existingAnti = existingAnti;
    this.affinity = affinity;
    this.anti = anti;
  }

  clone(): FilterState {
    return new FilterState(this, this.existingAnti.clone(), this.affinity.clone(), this.anti.clone());
  }

  countExistingAnti(other: PodInfo, { labels }: NodeInfo, by: number): void {
    for (const term of other.terms.requiredAnti)
      if (termMatches(term, this.pod, this.namespaceLabels)) this.existingAnti.add(labels, term.topologyKey, by);
  }

  countIncoming(other: Pod, { labels }: NodeInfo, by: number): void {
    if (matchesAllTerms(this.required, other))
      for (const { topologyKey } of this.required) this.affinity.add(labels, topologyKey, by);
    for (const term of this.requiredAnti)
      if (termMatches(term, other, undefined)) this.anti.add(labels, term.topologyKey, by);
  }

  update(other: PodInfo, node: NodeInfo, by: number): void {
    this.countExistingAnti(other, node, by);
    this.countIncoming(other.pod, node, by);
  }

  satisfiesAffinity({ labels }: NodeInfo): boolean {
    let podsExist = true;
    for (const { topologyKey } of this.required) {
      // All topology labels must exist on the node.
      if (labels[topologyKey] === undefined) return false;
      if (this.affinity.get(labels, topologyKey) <= 0) podsExist = false;
    }
    // The first of pods that want to be together finds nobody yet.
    return podsExist || (this.affinity.size === 0 && matchesAllTerms(this.required, this.pod));
  }

  satisfiesAntiAffinity({ labels }: NodeInfo): boolean {
    if (this.anti.size === 0) return true;
    for (const { topologyKey } of this.requiredAnti) if (this.anti.get(labels, topologyKey) > 0) return false;
    return true;
  }
}

/** What others' and its own preferences come to, by topology. */
class ScoreState {
  readonly #pod: Pod;
  readonly #preferred: readonly WeightedTerm[];
  readonly #preferredAnti: readonly WeightedTerm[];
  readonly #namespaceLabels: Labels;
  readonly #hardWeight: number;
  readonly counts = new TopologyCounts();
  /** True once any term has matched, whatever the sum. */
  touched = false;

  constructor(
    pod: Pod,
    terms: { preferred: readonly WeightedTerm[]; preferredAnti: readonly WeightedTerm[] },
    namespaceLabels: Labels,
    hardWeight: number,
  ) {
    this.#pod = pod;
    this.#preferred = terms.preferred;
    this.#preferredAnti = terms.preferredAnti;
    this.#namespaceLabels = namespaceLabels;
    this.#hardWeight = hardWeight;
  }

  process({ pod: other, terms }: PodInfo, { labels }: NodeInfo): void {
    for (const term of this.#preferred) this.#term(term, term.weight, other, undefined, labels);
    for (const term of this.#preferredAnti) this.#term(term, -term.weight, other, undefined, labels);
    if (this.#hardWeight > 0)
      for (const term of terms.required) this.#term(term, this.#hardWeight, this.#pod, this.#namespaceLabels, labels);
    for (const term of terms.preferred) this.#term(term, term.weight, this.#pod, this.#namespaceLabels, labels);
    for (const term of terms.preferredAnti) this.#term(term, -term.weight, this.#pod, this.#namespaceLabels, labels);
  }

  #term(
    term: AffinityTerm,
    weight: number,
    target: Pod,
    namespaceLabels: Labels,
    labels: Readonly<Record<string, string>>,
  ): void {
    if (labels[term.topologyKey] === undefined || !termMatches(term, target, namespaceLabels)) return;
    this.touched = true;
    this.counts.addKeeping(labels, term.topologyKey, weight);
  }
}

/** Highest 100, lowest 0; all the same: 0. */
function normalize(scores: Scores): void {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score < min) min = score;
    if (score > max) max = score;
  }
  const range = max - min;
  for (let i = 0; i < scores.length; i++)
    scores[i] = range > 0 ? Math.trunc((maxNodeScore * (scores[i]! - min)) / range) : 0;
}

function podHint(pod: Pod, old: Pod | undefined, fresh: Pod | undefined): QueueingHint {
  if (old !== undefined && fresh !== undefined && fresh.metadata.uid === pod.metadata.uid) return 'Queue';
  if ((fresh !== undefined && !takesRoom(fresh)) || (old !== undefined && !takesRoom(old))) return 'QueueSkip';
  const { required, requiredAnti } = affinityTermsOf(pod);
  if (old !== undefined && fresh !== undefined) {
    const nowMatches = !matchesAllTerms(required, old) && matchesAllTerms(required, fresh);
    return when(nowMatches || (matchesAllTerms(requiredAnti, old) && !matchesAllTerms(requiredAnti, fresh)));
  }
  if (fresh !== undefined) return when(matchesAllTerms(required, fresh));
  return when(matchesAllTerms(requiredAnti, old!) || matchesAllTerms(affinityTermsOf(old!).requiredAnti, pod));
}

function nodeHint(pod: Pod, old: Node | undefined, fresh: Node): QueueingHint {
  const { required, requiredAnti } = affinityTermsOf(pod);
  const before = (key: string) => old?.metadata.labels?.[key];
  const after = (key: string) => fresh.metadata.labels?.[key];
  for (const { topologyKey } of required) {
    const now = after(topologyKey);
    if (now !== undefined && before(topologyKey) !== now) return 'Queue';
  }
  for (const { topologyKey } of requiredAnti) {
    if (old === undefined) return 'Queue';
    const was = before(topologyKey);
    if (was !== undefined && was !== after(topologyKey)) return 'Queue';
  }
  return 'QueueSkip';
}

export function interPodAffinity(args: InterPodAffinityArgs, { informers, nodes }: Handle): Plugin {
  const { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods } = args;
  const namespaces = informers.of(Namespace).lister;
  const labelsOf = (namespace: string): Labels => namespaces.get(undefined, namespace)?.metadata.labels;
  /** Terms of the pod that is to be scheduled name all the namespaces that their selectors pick, so that none is looked up later. */
  const resolve = <T extends AffinityTerm>(terms: readonly T[]): readonly T[] =>
    terms.map((term) => {
      const { namespaceSelector: selector } = term;
      if (selector.empty || selector === noSelector) return term;
      const picked = namespaces.list({ selector }).map(({ metadata }) => metadata.name);
      return { ...term, namespaces: new Set([...term.namespaces, ...picked]), namespaceSelector: noSelector };
    });
  const refusedAffinity = unresolvable(name, "node(s) didn't match pod affinity rules");
  const refusedAnti = unschedulable(name, "node(s) didn't match pod anti-affinity rules");
  const refusedExisting = unschedulable(name, "node(s) didn't satisfy existing pods anti-affinity rules");
  const nothing = { status: skip(name) };
  const noScore = skip(name);
  return {
    name,
    preFilter(state, { pod, terms }, allNodes) {
      const required = resolve(terms.required);
      const requiredAnti = resolve(terms.requiredAnti);
      const filter = new FilterState({
        pod,
        required,
        requiredAnti,
        namespaceLabels: labelsOf(pod.metadata.namespace),
      });
      for (const node of nodes.withRequiredAntiAffinityPods())
        for (const other of node.podsWithRequiredAntiAffinity) filter.countExistingAnti(other, node, 1);
      if (required.length > 0 || requiredAnti.length > 0)
        for (const node of allNodes) for (const other of node.pods) filter.countIncoming(other.pod, node, 1);
      else if (filter.existingAnti.size === 0) return nothing;
      state.write(filterKey, filter);
      return undefined;
    },
    addPod(state, _pod, added, node) {
      state.read<FilterState>(filterKey)!.update(added, node, 1);
      return undefined;
    },
    removePod(state, _pod, removed, node) {
      state.read<FilterState>(filterKey)!.update(removed, node, -1);
      return undefined;
    },
    filter(state, _pod, node) {
      const filter = state.read<FilterState>(filterKey)!;
      if (!filter.satisfiesAffinity(node)) return refusedAffinity;
      if (!filter.satisfiesAntiAffinity(node)) return refusedAnti;
      return filter.existingAnti.any(node.labels) ? refusedExisting : undefined;
    },
    preScore(state, { pod, terms }) {
      const own = terms.preferred.length > 0 || terms.preferredAnti.length > 0;
      if (ignorePreferredTermsOfExistingPods && !own) return noScore;
      const resolved = { preferred: resolve(terms.preferred), preferredAnti: resolve(terms.preferredAnti) };
      const score = new ScoreState(pod, resolved, labelsOf(pod.metadata.namespace), hardPodAffinityWeight);
      for (const node of own ? nodes.list() : nodes.withAffinityPods())
        for (const other of own ? node.pods : node.podsWithAffinity) score.process(other, node);
      if (!score.touched) return noScore;
      state.write(scoreKey, score);
      return undefined;
    },
    score: (state, _pod, { labels }) => state.read<ScoreState>(scoreKey)!.counts.sum(labels),
    normalizeScore: (_state, _pod, scores) => normalize(scores),
    events: () => [
      {
        event: { resource: 'Pod', action: action.add | action.updatePodLabel | action.delete },
        hint: (pod, old, fresh) => podHint(pod, old as Pod | undefined, fresh as Pod | undefined),
      },
      {
        event: { resource: 'Node', action: action.add | action.updateNodeLabel },
        hint: (pod, old, fresh) => nodeHint(pod, old as Node | undefined, fresh as Node),
      },
    ],
  };
}
