// What happens in the cluster that may make a pod schedulable, and which plugins want to hear of it
// (staging k8s.io/kube-scheduler/framework/types.go ActionType and ClusterEvent, pkg/scheduler/framework/events.go).
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import type { Node, Pod } from '../../client/kinds.ts';
import { podRequests } from './resources.ts';

/** Bits: an event's and a registration's actions match where they share one. */
export const action = {
  add: 1,
  delete: 2,
  updateNodeAllocatable: 4,
  updateNodeLabel: 8,
  updateNodeTaint: 16,
  updateNodeCondition: 32,
  updateNodeAnnotation: 64,
  updateNodeDeclaredFeature: 128,
  updatePodLabel: 256,
  updatePodScaleDown: 512,
  updatePodToleration: 1024,
  updatePodSchedulingGatesEliminated: 2048,
  updatePodGeneratedResourceClaim: 4096,
  /** An update of a pod that is none of the above. */
  updatePodOther: 8192,
  /** Any update. */
  update: 16384 - 4,
  all: 16384 - 1,
} as const;

export type EventResource =
  | 'Pod'
  | 'assignedPod'
  | 'unschedulablePod'
  | 'Node'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'VolumeAttachment'
  | 'ResourceClaim'
  | 'ResourceSlice'
  | 'DeviceClass'
  | '*';

export interface ClusterEvent {
  readonly resource: EventResource;
  readonly action: number;
}

export const assignedPodAdd: ClusterEvent = { resource: 'assignedPod', action: action.add };
export const assignedPodDelete: ClusterEvent = { resource: 'assignedPod', action: action.delete };
export const nodeAdd: ClusterEvent = { resource: 'Node', action: action.add };
export const nodeDelete: ClusterEvent = { resource: 'Node', action: action.delete };
/** Matches everything: a pod has waited too long, or a plugin asked for it. */
export const unschedulableTimeout: ClusterEvent = { resource: '*', action: action.all };
export const forceActivate: ClusterEvent = { resource: '*', action: action.all };

export type QueueingHint = 'Queue' | 'QueueSkip';

/** Says whether what happened may make the pod schedulable. `old` is undefined for what is new, `fresh` for what is gone. */
export type QueueingHintFn = (pod: Pod, old: unknown, fresh: unknown) => QueueingHint;

export interface EventRegistration {
  readonly event: ClusterEvent;
  /** Without it any such event is worth a try. */
  readonly hint?: QueueingHintFn;
}

export function isWildcard({ resource, action: bits }: ClusterEvent): boolean {
  return resource === '*' && bits === action.all;
}

/** MatchClusterEvents: `registered` may be about pods in general, or about everything. */
export function matches(registered: ClusterEvent, incoming: ClusterEvent): boolean {
  if (isWildcard(registered)) return true;
  const pods =
    registered.resource === 'Pod' && (incoming.resource === 'assignedPod' || incoming.resource === 'unschedulablePod');
  const resource = registered.resource === '*' || registered.resource === incoming.resource || pods;
  return resource && (registered.action & incoming.action) !== 0;
}

function scaledDown(fresh: Pod, old: Pod): boolean {
  if (fresh.spec === old.spec && fresh.status === old.status) return false;
  const after = podRequests(fresh, { useStatus: true });
  for (const [name, amount] of podRequests(old, { useStatus: true })) {
    const now = after.get(name);
    if (now === undefined || amount > now) return true;
  }
  return false;
}

/** What changed of a pod, as far as scheduling goes (PodSchedulingPropertiesChange). */
export function podChanges(fresh: Pod, old: Pod): ClusterEvent[] {
  const resource = fresh.spec?.nodeName ? 'assignedPod' : 'unschedulablePod';
  const events: ClusterEvent[] = [];
  const when = (changed: boolean, bits: number) => {
    if (changed) events.push({ resource, action: bits });
  };
  when(!semanticEqual(fresh.metadata.labels, old.metadata.labels), action.updatePodLabel);
  when(scaledDown(fresh, old), action.updatePodScaleDown);
  const gates = (pod: Pod) => pod.spec?.schedulingGates?.length ?? 0;
  when(gates(fresh) === 0 && gates(old) !== 0, action.updatePodSchedulingGatesEliminated);
  const tolerations = (pod: Pod) => pod.spec?.tolerations?.length ?? 0;
  when(tolerations(fresh) !== tolerations(old), action.updatePodToleration);
  const claims = (pod: Pod) => [pod.status?.resourceClaimStatuses, pod.status?.extendedResourceClaimStatus];
  when(!semanticEqual(claims(fresh), claims(old)), action.updatePodGeneratedResourceClaim);
  return events.length > 0 ? events : [{ resource, action: action.updatePodOther }];
}

function conditionStatuses(node: Node): Record<string, string> {
  return Object.fromEntries((node.status?.conditions ?? []).map(({ type, status }) => [type, status]));
}

/** What changed of a node, as far as scheduling goes; nothing for a heartbeat (NodeSchedulingPropertiesChange). */
export function nodeChanges(fresh: Node, old: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  const when = (changed: boolean, bits: number) => {
    if (changed) events.push({ resource: 'Node', action: bits });
  };
  when(!fresh.spec?.unschedulable && old.spec?.unschedulable === true, action.updateNodeTaint);
  when(!semanticEqual(fresh.status?.allocatable, old.status?.allocatable), action.updateNodeAllocatable);
  when(!semanticEqual(fresh.metadata.labels, old.metadata.labels), action.updateNodeLabel);
  when(!semanticEqual(fresh.spec?.taints, old.spec?.taints), action.updateNodeTaint);
  when(!semanticEqual(conditionStatuses(fresh), conditionStatuses(old)), action.updateNodeCondition);
  when(!semanticEqual(fresh.metadata.annotations, old.metadata.annotations), action.updateNodeAnnotation);
  when(!semanticEqual(fresh.status?.declaredFeatures, old.status?.declaredFeatures), action.updateNodeDeclaredFeature);
  return events;
}
