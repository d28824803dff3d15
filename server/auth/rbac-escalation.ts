// Nobody may hand out by RBAC what they do not have (kubernetes pkg/registry/rbac escalation_check.go and */policybased).

import type { KubeObject } from '../../apimachinery/object.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { newForbidden, newNotFound } from '../../apimachinery/status.ts';
import { printList } from './go-format.ts';
import { compactRules, type PolicyRule, printRule, uncoveredRules } from './policy-rules.ts';
import type { RbacAuthorizer, RoleRef } from './rbac.ts';
import type { Authorizer, UserInfo } from './types.ts';
import { privilegedGroup } from './user.ts';

const group = 'rbac.authorization.k8s.io';

const everything: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export interface RbacWrite {
  user: UserInfo;
  /** `roles`, `clusterroles`, `rolebindings` or `clusterrolebindings`. */
  resource: string;
  /** '' for cluster scope. */
  namespace: string;
  object: KubeObject;
  /** The object before, on update. */
  old?: KubeObject;
}

/** What the user lacks of `rules`, in upstream's words; undefined when they hold it all. */
function missing(rbac: RbacAuthorizer, write: RbacWrite, rules: readonly PolicyRule[]): string | undefined {
  const owned = rbac.resolve(write.user, write.namespace);
  const uncovered = uncoveredRules(owned.rules, rules);
  if (uncovered.length === 0) return undefined;
  const lines = [...new Set(compactRules(uncovered).map(printRule))].sort();
  const { name, groups } = write.user;
  const who = `user ${JSON.stringify(name)} (groups=${printList(groups)})`;
  const errors = owned.errors.length === 0 ? '' : `; resolution errors: [${owned.errors.join(' ')}]`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${errors}`;
}

async function mayUse(
  authorizer: Authorizer,
  write: RbacWrite,
  verb: 'escalate' | 'bind',
  resource: string,
  name: string,
): Promise<boolean> {
  const { decision } = await authorizer.authorize({
    user: write.user,
    verb,
    namespace: write.namespace,
    group,
    version: '*',
    resource,
    subresource: '',
    name,
    isResourceRequest: true,
    path: '',
  });
  return decision === 'Allow';
}

/** The garbage collector may take away owners and finalizers of anything. */
function changesOnlyGarbageCollection(object: KubeObject, old: KubeObject | undefined): boolean {
  if (old === undefined) return false;
  const { ownerReferences, finalizers, managedFields } = old.metadata;
  const metadata = { ...object.metadata, ownerReferences, finalizers, managedFields };
  return semanticEqual({ ...object, metadata }, old);
}

function hasAggregationRule(role: KubeObject | undefined): boolean {
  return (role?.['aggregationRule']?.clusterRoleSelectors?.length ?? 0) > 0;
}

async function checkRole(rbac: RbacAuthorizer, authorizer: Authorizer, write: RbacWrite): Promise<void> {
  const { resource, object, old } = write;
  const name = object.metadata.name ?? '';
  if (await mayUse(authorizer, write, 'escalate', resource, old === undefined ? '' : name)) return;
  if (changesOnlyGarbageCollection(object, old)) return;
  const lacking = missing(rbac, write, object['rules'] ?? []);
  if (lacking !== undefined) throw newForbidden({ group, resource }, name, lacking);
  const aggregates = resource === 'clusterroles' && (hasAggregationRule(object) || hasAggregationRule(old));
  if (aggregates && missing(rbac, write, everything) !== undefined)
    throw newForbidden({ group, resource }, name, 'must have cluster-admin privileges to use the aggregationRule');
}

async function checkBinding(rbac: RbacAuthorizer, authorizer: Authorizer, write: RbacWrite): Promise<void> {
  const { resource, object, old, namespace } = write;
  const roleRef: RoleRef = object['roleRef'];
  if (changesOnlyGarbageCollection(object, old)) return;
  const roleResource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (await mayUse(authorizer, write, 'bind', roleResource, roleRef.name)) return;
  let rules: PolicyRule[];
  try {
    rules = rbac.rulesOfRole(roleRef, namespace);
  } catch {
    throw newNotFound({ group, resource: roleResource }, roleRef.name);
  }
  const lacking = missing(rbac, write, rules);
  if (lacking !== undefined) throw newForbidden({ group, resource }, object.metadata.name ?? '', lacking);
}

/**
 * Called on create and update of the four RBAC kinds, after defaulting and before validation. Passes what system:masters,
 * the verbs `escalate` (roles) and `bind` (bindings), or the user's own permissions allow; throws Forbidden otherwise, and
 * NotFound for a binding whose role does not exist.
 */
export async function checkRbacEscalation(
  rbac: RbacAuthorizer,
  authorizer: Authorizer,
  write: RbacWrite,
): Promise<void> {
  if (write.user.groups.includes(privilegedGroup)) return;
  if (write.resource.endsWith('bindings')) await checkBinding(rbac, authorizer, write);
  else await checkRole(rbac, authorizer, write);
}
