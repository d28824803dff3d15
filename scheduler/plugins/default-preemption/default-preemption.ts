// Makes room for a pod by evicting less important ones (pkg/scheduler/framework/plugins/defaultpreemption).
import { type Pod, PodDisruptionBudget } from '../../../client/kinds.ts';
import type { DefaultPreemptionArgs } from '../../config/plugin-args.ts';
import type { Victims } from '../../extender.ts';
import type { CycleState } from '../../framework/cycle-state.ts';
import { action } from '../../framework/events.ts';
import type { Handle } from '../../framework/handle.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import { Diagnosis, fitMessage, type NodeStatuses } from '../../framework/node-statuses.ts';
import type { Plugin, PostFilterAnswer } from '../../framework/plugin.ts';
import { PodInfo } from '../../framework/pod-info.ts';
import { failure, type Status, unresolvable, unschedulable } from '../../framework/status.ts';
import { podInformer } from '../../pod-informer.ts';
import { Eviction } from './eviction.ts';
import { type Budget, budgetsOf, pickNode, selectVictims } from './victims.ts';

const name = 'DefaultPreemption';

/** How many nodes are looked at before the best of them is taken. */
export function candidateCount(args: DefaultPreemptionArgs, nodes: number): number {
  const percentage = Math.trunc((nodes * args.minCandidateNodesPercentage) / 100);
  return Math.min(Math.max(percentage, args.minCandidateNodesAbsolute), nodes);
}

function terminatingByPreemption({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return (status?.conditions ?? []).some(
    ({ type, status: value, reason }) =>
      type === 'DisruptionTarget' && value === 'True' && reason === 'PreemptionByScheduler',
  );
}

function noVictim(nodeName: string): Status {
  return failure(name, new Error(`expected at least one victim pod on node "${nodeName}"`));
}

interface DryRun {
  candidates: Map<string, Victims>;
  diagnosis: Diagnosis;
  error: Error | undefined;
}

class Preemption {
  readonly #args: DefaultPreemptionArgs;
  readonly #handle: Handle;
  readonly #pods;
  readonly #budgets;
  readonly eviction: Eviction;

  constructor(args: DefaultPreemptionArgs, handle: Handle) {
    this.#args = args;
    this.#handle = handle;
    this.#pods = podInformer(handle.informers).lister;
    this.#budgets = handle.informers.of(PodDisruptionBudget).lister;
    this.eviction = new Eviction(handle, name);
  }

  async preempt(state: CycleState, stale: Pod, statuses: NodeStatuses): Promise<PostFilterAnswer> {
    const { nodes, extenders } = this.#handle;
    const pod = this.#pods.get(stale.metadata.namespace, stale.metadata.name);
    if (pod === undefined) return { status: failure(name, new Error(`pod "${stale.metadata.name}" not found`)) };
    const ineligible = this.#ineligible(pod, statuses);
    if (ineligible !== undefined) return { status: unschedulable(name, ineligible) };
    const all = nodes.list();
    const potential = statuses.nodesWith('Unschedulable', all);
    const { candidates, diagnosis, error } = this.#dryRun(state, new PodInfo(pod), potential);
    if (candidates.size === 0) {
      if (error !== undefined) return { status: failure(name, error) };
      diagnosis.nodes.absent = unresolvable(name, 'Preemption is not helpful for scheduling');
      return { status: unschedulable(name, fitMessage(all.length, diagnosis)), nominatedNodeName: '' };
    }
    const left = extenders.length === 0 ? candidates : await this.#askExtenders(pod, candidates);
    if (!(left instanceof Map)) return { status: left };
    if (left.size === 0) return { status: unschedulable(name, 'no candidate node for preemption') };
    const nodeName = pickNode(left, this.#handle.clock.now());
    this.eviction.start(pod, nodeName, left.get(nodeName)!);
    return { status: undefined, nominatedNodeName: nodeName };
  }

  /** Why the pod may not preempt others. */
  #ineligible(pod: Pod, statuses: NodeStatuses): string | undefined {
    if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
    const nominated = pod.status?.nominatedNodeName ?? '';
    if (nominated === '' || statuses.get(nominated).code === 'UnschedulableAndUnresolvable') return undefined;
    const priority = pod.spec?.priority ?? 0;
    const waits = this.#handle.nodes
      .get(nominated)
      ?.pods.some((other) => other.priority < priority && terminatingByPreemption(other.pod));
    return waits ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
  }

  #dryRun(state: CycleState, pod: PodInfo, potential: readonly NodeInfo[]): DryRun {
    const diagnosis = new Diagnosis();
    const harmless = new Map<string, Victims>();
    const violating = new Map<string, Victims>();
    let error: Error | undefined;
    if (potential.length > 0) {
      const budgets: Budget[] = budgetsOf(this.#budgets.list());
      const wanted = candidateCount(this.#args, potential.length);
      const offset = Math.floor(Math.random() * potential.length);
      for (let i = 0; i < potential.length; i++) {
        if (harmless.size > 0 && harmless.size + violating.size >= wanted) break;
        const node = potential[(offset + i) % potential.length]!.clone();
        const result = selectVictims(this.#handle, state.clone(), pod, node, budgets, this.#handle.clock.now());
        if ('victims' in result && result.victims.pods.length > 0) {
          (result.victims.pdbViolations === 0 ? harmless : violating).set(node.name, result.victims);
        } else {
          const status = 'status' in result ? result.status : noVictim(node.name);
          diagnosis.nodes.set(node.name, status);
          error ??= status.code === 'Error' ? status.error : undefined;
        }
      }
    }
    return { candidates: new Map([...harmless, ...violating]), diagnosis, error };
  }

  async #askExtenders(pod: Pod, candidates: Map<string, Victims>): Promise<Map<string, Victims> | Status> {
    const { extenders, nodes, log } = this.#handle;
    let left = candidates;
    for (const extender of extenders) {
      if (!extender.supportsPreemption || !extender.isInterested(pod)) continue;
      try {
        const answer = await extender.processPreemption(pod, left, (nodeName) => nodes.get(nodeName));
        for (const [nodeName, { pods }] of answer) {
          if (pods.length > 0) continue;
          if (!extender.ignorable) throw new Error(`expected at least one victim pod on node "${nodeName}"`);
          answer.delete(nodeName);
        }
        left = answer;
      } catch (error) {
        if (!extender.ignorable) return failure(name, error);
        log.info({ err: error, extender: extender.name }, 'an extender is ignored');
      }
      if (left.size === 0) break;
    }
    return left;
  }
}

export function defaultPreemption(args: DefaultPreemptionArgs, handle: Handle): Plugin {
  const preemption = new Preemption(args, handle);
  const waits = unresolvable(name, 'waiting for the preemption for this pod to be finished');
  return {
    name,
    preEnqueue: ({ metadata }) => (preemption.eviction.isRunning(metadata.uid) ? waits : undefined),
    async postFilter(state, { pod }, statuses) {
      const { status, ...rest } = await preemption.preempt(state, pod, statuses);
      if (status === undefined) return { status, ...rest };
      const reason = `preemption: ${status.message}`;
      const worded = status.code === 'Error' ? failure(name, new Error(reason)) : unschedulable(name, reason);
      return { status: worded, ...rest };
    },
    // Pods that wait for their victims are let go by those plugins for which the victims make room.
    events: () => [{ event: { resource: 'Pod', action: action.delete }, hint: () => 'QueueSkip' }],
  };
}
