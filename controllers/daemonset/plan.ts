// What is to be done about the Pods of a daemon set, node by node: which are missing, which are too many, which are to be replaced now
// (pkg/controller/daemon/daemon_controller.go podsShouldBeOnNode, update.go rollingUpdate).
import type { DaemonSet, Node, Pod } from '../../client/kinds.ts';
import { isPodAvailable, isPodReady } from '../shared/active-pods.ts';
import { revisionHashLabel } from '../shared/controller-revisions.ts';
import { type IntOrString, scaledValue } from '../shared/int-or-string.ts';
import { byNodeAndCreation, isUpdated, type Placement } from './daemon-pods.ts';

export interface Plan {
  /** Names of nodes that get a Pod. */
  create: string[];
  delete: Pod[];
}

export interface DaemonState {
  set: DaemonSet;
  nodes: readonly Node[];
  /** By the node that they are on or meant for. */
  pods: ReadonlyMap<string, readonly Pod[]>;
  placement: (node: Node) => Placement;
  /** Of the present revision. */
  hash: string;
  nowMs: number;
}

/** What becomes of a Pod that has ended: `replace` it, or `wait` before that. */
export type EndedPodPolicy = (pod: Pod, nodeName: string) => 'replace' | 'wait';

function isAvailable({ set, nowMs }: DaemonState, pod: Pod): boolean {
  return isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs);
}

function count(set: DaemonSet, value: IntOrString | undefined, total: number): number {
  if (set.spec?.updateStrategy?.type !== 'RollingUpdate' || value === undefined) return 0;
  return scaledValue(value, total, 'up');
}

/** How many more, or fewer, Pods there may be in an update of so many nodes; both 0 would never get anywhere. */
export function limits(set: DaemonSet, desired: number): { maxSurge: number; maxUnavailable: number } {
  const { maxSurge, maxUnavailable } = set.spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = count(set, maxSurge, desired);
  const unavailable = count(set, maxUnavailable, desired);
  return { maxSurge: surge, maxUnavailable: desired > 0 && surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** What keeps one Pod on each node, and none where it does not belong. */
export function placementPlan(state: DaemonState, ended: EndedPodPolicy): Plan {
  const plan: Plan = { create: [], delete: [] };
  const known = new Set<string>();
  for (const node of state.nodes) {
    known.add(node.metadata.name);
    planNode(state, node, ended, plan);
  }
  // Meant for a node that has gone, a Pod would wait for ever.
  for (const [nodeName, pods] of state.pods)
    if (!known.has(nodeName)) plan.delete.push(...pods.filter(({ spec }) => !spec?.nodeName));
  return plan;
}

function planNode(state: DaemonState, node: Node, ended: EndedPodPolicy, plan: Plan): void {
  const { name } = node.metadata;
  const { shouldRun, shouldContinue } = state.placement(node);
  const pods = state.pods.get(name);
  if (pods === undefined) {
    if (shouldRun) plan.create.push(name);
    return;
  }
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (!shouldContinue) {
    plan.delete.push(...staying);
    return;
  }
  const running: Pod[] = [];
  for (const pod of staying) {
    const { phase } = pod.status ?? {};
    if (phase !== 'Failed' && phase !== 'Succeeded') running.push(pod);
    else if (ended(pod, name) === 'replace') plan.delete.push(pod);
  }
  running.sort(byNodeAndCreation);
  if (limits(state.set, 1).maxSurge === 0) plan.delete.push(...running.slice(1));
  else if (running.length > 1) plan.delete.push(...surplusOfSurge(state, running));
  else if (running.length === 0 && shouldRun) plan.create.push(name);
}

/** During a surge there may be two: the old one goes when the new one is available, or when it does no work itself. */
function surplusOfSurge(state: DaemonState, running: readonly Pod[]): Pod[] {
  const isNew = ({ metadata }: Pod) => metadata.labels?.[revisionHashLabel] === state.hash;
  const fresh = running.filter(isNew);
  const old = running.filter((pod) => !isNew(pod));
  const surplus = [...fresh.slice(1), ...old.slice(1)];
  const [oldestFresh] = fresh;
  const [oldestOld] = old;
  const replaced =
    oldestFresh !== undefined && oldestOld !== undefined && (!isPodReady(oldestOld) || isAvailable(state, oldestFresh));
  return replaced ? [...surplus, oldestOld] : surplus;
}

/** The new and the old Pod of a node, those that are being deleted apart; undefined where there are several of one. */
function updatedPods(state: DaemonState, pods: readonly Pod[]): { fresh?: Pod; old?: Pod } | undefined {
  const found: { fresh?: Pod; old?: Pod } = {};
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const slot = isUpdated(state.set, pod, state.hash) ? 'fresh' : 'old';
    if (found[slot] !== undefined) return undefined;
    found[slot] = pod;
  }
  return found;
}

/** What brings the present revision to some more nodes. */
export function updatePlan(state: DaemonState): Plan {
  const wanted = state.nodes.filter((node) => state.placement(node).shouldRun).map(({ metadata }) => metadata.name);
  const { maxSurge, maxUnavailable } = limits(state.set, wanted.length);
  // Nodes that lack a Pod count too.
  const byNode = new Map(state.pods);
  for (const name of wanted) if (!byNode.has(name)) byNode.set(name, []);
  return maxSurge === 0
    ? replacementPlan(state, byNode, maxUnavailable)
    : surgePlan(state, byNode, { maxSurge, desired: wanted.length });
}

/** Old Pods go, and their nodes get new ones: at once those that do no work, of the others as many as may be unavailable. */
function replacementPlan(
  state: DaemonState,
  byNode: ReadonlyMap<string, readonly Pod[]>,
  maxUnavailable: number,
): Plan {
  const idle: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const pods of byNode.values()) {
    const { fresh, old } = updatedPods(state, pods) ?? {};
    const only = fresh === undefined ? old : old === undefined ? fresh : undefined;
    if (only === undefined || !isAvailable(state, only)) unavailable += 1;
    if (only === undefined || only === fresh) continue;
    (isAvailable(state, only) ? candidates : idle).push(only);
  }
  return { create: [], delete: [...idle, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

/** New Pods come beside old ones, which go once the new ones are available. */
function surgePlan(
  state: DaemonState,
  byNode: ReadonlyMap<string, readonly Pod[]>,
  { maxSurge, desired }: { maxSurge: number; desired: number },
): Plan {
  const plan: Plan = { create: [], delete: [] };
  const nodes = new Map(state.nodes.map((node) => [node.metadata.name, node]));
  const candidates: string[] = [];
  const misplaced: Pod[] = [];
  let surge = 0;
  let available = 0;
  for (const [nodeName, pods] of byNode) {
    const found = updatedPods(state, pods);
    if (found === undefined) {
      surge += 1;
      continue;
    }
    const { fresh, old } = found;
    const working = old ?? fresh;
    const works = working !== undefined && isAvailable(state, working);
    if (works) available += 1;
    if (old === undefined) continue;
    if (fresh !== undefined) {
      if (isAvailable(state, fresh)) plan.delete.push(old);
      else surge += 1;
      continue;
    }
    const node = nodes.get(nodeName);
    if (node === undefined) continue;
    if (state.placement(node).shouldRun) (works ? candidates : plan.create).push(nodeName);
    else (works ? misplaced : plan.delete).push(old);
  }
  // Those that do not belong where they are go last, while enough others are available.
  plan.delete.push(...misplaced.slice(0, Math.max(0, available - desired)));
  plan.create.push(...candidates.slice(0, Math.max(0, maxSurge - surge)));
  return plan;
}
