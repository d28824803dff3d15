import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';

/** storage.k8s.io/v1 VolumeAttributesClass. */
export const volumeAttributesClass: ResourceDescriptor = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'tIjydgKBC5w=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('DriverName', 'io.k8s.api.storage.v1.VolumeAttributesClass', 'driverName'),
      ageColumn,
    ],
    cells: (object, { now }) => [object.metadata.name ?? '', object['driverName'] ?? '', age(object, now)],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
};
