// How many replicas the metrics ask for (pkg/controller/podautoscaler/replica_calculator.go, metrics/utilization.go).
import { hasPodLevelResources } from '../../apimachinery/pod-resources.ts';
import { quantityMilliValue, quantityOf } from '../../apimachinery/quantity.ts';
import type { Pod } from '../../client/kinds.ts';
import { isPodReady } from '../shared/active-pods.ts';
import type { PodMetrics } from './metrics-client.ts';

export const maxInt32 = 2 ** 31 - 1;

/** How far use and target may be apart, as fractions, before anything is done. */
export interface Tolerances {
  scaleDown: number;
  scaleUp: number;
}

export interface ReadinessTimes {
  cpuInitializationPeriodMs: number;
  initialReadinessDelayMs: number;
}

export interface CalculatorInput {
  metrics: PodMetrics;
  pods: readonly Pod[];
  currentReplicas: number;
  tolerances: Tolerances;
  times: ReadinessTimes;
  nowMs: number;
}

export interface Proposal {
  replicas: number;
  /** What the Pods use, in thousandths: the mean, or as the metric is. */
  usage: number;
  /** Percent of what they request. */
  utilization?: number;
}

function isWithin({ scaleDown, scaleUp }: Tolerances, ratio: number): boolean {
  return 1 - scaleDown <= ratio && ratio <= 1 + scaleUp;
}

interface Groups {
  ready: number;
  /** Not to be counted yet. */
  unready: Set<string>;
  /** Without metrics. */
  missing: Set<string>;
  /** Being deleted, or failed. */
  ignored: Set<string>;
}

/** Pods by what their metrics are worth; of the CPU that a Pod uses while it starts, little. */
export function groupPods({ pods, metrics, times, nowMs }: CalculatorInput, resource: string): Groups {
  const groups: Groups = { ready: 0, unready: new Set(), missing: new Set(), ignored: new Set() };
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const phase = pod.status?.phase;
    if (deletionTimestamp !== undefined || phase === 'Failed') groups.ignored.add(name);
    else if (phase === 'Pending') groups.unready.add(name);
    else if (!metrics.has(name)) groups.missing.add(name);
    else if (resource === 'cpu' && isStarting(pod, metrics, times, nowMs)) groups.unready.add(name);
    else groups.ready += 1;
  }
  return groups;
}

function isStarting({ metadata, status }: Pod, metrics: PodMetrics, times: ReadinessTimes, nowMs: number): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || !status?.startTime) return true;
  const started = Date.parse(status.startTime);
  const changed = Date.parse(ready.lastTransitionTime ?? '') || 0;
  const isNot = ready.status === 'False';
  if (started + times.cpuInitializationPeriodMs <= nowMs)
    return isNot && started + times.initialReadinessDelayMs > changed;
  const { timestampMs, windowMs } = metrics.get(metadata.name)!;
  // A sample that began before the Pod was ready.
  return isNot || timestampMs < changed + windowMs;
}

/** The ratio of what is used to what is wanted, and what is used. */
interface Usage {
  ratio: number;
  usage: number;
  utilization?: number;
}

/** For a target in percent of the requests. Throws where metrics or requests are missing. */
export function replicasForUtilization(
  input: CalculatorInput,
  target: { utilization: number; resource: string; container: string | undefined },
): Proposal {
  const { utilization, resource, container } = target;
  const groups = usableMetrics(input, resource);
  const requests = requestsOf(input.pods, resource, container);
  const measure = (metrics: PodMetrics) => utilizationOf(metrics, requests, utilization);
  // What is missing is taken for what keeps the number as it is.
  const fallback = (name: string) => Math.trunc(((requests.get(name) ?? 0) * Math.max(100, utilization)) / 100);
  return propose(input, groups, measure, fallback);
}

/** For a target in the metric's own unit, for each Pod, in thousandths. Throws where metrics are missing. */
export function replicasForAverage(input: CalculatorInput, target: number, resource: string): Proposal {
  const groups = usableMetrics(input, resource);
  return propose(
    input,
    groups,
    (metrics) => averageOf(metrics, target),
    () => target,
  );
}

function usableMetrics(input: CalculatorInput, resource: string): Groups & { metrics: PodMetrics } {
  if (input.pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  const groups = groupPods(input, resource);
  const metrics = new Map(input.metrics);
  for (const name of [...groups.ignored, ...groups.unready]) metrics.delete(name);
  if (metrics.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  return { ...groups, metrics };
}

function propose(
  { currentReplicas, tolerances }: CalculatorInput,
  { metrics, ready, unready, missing }: Groups & { metrics: PodMetrics },
  measure: (metrics: PodMetrics) => Usage,
  fallback: (name: string) => number,
): Proposal {
  const { ratio, ...measured } = measure(metrics);
  const growing = unready.size > 0 && ratio > 1;
  if (!growing && missing.size === 0) {
    const replicas = isWithin(tolerances, ratio) ? currentReplicas : Math.ceil(ratio * ready);
    return { ...measured, replicas };
  }
  const assume = (name: string, value: number) => void metrics.set(name, { timestampMs: 0, windowMs: 0, value });
  if (ratio !== 1) for (const name of missing) assume(name, ratio < 1 ? fallback(name) : 0);
  if (growing) for (const name of unready) assume(name, 0);
  const { ratio: cautious } = measure(metrics);
  const turned = (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1);
  const replicas = Math.ceil(cautious * metrics.size);
  const against = (cautious < 1 && replicas > currentReplicas) || (cautious > 1 && replicas < currentReplicas);
  const keep = isWithin(tolerances, cautious) || turned || against;
  return { ...measured, replicas: keep ? currentReplicas : replicas };
}

function utilizationOf(metrics: PodMetrics, requests: ReadonlyMap<string, number>, target: number): Usage {
  let used = 0;
  let requested = 0;
  let count = 0;
  for (const [name, { value }] of metrics) {
    const request = requests.get(name);
    if (request === undefined) continue;
    used += value;
    requested += request;
    count += 1;
  }
  if (requested === 0) throw new Error('no metrics returned matched known pods');
  const utilization = Math.trunc((used * 100) / requested);
  return { ratio: utilization / target, usage: Math.trunc(used / count), utilization };
}

function averageOf(metrics: PodMetrics, target: number): Usage {
  let sum = 0;
  for (const { value } of metrics.values()) sum += value;
  const usage = Math.trunc(sum / metrics.size);
  return { ratio: usage / target, usage };
}

/** What the Pods request, in thousandths; one container of each where it is named. Throws where one does not say. */
function requestsOf(pods: readonly Pod[], resource: string, container: string | undefined): Map<string, number> {
  return new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, resource, container)]));
}

function requestOf({ metadata, spec }: Pod, resource: string, container: string | undefined): number {
  const of = (requests: Record<string, string> | undefined) => {
    const request = requests?.[resource];
    return request === undefined ? undefined : Number(quantityMilliValue(quantityOf(request)));
  };
  if (container === undefined && hasPodLevelResources(spec ?? {})) {
    const request = of(spec?.resources?.requests);
    if (request !== undefined) return request;
  }
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  let sum = 0;
  for (const { name, resources } of [...(spec?.containers ?? []), ...sidecars]) {
    if (container !== undefined && container !== name) continue;
    const request = of(resources?.requests);
    if (request === undefined)
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
    sum += request;
    if (container === name) return sum;
  }
  if (container !== undefined) throw new Error(`container ${container} not found in Pod ${metadata.name}`);
  return sum;
}

/** For a target of the whole, in thousandths: the ready Pods' number in proportion. Throws where there is no Pod. */
export function replicasForValue(
  { pods, currentReplicas, tolerances }: Omit<CalculatorInput, 'metrics'>,
  usage: number,
  target: number,
): Proposal {
  const ratio = usage / target;
  if (currentReplicas === 0) return { usage, replicas: Math.ceil(ratio) };
  if (isWithin(tolerances, ratio)) return { usage, replicas: currentReplicas };
  if (pods.length === 0)
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
  return { usage, replicas: Math.min(maxInt32, Math.ceil(ratio * ready)) };
}

/** For a target for each replica, in thousandths, of a metric of the whole. */
export function replicasForValuePerPod(
  statusReplicas: number,
  usage: number,
  target: number,
  tolerances: Tolerances,
): Proposal {
  const within = isWithin(tolerances, usage / (target * statusReplicas));
  const replicas = within ? statusReplicas : Math.min(maxInt32, Math.ceil(usage / target));
  const average = statusReplicas === 0 ? 0 : Math.ceil(usage / statusReplicas);
  return { replicas, usage: average };
}
