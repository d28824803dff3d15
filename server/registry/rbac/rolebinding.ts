import { nameIsPathSegment } from '../../../apimachinery/names.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { bindingPrinter, rbacGroup, setBindingDefaults, validateBinding, validateBindingUpdate } from './bindings.ts';

/** rbac.authorization.k8s.io/v1 RoleBinding. */
export const roleBinding: ResourceDescriptor = {
  group: rbacGroup,
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'eGsCzGH6b1g=',
  stored: true,
  subresources: [],
  printer: bindingPrinter('roleBinding', 'io.k8s.api.rbac.v1.RoleBinding'),
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults: setBindingDefaults,
  validateName: nameIsPathSegment,
  validate: (object) => validateBinding(object, true),
  validateUpdate: (object, old) => validateBindingUpdate(object, old, true),
};
