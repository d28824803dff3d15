import { nameIsPathSegment } from '../../../apimachinery/names.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { rbacGroup } from './bindings.ts';
import { validateClusterRole } from './rules.ts';

/** rbac.authorization.k8s.io/v1 ClusterRole. */
export const clusterRole: ResourceDescriptor = {
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'bYE5ZWDrJ44=',
  stored: true,
  subresources: [],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  validateName: nameIsPathSegment,
  validate: (object) => validateClusterRole(object),
  validateUpdate: validateClusterRole,
};
