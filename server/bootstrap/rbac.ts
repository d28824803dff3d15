// The default RBAC objects, and how those that exist are brought up to date at start
// (kubernetes pkg/registry/rbac/rest storage_rbac.go, k8s.io/component-helpers auth/rbac/reconciliation).

import type { KubeObject } from '../../apimachinery/object.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { uncoveredRules } from '../auth/policy-rules.ts';
import { clusterRoles } from './cluster-roles.ts';
import { controllerRoles } from './controller-roles.ts';
import type { DefaultObject } from './ensure.ts';
import { type BindingData, bindingObject, roleObject, type Subject, serviceAccount } from './rbac-data.ts';
import { clusterRoleBindings, roleBindings, roles } from './roles-and-bindings.ts';

const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate';

/** Labels and annotations as they are, plus those wanted that are missing. Undefined where the object opted out. */
function mergedMetadata(existing: KubeObject, wanted: KubeObject): KubeObject['metadata'] | undefined {
  if (existing.metadata.annotations?.[autoUpdate] === 'false') return undefined;
  return {
    ...existing.metadata,
    labels: { ...wanted.metadata.labels, ...existing.metadata.labels },
    annotations: { ...wanted.metadata.annotations, ...existing.metadata.annotations },
  };
}

function changed(existing: KubeObject, merged: KubeObject): KubeObject | undefined {
  return semanticEqual(existing, merged) ? undefined : merged;
}

/** Adds the rules and selectors that the role lacks; never takes any away. */
export function reconcileRole(existing: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const metadata = mergedMetadata(existing, wanted);
  if (metadata === undefined) return undefined;
  const missing = uncoveredRules(existing['rules'] ?? [], wanted['rules'] ?? []);
  const merged: KubeObject = { ...existing, metadata };
  if (missing.length > 0) merged['rules'] = [...(existing['rules'] ?? []), ...missing];
  if (wanted['aggregationRule'] === undefined) delete merged['aggregationRule'];
  else {
    const has: unknown[] = existing['aggregationRule']?.clusterRoleSelectors ?? [];
    const wants: unknown[] = wanted['aggregationRule'].clusterRoleSelectors;
    const lacking = wants.filter((selector) => !has.some((other) => semanticEqual(other, selector)));
    merged['aggregationRule'] = { clusterRoleSelectors: [...has, ...lacking] };
  }
  return changed(existing, merged);
}

/** Adds the subjects that the binding lacks. A binding to another role is left alone: its roleRef cannot change. */
export function reconcileBinding(existing: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const metadata = mergedMetadata(existing, wanted);
  if (metadata === undefined || !semanticEqual(existing['roleRef'], wanted['roleRef'])) return undefined;
  const has: Subject[] = existing['subjects'] ?? [];
  const wants: Subject[] = wanted['subjects'] ?? [];
  const same = (a: Subject, b: Subject) =>
    a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
  const lacking = wants.filter((subject) => !has.some((other) => same(other, subject)));
  const merged: KubeObject = { ...existing, metadata };
  if (lacking.length > 0) merged['subjects'] = [...has, ...lacking];
  return changed(existing, merged);
}

/** Each controller's role goes to the service account that the controller runs as. */
const controllerBindings: readonly BindingData[] = controllerRoles.map(({ name }) => ({
  name,
  subjects: [serviceAccount(name.slice('system:controller:'.length))],
}));

/** Every default Role, ClusterRole and binding. */
export function rbacObjects(): DefaultObject[] {
  const api = 'rbac.authorization.k8s.io';
  const of = (resource: string, object: KubeObject, reconcile: typeof reconcileRole): DefaultObject => ({
    resource: `${resource}.${api}`,
    object,
    reconcile: (existing) => reconcile(existing, object),
  });
  return [
    ...[...clusterRoles, ...controllerRoles].map((data) => of('clusterroles', roleObject(data), reconcileRole)),
    ...roles.map((data) => of('roles', roleObject(data), reconcileRole)),
    ...[...clusterRoleBindings, ...controllerBindings].map((data) =>
      of('clusterrolebindings', bindingObject(data), reconcileBinding),
    ),
    ...roleBindings.map((data) => of('rolebindings', bindingObject(data), reconcileBinding)),
  ];
}
