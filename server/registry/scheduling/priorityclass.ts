import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';

const definition = 'io.k8s.api.scheduling.v1.PriorityClass';

/** scheduling.k8s.io/v1 PriorityClass. */
export const priorityClass: ResourceDescriptor = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: '1QwjyaZjj3Y=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Value', definition, 'value', { type: 'integer' }),
      fieldColumn('Global-Default', definition, 'globalDefault', { type: 'boolean' }),
      ageColumn,
      fieldColumn('PreemptionPolicy', definition, 'preemptionPolicy'),
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      object['value'] ?? 0,
      object['globalDefault'] ?? false,
      age(object, now),
      object['preemptionPolicy'] ?? '',
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  // Upstream sets 1 on create and never counts.
  generationChanged: () => false,
  setDefaults(object) {
    defaultTo(object, 'preemptionPolicy', 'PreemptLowerPriority');
  },
};
