// Defaults of pods and pod templates (pkg/apis/core/v1/defaults.go), and what upstream's conversion between its
// external and internal Pod does to every object that passes through (conversion.go).

import {
  aggregateContainerResources,
  isHugePages,
  isOvercommitAllowed,
  isPodLevelResource,
} from '../../../apimachinery/pod-resources.ts';
import { ensure, type Fields, listOf } from '../fields.ts';
import { defaultContainer } from './container-defaults.ts';
import { defaultRequirements, defaultResourceList } from './resource-lists.ts';
import { defaultVolume } from './volume-defaults.ts';

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** SetDefaults_PodSpec with everything below it; for pods and templates alike. In place. */
export function defaultPodSpec(spec: Fields): void {
  if (!spec['dnsPolicy']) spec['dnsPolicy'] = 'ClusterFirst';
  if (!spec['restartPolicy']) spec['restartPolicy'] = 'Always';
  spec['securityContext'] ??= {};
  spec['terminationGracePeriodSeconds'] ??= 30;
  if (!spec['schedulerName']) spec['schedulerName'] = 'default-scheduler';
  syncServiceAccount(spec);
  const volumes = spec['volumes'] as Fields[] | null | undefined;
  if (volumes) for (const volume of volumes) defaultVolume(volume);
  for (const list of containerLists) {
    const containers = spec[list] as Fields[] | null | undefined;
    if (containers) for (const container of containers) defaultContainer(container);
  }
  defaultResourceList(spec['overhead']);
  defaultRequirements(spec['resources']);
  // Behind a gate that is off (GenericWorkload).
  delete spec['schedulingGroup'];
}

/** `serviceAccount` is the old name of `serviceAccountName`: either sets both, and the new one wins. */
function syncServiceAccount(spec: Fields): void {
  const name = (spec['serviceAccountName'] || spec['serviceAccount']) as string | undefined;
  if (name) {
    spec['serviceAccountName'] = name;
    spec['serviceAccount'] = name;
  }
}

/** Defaults a PodTemplateSpec in place. */
export function defaultPodTemplate(template: Fields): void {
  const metadata = ensure(template, 'metadata');
  dropInitContainerAnnotations(metadata);
  defaultPodSpec(ensure(template, 'spec'));
}

/** SetObjectDefaults_Pod: the pod's own defaults, then those of its spec and status. In place. */
export function defaultPod(pod: Fields): void {
  const spec = ensure(pod, 'spec');
  defaultRequests(spec['containers']);
  defaultRequests(spec['initContainers']);
  if (spec['resources']) defaultPodLevelResources(spec);
  spec['enableServiceLinks'] ??= true;
  if (spec['hostNetwork'] === true) {
    defaultHostPorts(spec['containers']);
    defaultHostPorts(spec['initContainers']);
  }
  defaultPodSpec(spec);
  if (spec['terminationGracePeriodSeconds'] < 0) spec['terminationGracePeriodSeconds'] = 1;
  dropInitContainerAnnotations(pod['metadata']);
  if (pod['status']) defaultPodStatus(pod['status']);
}

/** Limits without a request of the same name are requests too; pods only, not templates. */
function defaultRequests(containers: unknown): void {
  for (const container of listOf(containers)) {
    const limits = container['resources']?.limits as Fields | null | undefined;
    if (!limits) continue;
    const requests = ensure(container['resources'], 'requests');
    for (const name in limits) if (!Object.hasOwn(requests, name)) requests[name] = limits[name];
  }
}

function defaultHostPorts(containers: unknown): void {
  for (const container of listOf(containers)) {
    for (const port of listOf(container['ports'])) if (!port['hostPort']) port['hostPort'] = port['containerPort'];
  }
}

/** defaultHugePagePodLimits and defaultPodRequests: pod-level resources completed from the containers'. */
function defaultPodLevelResources(spec: Fields): void {
  const resources = spec['resources'] as Fields;
  const hasLimits = Object.keys(resources['limits'] ?? {}).length > 0;
  if (!hasLimits && Object.keys(resources['requests'] ?? {}).length === 0) return;
  const hugePages = aggregateContainerResources(spec, 'limits');
  for (const name in hugePages) {
    if (!isHugePages(name) || name in (resources['requests'] ?? {})) continue;
    const limits = ensure(resources, 'limits');
    if (!(name in limits)) limits[name] = hugePages[name];
  }
  if (!resources['limits'] || Object.keys(resources['limits']).length === 0) return;
  const requests: Fields = resources['requests'] ?? {};
  const aggregated = aggregateContainerResources(spec, 'requests');
  for (const name in aggregated) {
    if (!Object.hasOwn(requests, name) && isPodLevelResource(name) && isOvercommitAllowed(name))
      requests[name] = aggregated[name];
  }
  for (const name in resources['limits']) {
    if (!Object.hasOwn(requests, name) && isPodLevelResource(name)) requests[name] = resources['limits'][name];
  }
  if (Object.keys(requests).length > 0) resources['requests'] = requests;
}

function defaultPodStatus(status: Fields): void {
  for (const list of ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses']) {
    for (const container of listOf(status[list])) {
      defaultResourceList(container['allocatedResources']);
      defaultRequirements(container['resources']);
    }
  }
  defaultResourceList(status['allocatedResources']);
  defaultRequirements(status['resources']);
  syncFirstIP(status, 'podIP', 'podIPs');
}

/** The single address is the first of the list; where they differ the single one, which older clients set, wins. */
function syncFirstIP(status: Fields, single: string, list: string): void {
  const address = status[single] as string | undefined;
  const first = listOf(status[list])[0];
  if (address && (first === undefined || first['ip'] !== address)) status[list] = [{ ip: address }];
  else if (first !== undefined) status[single] = first['ip'];
}

const initContainerAnnotations = [
  'pod.beta.kubernetes.io/init-containers',
  'pod.alpha.kubernetes.io/init-containers',
  'pod.beta.kubernetes.io/init-container-statuses',
  'pod.alpha.kubernetes.io/init-container-statuses',
];

/** Annotations that old kubelets took init containers from are never served. */
function dropInitContainerAnnotations(metadata: Fields | null | undefined): void {
  const annotations = metadata?.['annotations'] as Fields | undefined;
  if (!annotations) return;
  for (const name of initContainerAnnotations) delete annotations[name];
}
