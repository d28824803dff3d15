// Short forms for RBAC rules and bindings, and the objects they stand for
// (in the spirit of kubernetes pkg/apis/rbac/v1 helpers.go).
import type { KubeObject } from '../../apimachinery/object.ts';
import type { PolicyRule } from '../auth/policy-rules.ts';

const api = 'rbac.authorization.k8s.io';

export interface RoleData {
  name: string;
  namespace?: string;
  rules?: readonly PolicyRule[];
  /** The role's rules are part of the ClusterRole of this name (`admin`, `edit`, `view`). */
  aggregateTo?: string;
  /** The role is made of what is aggregated to this name. */
  aggregates?: string;
}

/** A binding to the role of the same name, or to `role`. */
export interface BindingData {
  name: string;
  namespace?: string;
  role?: string;
  subjects: readonly Subject[];
}

export interface Subject {
  kind: 'User' | 'Group' | 'ServiceAccount';
  apiGroup?: string;
  name: string;
  namespace?: string;
}

export const read = 'get list watch';
export const write = 'create delete deletecollection patch update';
export const readWrite = 'create delete deletecollection get list patch update watch';

/** Lists are separated by spaces; the group `core` is the one without a name. */
export function rule(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: verbs.split(' '),
    apiGroups: groups.split(' ').map((name) => (name === 'core' ? '' : name)),
    resources: resources.split(' '),
    ...(names === undefined ? {} : { resourceNames: names.split(' ') }),
  };
}

export function urls(verbs: string, paths: string): PolicyRule {
  return { verbs: verbs.split(' '), nonResourceURLs: paths.split(' ') };
}

/** What whoever reports events needs. */
export const recordEvents = rule('create patch update', 'core events.k8s.io', 'events');

export function user(name: string): Subject {
  return { kind: 'User', apiGroup: api, name };
}

export function group(name: string): Subject {
  return { kind: 'Group', apiGroup: api, name };
}

/** A service account of kube-system. */
export function serviceAccount(name: string): Subject {
  return { kind: 'ServiceAccount', name, namespace: 'kube-system' };
}

function metadata(data: { name: string; namespace?: string; aggregateTo?: string }): KubeObject['metadata'] {
  return {
    name: data.name,
    ...(data.namespace === undefined ? {} : { namespace: data.namespace }),
    labels: {
      'kubernetes.io/bootstrapping': 'rbac-defaults',
      ...(data.aggregateTo === undefined ? {} : { [`${api}/aggregate-to-${data.aggregateTo}`]: 'true' }),
    },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

/** The Role or ClusterRole of a line; an aggregated one has no rules of its own until a controller collects them. */
export function roleObject(data: RoleData): KubeObject {
  const selector = { matchLabels: { [`${api}/aggregate-to-${data.aggregates}`]: 'true' } };
  return {
    apiVersion: `${api}/v1`,
    kind: data.namespace === undefined ? 'ClusterRole' : 'Role',
    metadata: metadata(data),
    rules: data.rules ?? null,
    ...(data.aggregates === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [selector] } }),
  };
}

/** The RoleBinding or ClusterRoleBinding of a line. */
export function bindingObject(data: BindingData): KubeObject {
  const scope = data.namespace === undefined ? 'ClusterRole' : 'Role';
  return {
    apiVersion: `${api}/v1`,
    kind: `${scope}Binding`,
    metadata: metadata(data),
    ...(data.subjects.length === 0 ? {} : { subjects: [...data.subjects] }),
    roleRef: { apiGroup: api, kind: scope, name: data.role ?? data.name },
  };
}
