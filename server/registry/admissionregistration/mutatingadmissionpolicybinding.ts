import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { bindingPrinter, setBindingDefaults } from './bindings.ts';
import { staticSuffixWarnings } from './defaults.ts';
import { validateMutatingBinding } from './policy-validation.ts';

/** admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding. */
export const mutatingAdmissionPolicyBinding: ResourceDescriptor = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  resource: 'mutatingadmissionpolicybindings',
  singular: 'mutatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: '90V5FRZZ3Zg=',
  stored: true,
  subresources: [],
  printer: bindingPrinter,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: true,
  warnings: staticSuffixWarnings,
  validate: validateMutatingBinding,
  validateUpdate: validateMutatingBinding,
  setDefaults: setBindingDefaults,
};
