import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField, validateTemplateObjectMeta } from '../../../apimachinery/validation.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { internalForm } from '../internal-form.ts';
import { age, ageColumn, nameColumn } from '../print.ts';
import { setClaimSpecDefaults } from './defaults.ts';
import { validateClaimSpec } from './request-validation.ts';

const specDefinition = 'io.k8s.api.resource.v1.ResourceClaimTemplateSpec';

function validate(object: KubeObject): FieldError[] {
  const { metadata = {}, spec = {} } = object['spec'] ?? {};
  return [...validateTemplateObjectMeta(metadata, 'spec.metadata'), ...validateClaimSpec(spec, 'spec.spec')];
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const [spec, oldSpec] = [object['spec'], old['spec']].map((part) => internalForm(part, specDefinition));
  return [...validate(object), ...validateImmutableField(spec, oldSpec, 'spec')];
}

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
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  validate,
  validateUpdate,
  setDefaults: (object) => setClaimSpecDefaults(object['spec']?.spec),
};
