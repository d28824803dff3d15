// Finds the node for a pod (pkg/scheduler/schedule_one.go schedulePod): PreFilter, Filter on as many nodes as are needed, Score on those
// that passed. Nothing here waits, unless an extender has to be asked.
import type { Logger } from 'pino';
import { type Extender, maxExtenderPriority } from './extender.ts';
import type { CycleState } from './framework/cycle-state.ts';
import type { Framework } from './framework/framework.ts';
import type { NodeLister } from './framework/handle.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { Diagnosis, FitError, NoNodesError } from './framework/node-statuses.ts';
import { maxNodeScore, type Scores } from './framework/plugin.ts';
import type { PodInfo } from './framework/pod-info.ts';
import { Status, unresolvable, unschedulable } from './framework/status.ts';

/** In the plugins that turned a pod away, an extender goes by this name; any event makes it worth asking again. */
export const extenderName = 'ExtenderFilter';

const minFeasibleNodes = 100;
const minFeasiblePercentage = 5;

/** How many nodes that fit are enough, of so many. 0 percent: the more nodes there are, the smaller the part (50 % to 5 %). */
export function feasibleNodesToFind(allNodes: number, percentageOfNodesToScore: number): number {
  if (allNodes < minFeasibleNodes) return allNodes;
  const adaptive = Math.max(50 - Math.trunc(allNodes / 125), minFeasiblePercentage);
  const percentage = percentageOfNodesToScore === 0 ? adaptive : percentageOfNodesToScore;
  return Math.max(Math.trunc((allNodes * percentage) / 100), minFeasibleNodes);
}

export interface AlgorithmOptions {
  nodes: NodeLister;
  extenders: readonly Extender[];
  /** 0 for adaptive. */
  percentageOfNodesToScore: number;
  log: Logger;
  /** 0 to 1; decides between nodes that are as good. */
  random?: () => number;
}

export class Algorithm {
  readonly #options: AlgorithmOptions;
  readonly #random: () => number;
  /** Where the next search begins, so that all nodes get their turn. */
  #start = 0;

  constructor(options: AlgorithmOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** The node's name. Throws FitError, NoNodesError, and what a plugin or an extender fails with. */
  async schedule(framework: Framework, state: CycleState, pod: PodInfo): Promise<string> {
    const all = this.#options.nodes.list();
    if (all.length === 0) throw new NoNodesError();
    const diagnosis = new Diagnosis();
    const feasible = await this.#findFeasible(framework, state, pod, all, diagnosis);
    if (feasible.length === 0) throw new FitError(all.length, diagnosis);
    if (feasible.length === 1) return feasible[0]!.name;
    const scores = await this.#score(framework, state, pod, feasible);
    return this.#best(feasible, scores).name;
  }

  async #findFeasible(
    framework: Framework,
    state: CycleState,
    pod: PodInfo,
    all: readonly NodeInfo[],
    diagnosis: Diagnosis,
  ): Promise<readonly NodeInfo[]> {
    const { status, nodeNames, plugins } = framework.preFilter(state, pod, all);
    diagnosis.unschedulablePlugins = new Set(plugins);
    if (status !== undefined) {
      if (!status.rejected) throw status.error ?? new Error(status.message);
      diagnosis.nodes.absent = status;
      diagnosis.preFilterMessage = status.message;
      diagnosis.addPlugin(status);
      return [];
    }
    const nominated = await this.#nominatedNode(framework, state, pod, diagnosis);
    if (nominated !== undefined) return [nominated];
    let nodes = all;
    if (nodeNames !== undefined) {
      nodes = [...nodeNames].map((name) => this.#options.nodes.get(name)).filter((node) => node !== undefined);
      const reason = `node(s) didn't satisfy plugin(s) [${[...plugins].sort().join(' ')}]`;
      diagnosis.nodes.absent = unresolvable('', reason);
    }
    const feasible = this.#filter(framework, state, pod, nodes, diagnosis);
    this.#start = (this.#start + feasible.length + diagnosis.nodes.size) % all.length;
    const left = await this.#askExtenders(pod, feasible, diagnosis);
    if (left.length !== feasible.length) diagnosis.unschedulablePlugins.add(extenderName);
    return left;
  }

  /** The node that is being made free for the pod is likely to be the only one that fits. */
  async #nominatedNode(
    framework: Framework,
    state: CycleState,
    pod: PodInfo,
    diagnosis: Diagnosis,
  ): Promise<NodeInfo | undefined> {
    const name = pod.pod.status?.nominatedNodeName;
    const node = name ? this.#options.nodes.get(name) : undefined;
    if (node === undefined) return undefined;
    const feasible = this.#filter(framework, state, pod, [node], diagnosis);
    return (await this.#askExtenders(pod, feasible, diagnosis))[0];
  }

  #filter(
    framework: Framework,
    state: CycleState,
    pod: PodInfo,
    nodes: readonly NodeInfo[],
    diagnosis: Diagnosis,
  ): NodeInfo[] {
    const count = nodes.length;
    const percentage = framework.percentageOfNodesToScore ?? this.#options.percentageOfNodesToScore;
    const { extenders } = this.#options;
    const scored = framework.plugins.score.length > 0 || extenders.some((e) => e.isPrioritizer || e.isFilter);
    const wanted = scored ? feasibleNodesToFind(count, percentage) : 1;
    const feasible: NodeInfo[] = [];
    for (let i = 0; i < count && feasible.length < wanted; i++) {
      const node = nodes[(this.#start + i) % count]!;
      const status = framework.filterWithNominatedPods(state, pod, node);
      if (status === undefined) feasible.push(node);
      else if (status.code === 'Error') throw status.error ?? new Error(status.message);
      else {
        diagnosis.nodes.set(node.name, status);
        diagnosis.addPlugin(status);
      }
    }
    return feasible;
  }

  async #askExtenders(pod: PodInfo, feasible: NodeInfo[], diagnosis: Diagnosis): Promise<NodeInfo[]> {
    let left = feasible;
    for (const extender of this.#options.extenders) {
      if (left.length === 0) break;
      if (!extender.isFilter || !extender.isInterested(pod.pod)) continue;
      try {
        const { nodes, failed, failedAndUnresolvable } = await extender.filter(pod.pod, left);
        for (const [name, message] of failed) diagnosis.nodes.set(name, unschedulable('', message));
        for (const [name, message] of failedAndUnresolvable) diagnosis.nodes.set(name, unresolvable('', message));
        left = nodes;
      } catch (error) {
        if (!extender.ignorable) throw error;
        this.#options.log.info({ err: error, extender: extender.name }, 'an extender is ignored');
      }
    }
    return left;
  }

  async #score(framework: Framework, state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): Promise<Scores> {
    const status = framework.preScore(state, pod, nodes);
    if (status !== undefined) throw status.error ?? new Error(status.message);
    const scores = framework.score(state, pod, nodes);
    const asked = this.#options.extenders.filter((e) => e.isPrioritizer && e.isInterested(pod.pod));
    await Promise.all(asked.map((extender) => this.#addExtenderScores(extender, pod, nodes, scores)));
    return scores;
  }

  /** What goes wrong is left aside: others decide then. */
  async #addExtenderScores(
    extender: Extender,
    pod: PodInfo,
    nodes: readonly NodeInfo[],
    scores: Scores,
  ): Promise<void> {
    try {
      const given = await extender.prioritize(pod.pod, nodes);
      const scale = extender.weight * (maxNodeScore / maxExtenderPriority);
      nodes.forEach(({ name }, i) => {
        scores[i] = scores[i]! + (given.get(name) ?? 0) * scale;
      });
    } catch (error) {
      this.#options.log.info({ err: error, extender: extender.name }, 'an extender gave no scores');
    }
  }

  /** Of nodes that are as good, any. */
  #best(nodes: readonly NodeInfo[], scores: Scores): NodeInfo {
    let best = 0;
    let ties = 1;
    for (let i = 1; i < nodes.length; i++) {
      const score = scores[i]!;
      if (score > scores[best]!) {
        best = i;
        ties = 1;
      } else if (score === scores[best]!) {
        ties++;
        if (this.#random() * ties < 1) best = i;
      }
    }
    return nodes[best]!;
  }
}

/** What an attempt ended with, as a status: rejected where the pod fits nowhere. */
export function statusOf(error: unknown): Status {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (error instanceof NoNodesError) return new Status('UnschedulableAndUnresolvable', '', [], cause);
  if (error instanceof FitError) return new Status('Unschedulable', '', [], cause);
  return new Status('Error', '', [cause.message], cause);
}
