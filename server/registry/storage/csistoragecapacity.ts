import { type FieldError, invalid } from '../../../apimachinery/field.ts';
import { isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { parseQuantity, quantityMilliValue } from '../../../apimachinery/quantity.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { fieldImmutable, invalidEach, validateLabelSelector } from '../../../apimachinery/validation.ts';
import { deprecatedNodeLabel } from '../core/node-label-warnings.ts';
import { canonicalizeField } from '../core/resource-lists.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { listOf } from '../fields.ts';

function validate(object: KubeObject, old?: KubeObject): FieldError[] {
  const { nodeTopology, storageClassName = '', capacity } = object;
  const allowInvalidLabelValue = old !== undefined && validateLabelSelector(old['nodeTopology'], '').length > 0;
  const errors = [
    ...validateLabelSelector(nodeTopology, 'nodeTopology', { allowInvalidLabelValue }),
    ...invalidEach('storageClassName', storageClassName, isDNS1123Subdomain(storageClassName)),
  ];
  if (capacity !== undefined && quantityMilliValue(parseQuantity(capacity)) < 0n)
    errors.push(invalid('capacity', capacity, 'must be greater than or equal to 0'));
  return errors;
}

/** What a driver was asked about does not change. */
function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validate(object, old);
  for (const field of ['nodeTopology', 'storageClassName'])
    if (!semanticEqual(object[field], old[field])) errors.push(invalid(field, object[field], fieldImmutable));
  return errors;
}

function warnings(object: KubeObject): string[] {
  const expressions = listOf(object['nodeTopology']?.matchExpressions).flatMap(({ key }, index) => {
    const message = deprecatedNodeLabel(key);
    return message === undefined ? [] : [`nodeTopology.matchExpressions[${index}].key: ${key} is ${message}`];
  });
  const labels = Object.keys(object['nodeTopology']?.matchLabels ?? {}).flatMap((label) => {
    const message = deprecatedNodeLabel(label);
    return message === undefined ? [] : [`nodeTopology.matchLabels.${label}: ${message}`];
  });
  return [...expressions, ...labels];
}

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
  setDefaults(object) {
    canonicalizeField(object, 'capacity');
    canonicalizeField(object, 'maximumVolumeSize');
  },
  validate: (object) => validate(object),
  validateUpdate,
  warnings,
};
