// Which pods of a node would have to go, and from which node it is best (pkg/scheduler/framework/plugins/defaultpreemption,
// framework/preemption/preemption.go).
import { type LabelSelectorObject, selectorFromObject } from '../../../apimachinery/selectors.ts';
import type { Pod, PodDisruptionBudget } from '../../../client/kinds.ts';
import type { Victims } from '../../extender.ts';
import type { CycleState } from '../../framework/cycle-state.ts';
import type { Handle } from '../../framework/handle.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import type { Answer } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { type Status, unresolvable } from '../../framework/status.ts';

export function priorityOf({ spec }: Pod): number {
  return spec?.priority ?? 0;
}

/** Milliseconds since the epoch; a pod that has not started yet starts now. */
function startMs({ status }: Pod, now: number): number {
  return status?.startTime === undefined ? now : Date.parse(status.startTime);
}

/** Higher priority first, then the one that has run longer (util.MoreImportantPod). */
export function byImportance(now: number): (a: Pod, b: Pod) => number {
  return (a, b) => priorityOf(b) - priorityOf(a) || startMs(a, now) - startMs(b, now);
}

/** A budget, its selector parsed and what it still allows. */
export interface Budget {
  namespace: string;
  matches(pod: Pod): boolean;
  allowed: number;
  disrupted: ReadonlySet<string>;
}

export function budgetsOf(list: readonly PodDisruptionBudget[]): Budget[] {
  return list.flatMap(({ metadata: { namespace }, spec, status }) => {
    try {
      const selector = selectorFromObject(spec?.selector as LabelSelectorObject | undefined);
      // One that selects nothing in particular selects nothing.
      if (selector.empty) return [];
      const matches = (pod: Pod) => selector.matches(pod.metadata.labels);
      const disrupted = new Set(Object.keys(status?.disruptedPods ?? {}));
      return [{ namespace, matches, allowed: status?.disruptionsAllowed ?? 0, disrupted }];
    } catch {
      // A selector that does not parse matches no pod.
      return [];
    }
  });
}

/** Splits pods, in their order, by whether evicting them would break a budget. */
export function splitByBudgets(
  pods: readonly PodInfo[],
  budgets: readonly Budget[],
): { violating: PodInfo[]; others: PodInfo[] } {
  const left = budgets.map(({ allowed }) => allowed);
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const info of pods) {
    const { pod } = info;
    let violated = false;
    if (Object.keys(pod.metadata.labels ?? {}).length > 0) {
      budgets.forEach((budget, i) => {
        if (budget.namespace !== pod.metadata.namespace || !budget.matches(pod)) return;
        // It is being evicted already: the API server has counted it.
        if (budget.disrupted.has(pod.metadata.name)) return;
        left[i]!--;
        if (left[i]! < 0) violated = true;
      });
    }
    (violated ? violating : others).push(info);
  }
  return { violating, others };
}

export type Selection = { victims: Victims } | { status: Status };

/**
 * The fewest and least important pods without which the pod fits on the node: all that are less important go, then come back, those
 * first whose eviction would break a budget, while it still fits. Changes `node` and `state`, which are to be copies.
 */
export function selectVictims(
  handle: Pick<Handle, 'filterWithNominatedPods' | 'podAdded' | 'podRemoved'>,
  state: CycleState,
  pod: PodInfo,
  node: NodeInfo,
  budgets: readonly Budget[],
  now: number,
): Selection {
  const potential = node.pods.filter((other) => other.priority < pod.priority);
  if (potential.length === 0)
    return { status: unresolvable('DefaultPreemption', 'No preemption victims found for incoming pod') };
  const remove = (other: PodInfo): Answer => {
    node.removePod(other.uid);
    return handle.podRemoved(state, pod, other, node);
  };
  const add = (other: PodInfo): Answer => {
    node.addPod(other);
    return handle.podAdded(state, pod, other, node);
  };
  for (const other of potential) {
    const failed = remove(other);
    if (failed !== undefined) return { status: failed };
  }
  const refused = handle.filterWithNominatedPods(state, pod, node);
  if (refused !== undefined) return { status: refused };
  const order = byImportance(now);
  potential.sort((a, b) => order(a.pod, b.pod));
  const { violating, others } = splitByBudgets(potential, budgets);
  const victims: Pod[] = [];
  let pdbViolations = 0;
  for (const other of [...violating, ...others]) {
    const failed = add(other);
    if (failed !== undefined) return { status: failed };
    if (handle.filterWithNominatedPods(state, pod, node) === undefined) continue;
    const again = remove(other);
    if (again !== undefined) return { status: again };
    victims.push(other.pod);
    if (violating.includes(other)) pdbViolations++;
  }
  if (violating.length > 0 && others.length > 0) victims.sort(order);
  return { victims: { pods: victims, pdbViolations } };
}

/** Of the victims of the highest priority, the one that has run longest. */
function earliestStart({ pods }: Victims, now: number): number {
  const highest = Math.max(...pods.map(priorityOf));
  return Math.min(...pods.filter((pod) => priorityOf(pod) === highest).map((pod) => startMs(pod, now)));
}

/**
 * The node from which it is best to evict: fewest budgets broken, then the least important most important victim, the smallest sum of
 * priorities, the fewest victims, the most recently started ones; the first of those that are left.
 */
export function pickNode(candidates: ReadonlyMap<string, Victims>, now: number): string {
  const lift = 2 ** 31;
  const scores: ((victims: Victims) => number)[] = [
    ({ pdbViolations }) => -pdbViolations,
    ({ pods }) => -priorityOf(pods[0]!),
    // Lifted, so that a few victims of negative priority are not worse than many.
    ({ pods }) => -pods.reduce((sum, pod) => sum + priorityOf(pod) + lift, 0),
    ({ pods }) => -pods.length,
    (victims) => earliestStart(victims, now),
  ];
  let left = [...candidates];
  for (const score of scores) {
    if (left.length === 1) break;
    let best = Number.NEGATIVE_INFINITY;
    let bestOnes: typeof left = [];
    for (const candidate of left) {
      const value = score(candidate[1]);
      if (value > best) {
        best = value;
        bestOnes = [];
      }
      if (value === best) bestOnes.push(candidate);
    }
    left = bestOnes;
  }
  return left[0]![0];
}
