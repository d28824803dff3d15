// Discovery with the APIs that other servers serve (kubernetes kube-aggregator pkg/apiserver handler_apis.go, handler_discovery.go):
// groups by the highest priority of their APIServices, versions by theirs.
import type { KubeObject } from '../../apimachinery/object.ts';
import { compareVersions } from '../discovery/groups.ts';
import type { Aggregator } from './aggregator.ts';

interface LegacyVersion {
  groupVersion: string;
  version: string;
}

export interface LegacyGroup {
  name: string;
  versions: LegacyVersion[];
  preferredVersion: LegacyVersion;
}

export interface GroupDiscovery {
  metadata: { name?: string };
  versions: { version: string }[];
}

/** Groups without an APIService of their own are of custom resources, which come last. */
const customPriority = { group: 1000, version: 100 };

class Priorities {
  readonly #versions = new Map<string, number>();
  readonly #groups = new Map<string, number>();

  constructor(apiServices: readonly KubeObject[]) {
    for (const { spec } of apiServices as readonly (KubeObject & { spec?: Record<string, never> })[]) {
      const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec ?? {};
      this.#versions.set(`${group}/${version}`, versionPriority);
      this.#groups.set(group, Math.max(this.#groups.get(group) ?? 0, groupPriorityMinimum));
    }
  }

  groups(a: string, b: string): number {
    // Upstream's own group is put before all others.
    const of = (name: string) =>
      name === 'apiregistration.k8s.io' ? Infinity : (this.#groups.get(name) ?? customPriority.group);
    return of(a) === of(b) ? (a < b ? -1 : 1) : of(b) - of(a);
  }

  versions(group: string, a: string, b: string): number {
    const of = (version: string) => this.#versions.get(`${group}/${version}`) ?? customPriority.version;
    return of(b) - of(a) || compareVersions(a, b);
  }
}

function grouped<Version extends { version: string }>(
  local: Iterable<[group: string, versions: readonly Version[]]>,
  remote: Iterable<[group: string, version: Version]>,
  priorities: Priorities,
): [group: string, versions: Version[]][] {
  const groups = new Map<string, Map<string, Version>>();
  const put = (group: string, version: Version) => {
    const versions = groups.get(group) ?? new Map<string, Version>();
    groups.set(group, versions.set(version.version, version));
  };
  for (const [group, versions] of local) for (const version of versions) put(group, version);
  for (const [group, version] of remote) put(group, version);
  return [...groups]
    .sort(([a], [b]) => priorities.groups(a, b))
    .map(([group, versions]) => [
      group,
      [...versions.values()].sort((a, b) => priorities.versions(group, a.version, b.version)),
    ]);
}

/** `/apis` in its old form. */
export function mergeLegacyGroups(local: readonly LegacyGroup[], aggregator: Aggregator): LegacyGroup[] {
  const remote = [...aggregator.backends()]
    .filter(({ group }) => group !== '')
    .map(({ group, version }): [string, LegacyVersion] => [group, { groupVersion: `${group}/${version}`, version }]);
  const groups = grouped(
    local.map(({ name, versions }): [string, LegacyVersion[]] => [name, versions]),
    remote,
    new Priorities(aggregator.apiServices()),
  );
  return groups.map(([name, versions]) => ({ name, versions, preferredVersion: versions[0]! }));
}

/** The aggregated form's items of `/apis`. */
export function mergeGroupDiscovery(local: readonly GroupDiscovery[], aggregator: Aggregator): GroupDiscovery[] {
  const remote = [...aggregator.documents()]
    .filter(({ backend }) => backend.group !== '')
    .map(({ backend: { group, version }, discovery, fresh }): [string, { version: string }] => [
      group,
      { version, ...discovery, ...{ freshness: fresh ? 'Current' : 'Stale' } },
    ]);
  const groups = grouped(
    local.map(({ metadata, versions }): [string, { version: string }[]] => [metadata.name ?? '', versions]),
    remote,
    new Priorities(aggregator.apiServices()),
  );
  return groups.map(([name, versions]) => ({ metadata: { name }, versions }));
}
