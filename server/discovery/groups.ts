// The groups and versions that a list of resources makes, in the order in which clients resolve an unqualified name.
import type { ResourceDescriptor } from '../registry/descriptor.ts';

export interface ServedVersion {
  version: string;
  /** By name. */
  resources: readonly ResourceDescriptor[];
}

export interface ServedGroup {
  /** '' for the core group. */
  name: string;
  /** The preferred version first. */
  versions: readonly ServedVersion[];
}

/** groupPriorityMinimum of upstream's APIServices; groups of custom resources have `customGroupPriority`. */
const groupPriorities: Readonly<Record<string, number>> = {
  '': 18_000,
  'apiregistration.k8s.io': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'admissionregistration.k8s.io': 16_700,
  'apiextensions.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'resource.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
};

const customGroupPriority = 1000;

const versionPattern = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/;

/**
 * Orders versions as upstream does (k8s.io/apimachinery/pkg/version CompareKubeAwareVersionStrings): `v2`, `v1`, `v1beta2`, `v1alpha1`,
 * then everything else by name.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionPattern.exec(a), versionPattern.exec(b)];
  if (left === null || right === null) {
    if (left !== null) return -1;
    if (right !== null) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const stability = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0);
  return (
    stability(right) - stability(left) ||
    Number(right[1]) - Number(left[1]) ||
    Number(right[3] ?? 0) - Number(left[3] ?? 0)
  );
}

/** Groups the resources, every version that each is served in counted. */
export function servedGroups(resources: readonly ResourceDescriptor[]): ServedGroup[] {
  const groups = new Map<string, Map<string, ResourceDescriptor[]>>();
  for (const resource of resources) {
    const versions = getOrAdd(groups, resource.group, () => new Map<string, ResourceDescriptor[]>());
    for (const version of versionsOf(resource)) getOrAdd(versions, version, () => []).push(resource);
  }
  const priority = (name: string): number => groupPriorities[name] ?? customGroupPriority;
  return [...groups]
    .map(([name, versions]) => ({ name, versions: sortedVersions(versions) }))
    .sort((a, b) => priority(b.name) - priority(a.name) || (a.name < b.name ? -1 : 1));
}

/** Every version in which a resource is served, each once: a version may be listed again for how it is converted. */
export function versionsOf(resource: ResourceDescriptor): string[] {
  return [...new Set([resource.version, ...(resource.otherVersions ?? []).map(({ version }) => version)])];
}

function sortedVersions(versions: Map<string, ResourceDescriptor[]>): ServedVersion[] {
  return [...versions]
    .map(([version, resources]) => ({
      version,
      resources: resources.sort((a, b) => (a.resource < b.resource ? -1 : 1)),
    }))
    .sort((a, b) => compareVersions(a.version, b.version));
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
