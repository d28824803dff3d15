import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { statusOnlySubresource } from '../status-metadata.ts';

/** networking.k8s.io/v1 ServiceCIDR: a range that Service addresses are taken from. */
export const serviceCIDR: ResourceDescriptor = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'gNLvruQhW2g=',
  stored: true,
  subresources: [statusOnlySubresource()],
  printer: {
    columns: [nameColumn, fieldColumn('CIDRs', 'io.k8s.api.networking.v1.ServiceCIDRSpec', 'cidrs'), ageColumn],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      ((object['spec']?.cidrs ?? []) as string[]).join(','),
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  prepareForCreate: dropStatus,
  prepareForUpdate: keepStatus,
};
