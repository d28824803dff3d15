import { type FieldError, forbidden } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { validateParameters, validateProvisioner } from './validation.ts';

function validate(object: KubeObject): FieldError[] {
  return [
    ...validateProvisioner(object['driverName'] ?? '', 'driverName'),
    ...validateParameters(object['parameters'], false, 'parameters'),
  ];
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const changed = ['driverName', 'parameters'].filter((field) => !semanticEqual(object[field], old[field]));
  return [...changed.map((field) => forbidden(field, `updates to ${field} are forbidden.`)), ...validate(object)];
}

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
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  validate,
  validateUpdate,
};
