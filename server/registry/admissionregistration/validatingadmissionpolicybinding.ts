import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { bindingPrinter, setBindingDefaults } from './bindings.ts';
import { staticSuffixWarnings } from './defaults.ts';
import { validateValidatingBinding } from './policy-validation.ts';

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding. */
export const validatingAdmissionPolicyBinding: ResourceDescriptor = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'v9715VZqakg=',
  stored: true,
  subresources: [],
  printer: bindingPrinter,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: true,
  warnings: staticSuffixWarnings,
  validate: validateValidatingBinding,
  validateUpdate: validateValidatingBinding,
  setDefaults: setBindingDefaults,
};
