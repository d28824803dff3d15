import { nameIsPathSegment } from '../../../apimachinery/names.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { rbacGroup } from './bindings.ts';
import { validateRules } from './rules.ts';

/** rbac.authorization.k8s.io/v1 Role. */
export const role: ResourceDescriptor = {
  group: rbacGroup,
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  singular: 'role',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: '7FuwZcIIItM=',
  stored: true,
  subresources: [],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  validateName: nameIsPathSegment,
  validate: (object) => validateRules(object, true),
  validateUpdate: (object) => validateRules(object, true),
};
