import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';

/** CoordinatedLeaderElection is off by default: its fields are kept only where they are stored already. */
function dropDisabledFields(object: KubeObject, old?: KubeObject): void {
  const spec = object['spec'];
  if (!spec) return;
  for (const field of ['strategy', 'preferredHolder']) if (old?.['spec']?.[field] === undefined) delete spec[field];
}

/** coordination.k8s.io/v1 Lease. */
export const lease: ResourceDescriptor = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  singular: 'lease',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'gqkMMb/YqFM=',
  stored: true,
  subresources: [],
  printer: {
    columns: [nameColumn, fieldColumn('Holder', 'io.k8s.api.coordination.v1.LeaseSpec', 'holderIdentity'), ageColumn],
    cells: (object, { now }) => [object.metadata.name ?? '', object['spec']?.holderIdentity ?? '', age(object, now)],
  },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  prepareForCreate: (object) => dropDisabledFields(object),
  prepareForUpdate: (object, old) => dropDisabledFields(object, old),
};
