import type { ResourceDescriptor } from '../descriptor.ts';
import { clusterRole } from './clusterrole.ts';
import { clusterRoleBinding } from './clusterrolebinding.ts';
import { role } from './role.ts';
import { roleBinding } from './rolebinding.ts';

/** rbac.authorization.k8s.io/v1. */
export const rbac: readonly ResourceDescriptor[] = [clusterRoleBinding, clusterRole, roleBinding, role];
