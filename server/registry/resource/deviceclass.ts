import { type FieldError, invalid } from '../../../apimachinery/field.ts';
import { isQualifiedName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { listOf } from '../fields.ts';
import { age, ageColumn, nameColumn } from '../print.ts';
import { validateSlice } from './collections.ts';
import { maxConfigurations, validateConfiguration, validateSelectors } from './request-validation.ts';

/** A name of the form `domain/name` outside of kubernetes.io, that is one of a resource quota too. */
function isExtendedResourceName(name: string): boolean {
  const native = !name.includes('/') || name.includes('kubernetes.io/');
  return !native && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0;
}

function validate(object: KubeObject): FieldError[] {
  const { selectors, config, extendedResourceName: name } = object['spec'] ?? {};
  const errors = [
    ...validateSelectors(selectors, 'spec.selectors'),
    ...validateSlice(listOf(config), maxConfigurations, 'spec.config', validateConfiguration),
  ];
  if (name !== undefined && !isExtendedResourceName(name))
    errors.push(invalid('spec.extendedResourceName', name, 'must be a valid extended resource name'));
  return errors;
}

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
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  validatesGenerateName: false,
  validate,
  validateUpdate: validate,
};
