import type { KubeObject } from '../../../apimachinery/object.ts';
import { groupResourceOf } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, fieldColumn, nameColumn } from '../print.ts';

function parent(object: KubeObject): string {
  const reference = object['spec']?.parentRef;
  if (!reference) return '<none>';
  const resource = groupResourceOf(reference.group ?? '', reference.resource ?? '').toLowerCase();
  const namespace = reference.namespace ? `/${reference.namespace}` : '';
  return `${resource}${namespace}/${reference.name ?? ''}`;
}

/** networking.k8s.io/v1 IPAddress: one allocated address, named by itself. */
export const ipAddress: ResourceDescriptor = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: '3f/plJFChNE=',
  stored: true,
  subresources: [],
  printer: {
    columns: [nameColumn, fieldColumn('ParentRef', 'io.k8s.api.networking.v1.IPAddressSpec', 'parentRef')],
    // Upstream prints an age for which it has no column, and so do we.
    cells: (object, { now }) => [object.metadata.name ?? '', parent(object), age(object, now)],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
};
