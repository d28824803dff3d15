import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';

/** storage.k8s.io/v1 CSIStorageCapacity. It has no printer that upstream's server finds, so its table is the default one. */
export const csiStorageCapacity: ResourceDescriptor = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'xeVl+2Ly1kE=',
  stored: true,
  subresources: [],
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
};
