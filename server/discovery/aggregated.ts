// Aggregated discovery (KEP-3352): all groups, versions and resources in one document.
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import type { ServedGroup } from './groups.ts';
import { sortedSubresources } from './legacy.ts';

export type AggregatedVersion = 'v2' | 'v2beta1';

/** `/api` (only the core group) and `/apis` (all others) as an APIGroupDiscoveryList. */
export function apiGroupDiscoveryList(groups: readonly ServedGroup[], version: AggregatedVersion): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: group.versions.map((served) => ({
        version: served.version,
        resources: served.resources.map(apiResourceDiscovery),
        freshness: 'Current',
      })),
    })),
  };
}

/** Kinds of the group and version that they stand under leave both empty, as upstream does; custom ones never. */
function apiResourceDiscovery(resource: ResourceDescriptor): object {
  const { group, version, kind, custom } = resource;
  const own = custom === undefined ? { group: '', version: '', kind } : { group, version, kind };
  const subresources = sortedSubresources(resource).map(({ name, kind, verbs }) => {
    const foreign = kind !== undefined && (kind.group !== resource.group || kind.version !== resource.version);
    return {
      subresource: name,
      responseKind: foreign
        ? { group: kind.group, version: kind.version, kind: kind.kind }
        : { ...own, kind: kind?.kind ?? resource.kind },
      verbs,
    };
  });
  return {
    resource: resource.resource,
    responseKind: own,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames?.length ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories?.length ? { categories: resource.categories } : {}),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
