import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';

/** storage.k8s.io/v1 CSINode. */
export const csiNode: ResourceDescriptor = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'Pe62DkZtjuo=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      column('Drivers', 'Drivers indicates the number of CSI drivers registered on the node', { type: 'integer' }),
      ageColumn,
    ],
    cells: (object, { now }) => [object.metadata.name ?? '', listOf(object['spec']?.drivers).length, age(object, now)],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
};
