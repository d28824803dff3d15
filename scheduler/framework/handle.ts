// What a plugin is given to work with (staging k8s.io/kube-scheduler/framework/interface.go Handle).
import type { Logger } from 'pino';
import type { Client } from '../../client/client.ts';
import type { Clock } from '../../client/clock.ts';
import type { SeriesRecorder } from '../../client/events/series-recorder.ts';
import type { Informers } from '../../client/informers.ts';
import type { Pod } from '../../client/kinds.ts';
import type { Extender } from '../extender.ts';
import type { CycleState } from './cycle-state.ts';
import type { NodeInfo } from './node-info.ts';
import type { Answer } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import type { WaitingPod } from './waiting-pods.ts';

/** The nodes that are scheduled to. Lists are the cache's own: not to be changed, nor kept. */
export interface NodeLister {
  /** Zones take turns. */
  list(): readonly NodeInfo[];
  get(name: string): NodeInfo | undefined;
  withAffinityPods(): Iterable<NodeInfo>;
  withRequiredAntiAffinityPods(): Iterable<NodeInfo>;
}

/** The pods that wait for a node that is being made free for them. */
export interface PodNominator {
  nominatedPodsForNode(nodeName: string): readonly PodInfo[];
}

export interface Handle {
  readonly client: Client;
  readonly informers: Informers;
  readonly nodes: NodeLister;
  readonly nominator: PodNominator;
  readonly recorder: SeriesRecorder;
  readonly extenders: readonly Extender[];
  readonly log: Logger;
  readonly clock: Clock;
  /** Whether the pod fits, also once the nominated pods of its priority and above are there. */
  filterWithNominatedPods(state: CycleState, pod: PodInfo, node: NodeInfo): Answer;
  /** Tells plugins that a pod is taken away from, or added to, a node on trial. */
  podRemoved(state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo): Answer;
  podAdded(state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): Answer;
  waitingPod(uid: string): WaitingPod | undefined;
  /** Tries these pods again at once. */
  activate(pods: readonly Pod[]): void;
  /** Ends what plugins have begun in the background. */
  readonly signal: AbortSignal;
}
