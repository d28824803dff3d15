// The phase of a pod, from the statuses of its containers (kubelet_pods.go getPhase). Pure.
import { type Container, type ContainerStatus, isSidecar, type Pod, restartsAfter } from './pod.ts';

interface Counts {
  pendingInit: number;
  pendingSidecars: number;
  initFailed: boolean;
  unknown: number;
  running: number;
  waiting: number;
  stopped: number;
  stoppedForGood: number;
  succeeded: number;
}

/** `terminal`: its containers will not be started again, whatever its policy says. `hasStarted`: one of the regular containers has. */
export function phaseOf(
  pod: Pod,
  statuses: ReadonlyMap<string, ContainerStatus>,
  { terminal, hasStarted }: { terminal: boolean; hasStarted: boolean },
): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  const { initContainers = [], containers, restartPolicy } = pod.spec!;
  const counts: Counts = {
    pendingInit: 0,
    pendingSidecars: 0,
    initFailed: false,
    unknown: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    stoppedForGood: 0,
    succeeded: 0,
  };
  for (const container of initContainers) {
    const status = statuses.get(container.name);
    if (isSidecar(container)) countSidecar(counts, status);
    else countInit(counts, container, status, restartPolicy);
  }
  for (const container of containers) countMain(counts, container, statuses.get(container.name), restartPolicy);
  return judge(counts, terminal, hasStarted);
}

function judge(counts: Counts, terminal: boolean, hasStarted: boolean): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  const { stopped, succeeded } = counts;
  if (counts.initFailed) return 'Failed';
  if (counts.pendingInit > 0 || (counts.pendingSidecars > 0 && !hasStarted) || counts.waiting > 0) return 'Pending';
  if (counts.unknown > 0) return 'Pending';
  if (counts.running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (!terminal && stopped !== counts.stoppedForGood) return 'Running';
  return stopped === succeeded ? 'Succeeded' : 'Failed';
}

function countInit(
  counts: Counts,
  container: Container,
  status: ContainerStatus | undefined,
  policy: string | undefined,
): void {
  const { terminated, waiting } = status?.state ?? {};
  const ended = terminated ?? (waiting === undefined ? undefined : status?.lastState?.terminated);
  if (ended === undefined) counts.pendingInit += 1;
  else if (ended.exitCode !== 0 && !restartsAfter(container, policy, ended.exitCode)) counts.initFailed = true;
  else if (terminated === undefined || ended.exitCode !== 0) counts.pendingInit += 1;
}

function countSidecar(counts: Counts, status: ContainerStatus | undefined): void {
  const { running, terminated, waiting } = status?.state ?? {};
  if (running !== undefined) {
    if (status?.started !== true) counts.pendingSidecars += 1;
    counts.running += 1;
  } else if (waiting !== undefined && status?.lastState?.terminated === undefined) {
    counts.pendingSidecars += 1;
    counts.waiting += 1;
  } else if (waiting === undefined && terminated === undefined) {
    counts.pendingSidecars += 1;
    counts.unknown += 1;
  }
}

function countMain(
  counts: Counts,
  container: Container,
  status: ContainerStatus | undefined,
  policy: string | undefined,
): void {
  const { running, terminated, waiting } = status?.state ?? {};
  if (running !== undefined) counts.running += 1;
  else if (terminated === undefined && waiting === undefined) counts.unknown += 1;
  else {
    const ended = terminated ?? status?.lastState?.terminated;
    if (ended === undefined) {
      counts.waiting += 1;
      return;
    }
    counts.stopped += 1;
    if (!restartsAfter(container, policy, ended.exitCode)) counts.stoppedForGood += 1;
    if (terminated?.exitCode === 0) counts.succeeded += 1;
  }
}
