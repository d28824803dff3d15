import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, nameColumn } from '../print.ts';
import { setClaimSpecDefaults } from './defaults.ts';

/** resource.k8s.io/v1 ResourceClaimTemplate. */
export const resourceClaimTemplate: ResourceDescriptor = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  resource: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'TuzjC49aUfM=',
  stored: true,
  subresources: [],
  printer: {
    columns: [nameColumn, ageColumn],
    cells: (object, { now }) => [object.metadata.name ?? '', age(object, now)],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults: (object) => setClaimSpecDefaults(object['spec']?.spec),
};
