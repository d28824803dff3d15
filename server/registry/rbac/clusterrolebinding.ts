import { nameIsPathSegment } from '../../../apimachinery/names.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { bindingPrinter, rbacGroup, setBindingDefaults, validateBinding, validateBindingUpdate } from './bindings.ts';

/** rbac.authorization.k8s.io/v1 ClusterRoleBinding. */
export const clusterRoleBinding: ResourceDescriptor = {
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: '48tpQ8gZHFc=',
  stored: true,
  subresources: [],
  printer: bindingPrinter('clusterRoleBinding', 'io.k8s.api.rbac.v1.ClusterRoleBinding'),
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults: setBindingDefaults,
  validateName: nameIsPathSegment,
  validate: (object) => validateBinding(object, false),
  validateUpdate: (object, old) => validateBindingUpdate(object, old, false),
};
