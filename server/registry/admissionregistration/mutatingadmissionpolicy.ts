import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, ensure, listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { setMatchResourcesDefaults, staticSuffixWarnings } from './defaults.ts';
import { validateMutatingPolicy } from './policy-validation.ts';
import { paramKindCell } from './print.ts';

/** admissionregistration.k8s.io/v1 MutatingAdmissionPolicy. */
export const mutatingAdmissionPolicy: ResourceDescriptor = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  singular: 'mutatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'LYmCf+UMVdg=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      column('Mutations', 'Mutation indicates the number of mutations rules defined in this configuration', {
        type: 'integer',
      }),
      column('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy'),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      listOf(object['spec']?.mutations).length,
      paramKindCell(object['spec']?.paramKind),
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: true,
  warnings: staticSuffixWarnings,
  validate: (object) => validateMutatingPolicy(object),
  validateUpdate: validateMutatingPolicy,
  setDefaults(object) {
    const spec = ensure(object, 'spec');
    defaultTo(spec, 'failurePolicy', 'Fail');
    setMatchResourcesDefaults(spec['matchConstraints']);
  },
};
