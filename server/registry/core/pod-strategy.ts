// What the server owns of a pod on create, update, status, ephemeral containers and resize (pkg/registry/core/pod/strategy.go).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { podQOS } from '../../../apimachinery/pod-resources.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import type { RequestContext } from '../descriptor.ts';
import { ensure, type Fields, keepAllButStatus, listOf } from '../fields.ts';
import { updatePodCondition } from './pod-conditions.ts';

/** A new pod is pending, in the quality of service class that it says or else has; what spreads by label keys gets its selectors completed. */
export function preparePodForCreate(pod: KubeObject, { timestamp }: RequestContext): void {
  const spec = pod['spec'] as Fields;
  const status: Fields = { phase: 'Pending', qosClass: pod['status']?.qosClass || podQOS(spec) };
  pod['status'] = status;
  if (listOf(spec['schedulingGates']).length > 0) {
    const message = 'Scheduling is blocked due to non-empty scheduling gates';
    updatePodCondition(
      status,
      { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message },
      timestamp,
    );
  }
  if (spec['affinity']) applyAffinityLabelKeys(spec['affinity'], pod.metadata.labels ?? {});
  if (spec['topologySpreadConstraints'])
    applySpreadLabelKeys(spec['topologySpreadConstraints'], pod.metadata.labels ?? {});
}

function applyAffinityLabelKeys(affinity: Fields, labels: Record<string, string>): void {
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    for (const weighted of listOf(affinity[kind]?.preferredDuringSchedulingIgnoredDuringExecution)) {
      if (weighted['podAffinityTerm']) applyLabelKeys(weighted['podAffinityTerm'], labels);
    }
    for (const term of listOf(affinity[kind]?.requiredDuringSchedulingIgnoredDuringExecution))
      applyLabelKeys(term, labels);
  }
}

function applySpreadLabelKeys(constraints: unknown, labels: Record<string, string>): void {
  for (const constraint of listOf(constraints)) applyLabelKeys(constraint, labels);
}

/** Adds `key in (value of the pod's label)` for each of matchLabelKeys, `notin` for mismatchLabelKeys. */
function applyLabelKeys(term: Fields, labels: Record<string, string>): void {
  const selector = term['labelSelector'] as Fields | null | undefined;
  if (!selector) return;
  const added = [
    ...requirements(term['matchLabelKeys'], 'In', labels),
    ...requirements(term['mismatchLabelKeys'], 'NotIn', labels),
  ];
  if (added.length > 0) selector['matchExpressions'] = [...listOf(selector['matchExpressions']), ...added];
}

function requirements(keys: string[] | null | undefined, operator: string, labels: Record<string, string>): Fields[] {
  return (keys ?? []).flatMap((key) => (Object.hasOwn(labels, key) ? [{ key, operator, values: [labels[key]] }] : []));
}

/** `/status`: the spec and the owners stay, and so does what older kubelets do not send back. */
export function preparePodStatusUpdate(pod: KubeObject, old: KubeObject, context: RequestContext): void {
  keepAllButStatus(pod, old, context);
  if (old.metadata.ownerReferences === undefined) delete pod.metadata.ownerReferences;
  else pod.metadata.ownerReferences = old.metadata.ownerReferences;
  const status = ensure(pod, 'status');
  const oldStatus = (old['status'] ?? {}) as Fields;
  if (!status['qosClass'] && oldStatus['qosClass']) status['qosClass'] = oldStatus['qosClass'];
  keepObservedGenerations(status, oldStatus);
}

function keepObservedGenerations(status: Fields, old: Fields): void {
  if (!status['observedGeneration'] && old['observedGeneration'])
    status['observedGeneration'] = old['observedGeneration'];
  const generations = new Map<string, number[]>();
  for (const condition of listOf(old['conditions'])) {
    const list = generations.get(condition['type']) ?? [];
    list.push(condition['observedGeneration'] ?? 0);
    generations.set(condition['type'], list);
  }
  // Several conditions of one type are allowed; they are matched in order.
  for (const condition of listOf(status['conditions'])) {
    const generation = generations.get(condition['type'])?.shift();
    if (!condition['observedGeneration'] && generation) condition['observedGeneration'] = generation;
  }
}

/** Puts back everything of `old` but the metadata that a subresource may change. */
function keepOld(pod: KubeObject, old: KubeObject): void {
  pod['spec'] = { ...old['spec'] };
  pod['status'] = old['status'];
  // ResetObjectMetaForStatus: these belong to the main resource.
  for (const field of [
    'deletionTimestamp',
    'generation',
    'labels',
    'annotations',
    'finalizers',
    'ownerReferences',
  ] as const) {
    if (old.metadata[field] === undefined) delete pod.metadata[field];
    else Object.assign(pod.metadata, { [field]: old.metadata[field] });
  }
}

/** `/ephemeralcontainers` changes that list and nothing else. */
export function prepareEphemeralContainersUpdate(pod: KubeObject, old: KubeObject): void {
  const containers = (pod['spec'] as Fields | undefined)?.['ephemeralContainers'];
  keepOld(pod, old);
  if (containers === undefined) delete pod['spec'].ephemeralContainers;
  else pod['spec'].ephemeralContainers = containers;
  countGeneration(pod, old);
}

/**
 * `/resize` changes the resources and resize policies of containers and of the pod. Containers that come, go or change
 * names leave the pod as it is, for validation to refuse.
 */
export function prepareResizeUpdate(pod: KubeObject, old: KubeObject): void {
  const spec = pod['spec'] as Fields;
  const oldSpec = old['spec'] as Fields;
  const containers = resized(listOf(spec['containers']), listOf(oldSpec['containers']));
  const initContainers = resized(listOf(spec['initContainers']), listOf(oldSpec['initContainers']));
  if (containers === undefined || initContainers === undefined) return;
  const resources = spec['resources'];
  keepOld(pod, old);
  const kept = pod['spec'] as Fields;
  kept['containers'] = containers;
  if (initContainers.length > 0) kept['initContainers'] = initContainers;
  if (resources === undefined) delete kept['resources'];
  else kept['resources'] = resources;
  countGeneration(pod, old);
}

/** A changed spec counts for the generation here as it does on an ordinary update. */
function countGeneration(pod: KubeObject, old: KubeObject): void {
  if (!semanticEqual(pod['spec'], old['spec'])) pod.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function resized(containers: readonly Fields[], old: readonly Fields[]): readonly Fields[] | undefined {
  if (containers.length !== old.length) return undefined;
  if (containers.some((container, i) => container['name'] !== old[i]!['name'])) return containers;
  return old.map((container, i) => {
    const { resources, resizePolicy } = containers[i]!;
    const merged: Fields = { ...container, resources: resources ?? {} };
    if (resizePolicy === undefined) delete merged['resizePolicy'];
    else merged['resizePolicy'] = resizePolicy;
    return merged;
  });
}

/**
 * CheckGracefulDelete: the seconds a delete grants. Pods that no node has, or that have finished, go at once.
 * `requested` is the client's gracePeriodSeconds.
 */
export function podGracePeriodSeconds(pod: KubeObject, requested: number | undefined): number {
  const phase = pod['status']?.phase;
  if (!pod['spec']?.nodeName || phase === 'Failed' || phase === 'Succeeded') return 0;
  const period = requested ?? pod['spec'].terminationGracePeriodSeconds ?? 0;
  return period < 0 ? 1 : period;
}
