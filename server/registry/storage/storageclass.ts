import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';

const definition = 'io.k8s.api.storage.v1.StorageClass';
const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** storage.k8s.io/v1 StorageClass. */
export const storageClass: ResourceDescriptor = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'K+m6uJwbjGY=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Provisioner', definition, 'provisioner'),
      fieldColumn('ReclaimPolicy', definition, 'reclaimPolicy'),
      fieldColumn('VolumeBindingMode', definition, 'volumeBindingMode'),
      fieldColumn('AllowVolumeExpansion', definition, 'allowVolumeExpansion'),
      ageColumn,
    ],
    cells(object, { now }) {
      const isDefault = defaultAnnotations.some((name) => object.metadata.annotations?.[name] === 'true');
      return [
        `${object.metadata.name ?? ''}${isDefault ? ' (default)' : ''}`,
        object['provisioner'] ?? '',
        object['reclaimPolicy'] ?? 'Delete',
        object['volumeBindingMode'] ?? 'Immediate',
        object['allowVolumeExpansion'] ?? false,
        age(object, now),
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    defaultTo(object, 'reclaimPolicy', 'Delete');
    defaultTo(object, 'volumeBindingMode', 'Immediate');
  },
};
