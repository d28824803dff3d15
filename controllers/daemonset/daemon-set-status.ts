// The status of a daemon set (pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus).
import type { DaemonSet } from '../../client/kinds.ts';
import { isPodAvailable, isPodReady } from '../shared/active-pods.ts';
import { byNodeAndCreation, isUpdated } from './daemon-pods.ts';
import type { DaemonState } from './plan.ts';

export type DaemonSetStatus = NonNullable<DaemonSet['status']>;

/** The counts over all nodes, the observed generation apart. */
export function calculateStatus({ set, nodes, pods, placement, hash, nowMs }: DaemonState): DaemonSetStatus {
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const node of nodes) {
    const [pod] = [...(pods.get(node.metadata.name) ?? [])].sort(byNodeAndCreation);
    if (!placement(node).shouldRun) {
      if (pod !== undefined) counts.misscheduled += 1;
      continue;
    }
    counts.desired += 1;
    if (pod === undefined) continue;
    counts.current += 1;
    if (isPodReady(pod)) counts.ready += 1;
    if (isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)) counts.available += 1;
    if (isUpdated(set, pod, hash)) counts.updated += 1;
  }
  return {
    ...set.status,
    desiredNumberScheduled: counts.desired,
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    numberReady: counts.ready,
    updatedNumberScheduled: counts.updated,
    numberAvailable: counts.available,
    numberUnavailable: counts.desired - counts.available,
  };
}

/** Whether the set has these counts. */
export function hasCounts({ status }: DaemonSet, wanted: DaemonSetStatus): boolean {
  const fields = [
    'desiredNumberScheduled',
    'currentNumberScheduled',
    'numberMisscheduled',
    'numberReady',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
  ] as const;
  return fields.every((field) => (status?.[field] ?? 0) === (wanted[field] ?? 0));
}
