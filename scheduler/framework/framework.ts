// Runs the plugins of one profile, extension point by extension point (pkg/scheduler/framework/runtime/framework.go). Which plugins
// have something to say about a pod is settled in PreFilter and PreScore, so that the loops over nodes hold nothing else.

import type { Clock } from '../../client/clock.ts';
import type { CycleState } from './cycle-state.ts';
import type { PodNominator } from './handle.ts';
import type { NodeInfo } from './node-info.ts';
import type { Diagnosis, NodeStatuses } from './node-statuses.ts';
import type { Answer, Plugin, PostFilterAnswer, Scores } from './plugin.ts';
import type { PodInfo, QueuedPod } from './pod-info.ts';
import { failure, Status, unresolvable } from './status.ts';
import { WaitingPod } from './waiting-pods.ts';

export const extensionPoints = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;

export type ExtensionPoint = (typeof extensionPoints)[number];

/** The method that makes a plugin one of an extension point. */
export const methodOf: Readonly<Record<ExtensionPoint, keyof Plugin>> = {
  preEnqueue: 'preEnqueue',
  queueSort: 'less',
  preFilter: 'preFilter',
  filter: 'filter',
  postFilter: 'postFilter',
  preScore: 'preScore',
  score: 'score',
  reserve: 'reserve',
  permit: 'permit',
  preBind: 'preBind',
  bind: 'bind',
  postBind: 'postBind',
};

export interface FrameworkOptions {
  /** `spec.schedulerName` of the pods that are its. */
  profileName: string;
  /** The enabled plugins of each extension point, in order. */
  plugins: Readonly<Record<ExtensionPoint, readonly Plugin[]>>;
  /** By plugin's name. */
  weights: ReadonlyMap<string, number>;
  /** Of all nodes; undefined for the scheduler's own. */
  percentageOfNodesToScore: number | undefined;
  nominator: PodNominator;
  clock: Clock;
}

/** What PreFilter comes to. */
export interface PreFilterResult {
  status: Answer;
  nodeNames: ReadonlySet<string> | undefined;
  /** The plugins that left nodes out. */
  plugins: ReadonlySet<string>;
}

const maxPermitWaitMs = 15 * 60_000;

export class Framework {
  readonly profileName: string;
  readonly plugins: FrameworkOptions['plugins'];
  readonly percentageOfNodesToScore: number | undefined;
  readonly #weights: ReadonlyMap<string, number>;
  readonly #nominator: PodNominator;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, WaitingPod>();
  #scores: Scores = new Float64Array(0);
  #totals: Scores = new Float64Array(0);

  constructor(options: FrameworkOptions) {
    this.profileName = options.profileName;
    this.plugins = options.plugins;
    this.percentageOfNodesToScore = options.percentageOfNodesToScore;
    this.#weights = options.weights;
    this.#nominator = options.nominator;
    this.#clock = options.clock;
  }

  less(a: QueuedPod, b: QueuedPod): boolean {
    return this.plugins.queueSort[0]!.less!(a, b);
  }

  preFilter(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): PreFilterResult {
    const skipped = new Set<string>();
    const limiting = new Set<string>();
    let nodeNames: ReadonlySet<string> | undefined;
    let refused: Answer;
    for (const plugin of this.plugins.preFilter) {
      const answer = plugin.preFilter!(state, pod, nodes);
      const status = answer?.status;
      if (status?.code === 'Skip') skipped.add(plugin.name);
      // Preemption may help, for which the others have to have run.
      else if (status?.code === 'Unschedulable') refused = status;
      else if (status !== undefined) return { status, nodeNames, plugins: new Set([plugin.name]) };
      if (answer?.nodeNames === undefined) continue;
      limiting.add(plugin.name);
      nodeNames = nodeNames === undefined ? answer.nodeNames : nodeNames.intersection(answer.nodeNames);
      if (nodeNames.size === 0) return { status: noneLeft(plugin.name, limiting), nodeNames, plugins: limiting };
    }
    const runs = ({ name }: Plugin) => !skipped.has(name);
    state.filters = skipped.size === 0 ? this.plugins.filter : this.plugins.filter.filter(runs);
    state.extensions = this.plugins.preFilter.filter((plugin) => plugin.addPod !== undefined && runs(plugin));
    return { status: refused, nodeNames, plugins: limiting };
  }

  /** Whether the pod fits on the node as it is. */
  filter(state: CycleState, pod: PodInfo, node: NodeInfo): Answer {
    for (const plugin of state.filters) {
      const status = plugin.filter!(state, pod, node);
      if (status !== undefined) return status;
    }
    return undefined;
  }

  filterWithNominatedPods(state: CycleState, pod: PodInfo, node: NodeInfo): Answer {
    const nominated = this.#nominator.nominatedPodsForNode(node.name);
    if (nominated.length > 0) {
      const others = nominated.filter((other) => other.priority >= pod.priority && other.uid !== pod.uid);
      if (others.length > 0) {
        const trial = node.clone();
        const trialState = state.clone();
        for (const other of others) {
          trial.addPod(other);
          const status = this.podAdded(trialState, pod, other, trial);
          if (status !== undefined) return status;
        }
        const status = this.filter(trialState, pod, trial);
        if (status !== undefined) return status;
      }
    }
    // Also without them: they are not there yet, and the pod must not depend on them.
    return this.filter(state, pod, node);
  }

  podAdded(state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): Answer {
    for (const plugin of state.extensions) {
      const status = plugin.addPod!(state, pod, added, node);
      if (status !== undefined) return status;
    }
    return undefined;
  }

  podRemoved(state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo): Answer {
    for (const plugin of state.extensions) {
      const status = plugin.removePod!(state, pod, removed, node);
      if (status !== undefined) return status;
    }
    return undefined;
  }

  /** The first plugin that has an answer other than Unschedulable has the last word. */
  async postFilter(state: CycleState, pod: PodInfo, diagnosis: Diagnosis): Promise<PostFilterAnswer> {
    const statuses: NodeStatuses = diagnosis.nodes;
    const messages: string[] = [];
    let result: PostFilterAnswer = { status: unresolvable('') };
    let rejector = '';
    for (const plugin of this.plugins.postFilter) {
      let answer: PostFilterAnswer;
      try {
        answer = await plugin.postFilter!(state, pod, statuses);
      } catch (error) {
        return { status: failure(plugin.name, error) };
      }
      const { status } = answer;
      if (status === undefined || status.code === 'UnschedulableAndUnresolvable' || !status.rejected) return answer;
      if (status.message !== '') messages.push(status.message);
      rejector ||= plugin.name;
      if (answer.nominatedNodeName !== undefined) result = { ...result, nominatedNodeName: answer.nominatedNodeName };
    }
    return { ...result, status: new Status('Unschedulable', rejector, messages) };
  }

  preScore(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): Answer {
    const skipped = new Set<string>();
    for (const plugin of this.plugins.preScore) {
      const status = plugin.preScore!(state, pod, nodes);
      if (status?.code === 'Skip') skipped.add(plugin.name);
      else if (status !== undefined) return status;
    }
    state.scorers = this.plugins.score.filter(({ name }) => !skipped.has(name));
    return undefined;
  }

  /** The weighted sum of all scores of each node. It is valid until the next call. */
  score(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): Scores {
    const count = nodes.length;
    if (this.#totals.length < count) {
      this.#scores = new Float64Array(count);
      this.#totals = new Float64Array(count);
    }
    const totals = this.#totals.subarray(0, count);
    const scores = this.#scores.subarray(0, count);
    totals.fill(0);
    for (const plugin of state.scorers) {
      for (let i = 0; i < count; i++) scores[i] = plugin.score!(state, pod, nodes[i]!);
      plugin.normalizeScore?.(state, pod, scores, nodes);
      const weight = this.#weights.get(plugin.name) ?? 1;
      for (let i = 0; i < count; i++) totals[i] = totals[i]! + weight * scores[i]!;
    }
    return totals;
  }

  reserve(state: CycleState, pod: PodInfo, nodeName: string): Answer {
    for (const plugin of this.plugins.reserve) {
      const status = plugin.reserve!(state, pod, nodeName);
      if (status !== undefined) return status;
    }
    return undefined;
  }

  /** In the reverse order of `reserve`. */
  unreserve(state: CycleState, pod: PodInfo, nodeName: string): void {
    for (const plugin of this.plugins.reserve.toReversed()) plugin.unreserve?.(state, pod, nodeName);
  }

  /** Undefined where all plugins let it go or made it wait. */
  permit(state: CycleState, pod: PodInfo, nodeName: string): Answer {
    const timeouts = new Map<string, number>();
    for (const plugin of this.plugins.permit) {
      const answer = plugin.permit!(state, pod, nodeName);
      if (answer?.status === undefined) continue;
      if (answer.status.code !== 'Wait') return answer.status;
      timeouts.set(plugin.name, Math.min(answer.timeoutMs ?? maxPermitWaitMs, maxPermitWaitMs));
    }
    if (timeouts.size > 0) this.#waiting.set(pod.uid, new WaitingPod(pod, timeouts, this.#clock));
    return undefined;
  }

  /** Waits where a plugin made the pod wait. */
  async waitOnPermit(pod: PodInfo): Promise<Answer> {
    const waiting = this.#waiting.get(pod.uid);
    if (waiting === undefined) return undefined;
    const answer = await waiting.decided;
    this.#waiting.delete(pod.uid);
    return answer;
  }

  waitingPod(uid: string): WaitingPod | undefined {
    return this.#waiting.get(uid);
  }

  waitingPods(): WaitingPod[] {
    return [...this.#waiting.values()];
  }

  async preBind(state: CycleState, pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<Answer> {
    for (const plugin of this.plugins.preBind) {
      if (plugin.preBindNeeded?.(state, pod, nodeName) === false) continue;
      const status = await plugin.preBind!(state, pod, nodeName, signal);
      if (status !== undefined) return new Status('Error', plugin.name, status.reasons, status.error);
    }
    return undefined;
  }

  preBindNeeded(state: CycleState, pod: PodInfo, nodeName: string): boolean {
    return this.plugins.preBind.some((plugin) => plugin.preBindNeeded?.(state, pod, nodeName) !== false);
  }

  async bind(state: CycleState, pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<Answer> {
    for (const plugin of this.plugins.bind) {
      const status = await plugin.bind!(state, pod, nodeName, signal);
      if (status?.code !== 'Skip') return status;
    }
    return failure('', new Error('no bind plugin has bound the pod'));
  }

  postBind(state: CycleState, pod: PodInfo, nodeName: string): void {
    for (const plugin of this.plugins.postBind) plugin.postBind!(state, pod, nodeName);
  }
}

function noneLeft(plugin: string, limiting: ReadonlySet<string>): Status {
  const names = [...limiting].sort();
  const reason =
    names.length === 1
      ? `node(s) didn't satisfy plugin ${plugin}`
      : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`;
  return unresolvable('', reason);
}
