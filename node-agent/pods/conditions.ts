// The conditions of a pod that its node's agent owns (pkg/kubelet/status/generate.go). Pure.
import { type ContainerStatus, isSidecar, type Pod, type PodCondition } from './pod.ts';

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

/** Others' are left as they are. */
export const ownedConditions: readonly string[] = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

export interface ConditionInput {
  pod: Pod;
  phase: string;
  sandboxReady: boolean;
  /** By container name: init containers and regular ones. */
  statuses: ReadonlyMap<string, ContainerStatus>;
  /** Conditions before, for their times. */
  before: readonly PodCondition[];
  /** RFC 3339: of what changes now. */
  now: string;
}

/** All conditions: those of others as they are, then the agent's, with the time of their last change. */
export function podConditions(input: ConditionInput): PodCondition[] {
  const { pod, before, now } = input;
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !ownedConditions.includes(type));
  const containersReady = containersReadyVerdict(input);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: input.sandboxReady ? 'True' : 'False' },
    Initialized: initializedVerdict(input),
    Ready: containersReady.status === 'True' ? gatesVerdict(pod, others) : containersReady,
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  };
  const { generation } = pod.metadata;
  const mine = Object.entries(verdicts).map(([type, verdict]): PodCondition => {
    const last = before.find((condition) => condition.type === type);
    const lastTransitionTime = last?.status === verdict.status ? (last.lastTransitionTime ?? now) : now;
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...verdict,
      lastProbeTime: null as unknown as string,
      lastTransitionTime,
    };
  });
  return [...others, ...mine];
}

function list(names: readonly string[]): string {
  return `[${names.join(' ')}]`;
}

function containersReadyVerdict({ pod, phase, statuses }: ConditionInput): Verdict {
  const { initContainers = [], containers } = pod.spec!;
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of [...initContainers.filter(isSidecar), ...containers]) {
    const status = statuses.get(name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const messages: string[] = [];
  if (unknown.length > 0) messages.push(`containers with unknown status: ${list(unknown)}`);
  if (unready.length > 0) messages.push(`containers with unready status: ${list(unready)}`);
  if (messages.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ContainersNotReady', message: messages.join(', ') };
}

function gatesVerdict(pod: Pod, conditions: readonly PodCondition[]): Verdict {
  const messages: string[] = [];
  for (const { conditionType } of pod.spec!.readinessGates ?? []) {
    const condition = conditions.find(({ type }) => type === conditionType);
    if (condition === undefined)
      messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== 'True')
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
  }
  if (messages.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function initializedVerdict({ pod, phase, statuses }: ConditionInput): Verdict {
  const { initContainers = [], containers } = pod.spec!;
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of initContainers) {
    const status = statuses.get(container.name);
    if (status === undefined) unknown.push(container.name);
    else if (!(isSidecar(container) ? status.started : status.ready)) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' };
  if (containers.some(({ name }) => hasStarted(statuses.get(name)))) return { status: 'True' };
  const messages: string[] = [];
  if (unknown.length > 0) messages.push(`containers with unknown status: ${list(unknown)}`);
  if (incomplete.length > 0) messages.push(`containers with incomplete status: ${list(incomplete)}`);
  if (messages.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ContainersNotInitialized', message: messages.join(', ') };
}

function hasStarted(status: ContainerStatus | undefined): boolean {
  const { state, lastState } = status ?? {};
  return state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined;
}
