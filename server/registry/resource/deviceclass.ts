import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, nameColumn } from '../print.ts';

/** resource.k8s.io/v1 DeviceClass. */
export const deviceClass: ResourceDescriptor = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  resource: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'Yk2PTc1Ybxk=',
  stored: true,
  subresources: [],
  printer: {
    columns: [nameColumn, ageColumn],
    cells: (object, { now }) => [object.metadata.name ?? '', age(object, now)],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
};
