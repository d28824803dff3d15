import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, ensure, listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { statusOnlySubresource } from '../status-metadata.ts';
import { setMatchResourcesDefaults, staticSuffixWarnings } from './defaults.ts';
import { validatePolicyStatus, validateValidatingPolicy } from './policy-validation.ts';
import { paramKindCell } from './print.ts';

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy. */
export const validatingAdmissionPolicy: ResourceDescriptor = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: '6OxvlMmQ6is=',
  stored: true,
  subresources: [statusOnlySubresource({ validateUpdate: validatePolicyStatus })],
  printer: {
    columns: [
      nameColumn,
      column('Validations', 'Validations indicates the number of validation rules defined in this configuration', {
        type: 'integer',
      }),
      column('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy'),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      listOf(object['spec']?.validations).length,
      paramKindCell(object['spec']?.paramKind),
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: true,
  warnings: staticSuffixWarnings,
  validate: (object) => validateValidatingPolicy(object),
  validateUpdate: validateValidatingPolicy,
  setDefaults(object) {
    const spec = ensure(object, 'spec');
    defaultTo(spec, 'failurePolicy', 'Fail');
    setMatchResourcesDefaults(spec['matchConstraints']);
  },
  prepareForCreate: dropStatus,
  prepareForUpdate: keepStatus,
};
