// Discovery as clients have always read it: APIVersions, APIGroupList, APIGroup and APIResourceList.
import { apiVersionOf } from '../../apimachinery/object.ts';
import type { ResourceDescriptor, SubresourceDescriptor } from '../registry/descriptor.ts';
import type { ServedGroup, ServedVersion } from './groups.ts';

/** `/api`. `serverAddress` is where clients reach the server, as `host:port`. */
export function apiVersions(core: ServedGroup, serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: core.versions.map(({ version }) => version),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function groupFields({ name, versions }: ServedGroup): object {
  const listed = versions.map(({ version }) => ({ groupVersion: apiVersionOf(name, version), version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

/** `/apis`. */
export function apiGroupList(groups: readonly ServedGroup[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupFields) };
}

/** `/apis/<group>`. */
export function apiGroup(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(group) };
}

/** `/api/v1` and `/apis/<group>/<version>`. */
export function apiResourceList(group: string, served: ServedVersion): object {
  return {
    kind: 'APIResourceList',
    // Upstream's core group answers without it.
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(group, served.version),
    resources: served.resources.flatMap((resource) => [
      apiResource(resource),
      ...sortedSubresources(resource).map((subresource) => apiSubresource(resource, subresource)),
    ]),
  };
}

/** By name, as upstream lists them; those of custom resources stand in an order of their own. */
export function sortedSubresources(resource: ResourceDescriptor): readonly SubresourceDescriptor[] {
  if (resource.custom !== undefined) return resource.subresources;
  return [...resource.subresources].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function apiResource(resource: ResourceDescriptor): object {
  return {
    name: resource.resource,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...(resource.shortNames?.length ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories?.length ? { categories: resource.categories } : {}),
    ...(resource.storageVersionHash === '' ? {} : { storageVersionHash: resource.storageVersionHash }),
  };
}

function apiSubresource(resource: ResourceDescriptor, subresource: SubresourceDescriptor): object {
  const { kind } = subresource;
  const foreign = kind !== undefined && (kind.group !== resource.group || kind.version !== resource.version);
  return {
    name: `${resource.resource}/${subresource.name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(foreign ? { group: kind.group, version: kind.version } : {}),
    kind: kind?.kind ?? resource.kind,
    verbs: subresource.verbs,
  };
}
