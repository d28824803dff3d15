// The status of a pod, from its spec and what the runtime has of it (kubelet_pods.go generateAPIPodStatus, convertToAPIContainerStatuses,
// prober_manager.go UpdatePodStatus). Pure.
import { timestamp } from '../../client/clock.ts';
import type { RuntimeContainer, RuntimePod } from '../runtime.ts';
import { podConditions } from './conditions.ts';
import { phaseOf } from './phase.ts';
import {
  type Container,
  type ContainerStatus,
  isSidecar,
  isTerminalPhase,
  latest,
  type Pod,
  type PodStatus,
  shouldStart,
} from './pod.ts';

/** Why a container could not be started: `CrashLoopBackOff`, `ErrImagePull`. */
export interface WaitingReason {
  reason: string;
  message: string;
}

export interface StatusInput {
  pod: Pod;
  state: RuntimePod | undefined;
  /** The status that the agent gave last, or the API's. */
  before: PodStatus | undefined;
  /** By container name. */
  reasons: ReadonlyMap<string, WaitingReason>;
  /** Nothing of it will be started again. */
  terminal: boolean;
  /** Ends it as failed, whatever its containers say. */
  failure?: WaitingReason | undefined;
  hostIPs: readonly string[];
  nowMs: number;
}

const nothing: RuntimePod = { sandbox: undefined, containers: [] };

export function podStatus(input: StatusInput): PodStatus {
  const { pod, before, hostIPs, nowMs, failure } = input;
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec!;
  const state = input.state ?? nothing;
  const statuses = (group: Container[], old: ContainerStatus[] | undefined): ContainerStatus[] =>
    group.map((container) =>
      containerStatus(
        input,
        state,
        container,
        old?.find(({ name }) => name === container.name),
      ),
    );
  const init = statuses(initContainers, before?.initContainerStatuses);
  const main = statuses(containers, before?.containerStatuses);
  const ephemeral = statuses(ephemeralContainers as Container[], before?.ephemeralContainerStatuses);
  const byName = new Map([...init, ...main].map((status) => [status.name, status]));
  const hasStarted = containers.some(({ name }) => latest(state, name)?.state === 'running');
  const phase = lastingPhase(pod, before, failure ? 'Failed' : phaseOf(pod, byName, { ...input, hasStarted }));
  const now = timestamp(nowMs);
  const { generation } = pod.metadata;
  const sandboxReady = state.sandbox?.ready === true;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: podConditions({ pod, phase, sandboxReady, statuses: byName, before: before?.conditions ?? [], now }),
    ...(failure ?? reasonOf(pod, before, phase)),
    ...addresses(pod, state, before, hostIPs),
    startTime: before?.startTime ?? now,
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: byNameOrder(main),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: byNameOrder(ephemeral) }),
    ...(pod.status?.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
  };
}

function byNameOrder(statuses: ContainerStatus[]): ContainerStatus[] {
  return statuses.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A phase that is the last one stays. */
function lastingPhase(pod: Pod, before: PodStatus | undefined, phase: string): string {
  if (isTerminalPhase(pod.status?.phase)) return pod.status!.phase!;
  if (!isTerminalPhase(phase) && isTerminalPhase(before?.phase)) return before!.phase!;
  return phase;
}

/** What goes with a phase stays with it. */
function reasonOf(pod: Pod, before: PodStatus | undefined, phase: string): Partial<WaitingReason> {
  if (phase !== before?.phase) return {};
  const reason = before.reason || pod.status?.reason;
  const message = before.message || pod.status?.message;
  return { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

function addresses(
  pod: Pod,
  { sandbox }: RuntimePod,
  before: PodStatus | undefined,
  hostIPs: readonly string[],
): Partial<PodStatus> {
  const known = sandbox?.ips.length ? sandbox.ips : (before?.podIPs ?? []).map(({ ip }) => ip);
  const ips = known.length === 0 && pod.spec!.hostNetwork ? hostIPs : known;
  const entries = (all: readonly string[]) => all.map((ip) => ({ ip }));
  return {
    ...(hostIPs.length === 0 ? {} : { hostIP: hostIPs[0]!, hostIPs: entries(hostIPs) }),
    ...(ips.length === 0 ? {} : { podIP: ips[0]!, podIPs: entries(ips) }),
  };
}

function containerStatus(
  { pod, reasons }: StatusInput,
  state: RuntimePod,
  container: Container,
  old: ContainerStatus | undefined,
): ContainerStatus {
  const all = state.containers.filter(({ name }) => name === container.name);
  const status = all.length === 0 ? neverSeen(pod, container, old) : seen(container, all);
  const waiting = reasons.get(container.name);
  const isInit = pod.spec!.initContainers?.includes(container) === true;
  const completed = isInit && all[0]?.state === 'exited' && all[0].exitCode === 0;
  if (waiting !== undefined && !completed && shouldStart(container, pod, state)) {
    if (status.state?.terminated !== undefined) status.lastState = status.state;
    status.state = { waiting: { reason: waiting.reason, message: waiting.message } };
  }
  const probed = all[0];
  status.started = probed !== undefined && status.state?.running !== undefined && probed.started;
  if (isInit && !isSidecar(container)) status.ready = status.state?.terminated?.exitCode === 0;
  else status.ready = status.started && probed!.ready;
  return status;
}

/** The runtime has none of this name: it waits, or what was said of it last still holds. */
function neverSeen(pod: Pod, container: Container, old: ContainerStatus | undefined): ContainerStatus {
  if (old?.state?.terminated !== undefined) return { ...old };
  const reason = pod.spec!.initContainers?.length ? 'PodInitializing' : 'ContainerCreating';
  const status: ContainerStatus = {
    name: container.name,
    state: { waiting: { reason } },
    lastState: old?.lastState ?? {},
    ready: false,
    restartCount: old?.restartCount ?? 0,
    image: container.image!,
    imageID: '',
    ...mounts(container),
  };
  if (old?.state?.running === undefined || old.lastState?.terminated !== undefined) return status;
  // It ran, and nobody saw how it ended.
  const message = 'The container could not be located when the pod was deleted.  The container used to be Running';
  status.lastState = { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message } };
  if (pod.metadata.deletionTimestamp === undefined) status.restartCount += 1;
  return status;
}

function seen(container: Container, [last, previous]: readonly RuntimeContainer[]): ContainerStatus {
  const { id, attempt, image, imageRef } = last!;
  const { requests } = container.resources ?? {};
  return {
    name: container.name,
    state: stateOf(last!),
    lastState: previous === undefined ? {} : stateOf(previous),
    ready: false,
    restartCount: attempt,
    image,
    imageID: imageRef,
    containerID: id,
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    resources: container.resources ?? {},
    ...mounts(container),
  };
}

function stateOf(container: RuntimeContainer): NonNullable<ContainerStatus['state']> {
  const { id, state, startedAtMs, finishedAtMs, exitCode, reason, message } = container;
  const time = (ms: number | undefined) => timestamp(ms ?? 0);
  if (state === 'running') return { running: { startedAt: time(startedAtMs) } };
  if (state === 'created') return { waiting: {} };
  return {
    terminated: {
      exitCode: exitCode ?? 0,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      startedAt: time(startedAtMs ?? finishedAtMs),
      finishedAt: time(finishedAtMs),
      containerID: id,
    },
  };
}

function mounts(container: Container): Partial<ContainerStatus> {
  const { volumeMounts = [] } = container;
  if (volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}
