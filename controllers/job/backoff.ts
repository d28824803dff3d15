// How long a Job waits after its Pods have failed (pkg/controller/job/backoff_utils.go).
import type { Pod } from '../../client/kinds.ts';

/** Failures since the last success, and when the last one was. */
export interface BackoffRecord {
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly lastFailureMs?: number;
}

export const noFailures: BackoffRecord = { failures: 0 };

/** 10 s, doubled with each failure, at most 10 minutes (DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff). */
export const podFailureBackoffMs = { base: 10_000, max: 600_000 };

/** The record after these have ended. */
export function nextBackoff(before: BackoffRecord, succeeded: readonly Pod[], failed: readonly Pod[]): BackoffRecord {
  const failures = failed.map(finishedMs).sort((a, b) => a - b);
  if (succeeded.length === 0) {
    if (failures.length === 0) return before;
    return { failures: before.failures + failures.length, lastFailureMs: failures.at(-1)! };
  }
  const lastSuccess = Math.max(...succeeded.map(finishedMs));
  const after = failures.filter((ms) => ms > lastSuccess);
  return after.length === 0 ? noFailures : { failures: after.length, lastFailureMs: after.at(-1)! };
}

/** Milliseconds until the next Pod may be made. */
export function remainingBackoffMs(
  { failures, lastFailureMs = 0 }: BackoffRecord,
  nowMs: number,
  { base, max } = podFailureBackoffMs,
): number {
  if (failures === 0) return 0;
  const wait = Math.min(base * 2 ** (failures - 1), max);
  return Math.max(0, lastFailureMs + wait - nowMs);
}

/**
 * When a Pod ended, in milliseconds since the epoch: when its last container did, else when it was no longer ready, else when it was
 * deleted, else when it was made.
 */
export function finishedMs(pod: Pod): number {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  const containers = containersFinishedMs(pod);
  if (containers !== undefined) return containers;
  if (ready?.status === 'False' && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime);
  if (deletionTimestamp !== undefined) return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return Date.parse(creationTimestamp ?? '') || 0;
}

/** Undefined where one has not ended, or nothing is said of any. */
function containersFinishedMs({ spec, status }: Pod): number | undefined {
  const sidecars = new Set(
    (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  );
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ];
  let latest: number | undefined;
  for (const { state } of statuses) {
    const finishedAt = state?.terminated?.finishedAt;
    if (!finishedAt) return undefined;
    latest = Math.max(latest ?? 0, Date.parse(finishedAt));
  }
  return latest;
}
