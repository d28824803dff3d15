// The status of a Deployment, of its ReplicaSets, and whether its rollout makes progress
// (pkg/controller/deployment/sync.go calculateStatus, progress.go, util/deployment_util.go).
import { timestamp } from '../../client/clock.ts';
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import { findCondition, withCondition, withoutCondition } from '../shared/conditions.ts';
import {
  actualReplicas,
  availableReplicas,
  readyReplicas,
  replicasOf,
  specReplicas,
  terminatingReplicas,
} from './replica-sets.ts';
import { maxUnavailable, progressDeadlineSeconds } from './strategy.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;
export type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number];

/** What a rollout consists of at a moment. */
export interface ReplicaSets {
  /** The one of the Deployment's template, if there is one yet. */
  newSet: ReplicaSet | undefined;
  old: readonly ReplicaSet[];
}

export function allOf({ newSet, old }: ReplicaSets): ReplicaSet[] {
  return newSet === undefined ? [...old] : [...old, newSet];
}

export function deploymentCondition(
  type: string,
  status: string,
  reason: string,
  message: string,
  nowMs: number,
): DeploymentCondition {
  const now = timestamp(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** Counts, as the server keeps them: those of 0 are left out. */
function counts(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}

/** The counts, and whether enough Pods are available; what is said of progress stays as it is. */
export function calculateStatus(deployment: Deployment, sets: ReplicaSets, nowMs: number): DeploymentStatus {
  const all = allOf(sets);
  const { metadata, status: { collisionCount, conditions } = {} } = deployment;
  const available = availableReplicas(all);
  const terminating = terminatingReplicas(all);
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const availability = enough
    ? deploymentCondition(
        'Available',
        'True',
        'MinimumReplicasAvailable',
        'Deployment has minimum availability.',
        nowMs,
      )
    : deploymentCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        nowMs,
      );
  return {
    ...counts({
      observedGeneration: metadata.generation ?? 0,
      replicas: actualReplicas(all),
      updatedReplicas: actualReplicas(sets.newSet === undefined ? [] : [sets.newSet]),
      readyReplicas: readyReplicas(all),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, specReplicas(all) - available),
    }),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(conditions, availability),
  };
}

/** Every replica is of the new template and available, and nothing else is there. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const replicas = replicasOf(deployment);
  return (
    (status?.updatedReplicas ?? 0) === replicas &&
    (status?.replicas ?? 0) === replicas &&
    (status?.availableReplicas ?? 0) === replicas &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** Something has got nearer to the goal since the status that the Deployment has. */
export function isProgressing({ status: before }: Deployment, status: DeploymentStatus): boolean {
  const oldPods = (of: DeploymentStatus | undefined) => (of?.replicas ?? 0) - (of?.updatedReplicas ?? 0);
  const grew = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (status[field] ?? 0) > (before?.[field] ?? 0);
  return (
    grew('updatedReplicas') || oldPods(status) < oldPods(before) || grew('readyReplicas') || grew('availableReplicas')
  );
}

/** Nothing has got nearer to the goal for as long as the deadline says. */
export function hasTimedOut(deployment: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const deadlineSeconds = progressDeadlineSeconds(deployment);
  const condition = findCondition(status.conditions, 'Progressing');
  if (deadlineSeconds === undefined || condition === undefined) return false;
  if (condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(condition.lastUpdateTime ?? '') + deadlineSeconds * 1000 < nowMs;
}

/** The status during a rollout: counts, progress, and failures of ReplicaSets. */
export function rolloutStatus(deployment: Deployment, sets: ReplicaSets, nowMs: number): DeploymentStatus {
  const status = calculateStatus(deployment, sets, nowMs);
  let { conditions = [] } = status;
  const deadline = progressDeadlineSeconds(deployment);
  if (deadline === undefined) conditions = withoutCondition(conditions, 'Progressing');
  // A rollout that is over, once it has succeeded, is not looked at again because Pods come and go.
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const over = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (deadline !== undefined && !over)
    conditions = withProgress(deployment, sets.newSet, { ...status, conditions }, nowMs);
  const failure = replicaFailure(sets);
  conditions =
    failure === undefined ? withoutCondition(conditions, 'ReplicaFailure') : withCondition(conditions, failure);
  return { ...status, conditions };
}

function withProgress(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  status: DeploymentStatus,
  nowMs: number,
): DeploymentCondition[] {
  const { conditions = [] } = status;
  const what =
    newSet === undefined
      ? `Deployment ${JSON.stringify(deployment.metadata.name)}`
      : `ReplicaSet ${JSON.stringify(newSet.metadata.name)}`;
  const progress = (value: string, reason: string, words: string) =>
    deploymentCondition('Progressing', value, reason, `${what} ${words}`, nowMs);
  if (isComplete(deployment, status))
    return withCondition(conditions, progress('True', 'NewReplicaSetAvailable', 'has successfully progressed.'));
  if (isProgressing(deployment, status)) {
    const condition = progress('True', 'ReplicaSetUpdated', 'is progressing.');
    const current = findCondition(deployment.status?.conditions, 'Progressing');
    // The time of the last update moves with every step, which is what the deadline is measured from.
    const since = current?.status === 'True' ? { lastTransitionTime: current.lastTransitionTime! } : {};
    return [...withoutCondition(conditions, 'Progressing'), { ...condition, ...since }];
  }
  if (hasTimedOut(deployment, status, nowMs))
    return withCondition(conditions, progress('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'));
  return conditions;
}

/** The failure of the new ReplicaSet, or else of any. */
function replicaFailure({ newSet, old }: ReplicaSets): DeploymentCondition | undefined {
  const sets = newSet === undefined ? old : [newSet, ...old];
  for (const { status } of sets) {
    const failure = findCondition(status?.conditions, 'ReplicaFailure');
    if (failure === undefined) continue;
    const { lastTransitionTime } = failure;
    return { ...failure, ...(lastTransitionTime === undefined ? {} : { lastUpdateTime: lastTransitionTime }) };
  }
  return undefined;
}

/** Milliseconds until a rollout that stands still is to be looked at because of its deadline; undefined when there is nothing to wait for. */
export function deadlineCheckMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const deadlineSeconds = progressDeadlineSeconds(deployment);
  const condition = findCondition(deployment.status?.conditions, 'Progressing');
  if (deadlineSeconds === undefined || condition === undefined) return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  // Times have whole seconds only: a second later it is certain.
  return Math.max(0, Date.parse(condition.lastUpdateTime ?? '') + deadlineSeconds * 1000 - nowMs) + 1000;
}
