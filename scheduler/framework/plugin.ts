// What a scheduling plugin may do: one method per extension point, of which it has those that it needs
// (staging k8s.io/kube-scheduler/framework/interface.go). Everything up to Permit is synchronous, because a cycle is one thread's work;
// what talks to the API server comes after, in PreBind and Bind.
import type { Pod } from '../../client/kinds.ts';
import type { CycleState } from './cycle-state.ts';
import type { EventRegistration } from './events.ts';
import type { NodeInfo } from './node-info.ts';
import type { NodeStatuses } from './node-statuses.ts';
import type { PodInfo, QueuedPod } from './pod-info.ts';
import type { Status } from './status.ts';

/** The best score of a node; the worst is 0. */
export const maxNodeScore = 100;

/** Undefined where all is well. */
export type Answer = Status | undefined;

export interface PreFilterAnswer {
  status?: Answer;
  /** Only these nodes are worth a look; all without it. */
  nodeNames?: ReadonlySet<string>;
}

export interface PostFilterAnswer {
  status: Answer;
  /** The node that is being made free for the pod, '' to take back an earlier one; without it nothing changes. */
  nominatedNodeName?: string;
}

export interface PermitAnswer {
  status: Answer;
  /** How long a pod may wait whose status is Wait. */
  timeoutMs?: number;
}

export interface Plugin {
  /** Upstream's. */
  readonly name: string;

  /** Whether the pod may be tried at all. */
  preEnqueue?(pod: Pod): Answer;
  /** Which of two pods is tried first. */
  less?(a: QueuedPod, b: QueuedPod): boolean;
  /** What is the same for all nodes is worked out here. Skip: the plugin's Filter has nothing to say. */
  preFilter?(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): PreFilterAnswer | undefined;
  /** Keeps what PreFilter worked out true while pods are taken away from and added to a node on trial. */
  addPod?(state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): Answer;
  removePod?(state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo): Answer;
  /** Whether the pod can run on the node. */
  filter?(state: CycleState, pod: PodInfo, node: NodeInfo): Answer;
  /** Called where no node passed. */
  postFilter?(state: CycleState, pod: PodInfo, statuses: NodeStatuses): Promise<PostFilterAnswer>;
  preScore?(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): Answer;
  /** Any number, where there is a `normalizeScore`; otherwise 0 to `maxNodeScore`. */
  score?(state: CycleState, pod: PodInfo, node: NodeInfo): number;
  /** Brings scores, which it changes in place, between 0 and `maxNodeScore`. */
  normalizeScore?(state: CycleState, pod: PodInfo, scores: Scores, nodes: readonly NodeInfo[]): void;
  /** The pod is going to this node. `unreserve` is called whenever it does not get there after all. */
  reserve?(state: CycleState, pod: PodInfo, nodeName: string): Answer;
  unreserve?(state: CycleState, pod: PodInfo, nodeName: string): void;
  permit?(state: CycleState, pod: PodInfo, nodeName: string): PermitAnswer | undefined;
  /** False where PreBind has nothing to do for this pod. */
  preBindNeeded?(state: CycleState, pod: PodInfo, nodeName: string): boolean;
  preBind?(state: CycleState, pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<Answer>;
  /** Skip: another plugin binds. */
  bind?(state: CycleState, pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<Answer>;
  postBind?(state: CycleState, pod: PodInfo, nodeName: string): void;
  /** What may make pods schedulable that it turned away. */
  events?(): readonly EventRegistration[];
}

/** One number per node that passed, in their order. */
export type Scores = Float64Array;
