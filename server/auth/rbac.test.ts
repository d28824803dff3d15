import { beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../apimachinery/object.ts';
import { authorizerUnion } from './authorizer-union.ts';
import { forbiddenError } from './forbidden.ts';
import { MemoryObjects } from './memory-objects.ts';
import type { PolicyRule } from './policy-rules.ts';
import { RbacAuthorizer } from './rbac.ts';
import { checkRbacEscalation } from './rbac-escalation.ts';
import type { AuthorizationAttributes, UserInfo } from './types.ts';

const api = 'rbac.authorization.k8s.io';
let objects: MemoryObjects;
let rbac: RbacAuthorizer;

function object(kind: string, name: string, more: object): KubeObject {
  return { apiVersion: `${api}/v1`, kind, metadata: { name }, ...more };
}
const role = (name: string, ...rules: PolicyRule[]) => object('Role', name, { rules });
const clusterRole = (name: string, ...rules: PolicyRule[]) => object('ClusterRole', name, { rules });
const binding = (kind: string, name: string, roleKind: string, roleName: string, ...subjects: object[]) =>
  object(kind, name, { roleRef: { apiGroup: api, kind: roleKind, name: roleName }, subjects });
const create = (resource: string, namespace: string, made: KubeObject) =>
  objects.create(`${resource}.${api}`, namespace, made);
const readPods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups });

function request(who: UserInfo, verb: string, resource: string, more: Partial<AuthorizationAttributes> = {}) {
  const base = {
    namespace: '',
    group: '',
    version: 'v1',
    subresource: '',
    name: '',
    isResourceRequest: true,
    path: '',
  };
  return { ...base, user: who, verb, resource, ...more };
}
const path = (who: UserInfo, verb: string, to: string) =>
  request(who, verb, '', { isResourceRequest: false, path: to });

beforeEach(() => {
  objects = new MemoryObjects();
  rbac = new RbacAuthorizer(objects);
});

describe('decisions', () => {
  test('a role binding allows in its namespace only, and says why', async () => {
    await create('roles', 'dev', role('reader', readPods));
    await create(
      'rolebindings',
      'dev',
      binding('RoleBinding', 'readers', 'Role', 'reader', { kind: 'User', name: 'jane' }),
    );
    expect(rbac.authorize(request(user('jane'), 'list', 'pods', { namespace: 'dev' }))).toEqual({
      decision: 'Allow',
      reason: 'RBAC: allowed by RoleBinding "readers/dev" of Role "reader" to User "jane"',
    });
    expect(rbac.authorize(request(user('jane'), 'list', 'pods', { namespace: 'prod' })).decision).toBe('NoOpinion');
    expect(rbac.authorize(request(user('jane'), 'delete', 'pods', { namespace: 'dev' })).decision).toBe('NoOpinion');
  });

  test('a cluster role binding allows everywhere; a service account is known by its user name', async () => {
    await create('clusterroles', '', clusterRole('reader', readPods));
    const subject = { kind: 'ServiceAccount', name: 'robot', namespace: 'dev' };
    await create('clusterrolebindings', '', binding('ClusterRoleBinding', 'all', 'ClusterRole', 'reader', subject));
    const robot = user('system:serviceaccount:dev:robot');
    expect(rbac.authorize(request(robot, 'get', 'pods', { namespace: 'prod', name: 'x' })).reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "reader" to ServiceAccount "robot/dev"',
    );
  });

  test('a missing role is said in the reason', async () => {
    await create(
      'clusterrolebindings',
      '',
      binding('ClusterRoleBinding', 'b', 'ClusterRole', 'gone', { kind: 'Group', name: 'g' }),
    );
    expect(rbac.authorize(request(user('u', 'g'), 'get', 'pods'))).toEqual({
      decision: 'NoOpinion',
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    });
  });

  test('resource names, subresources and paths', async () => {
    await create(
      'clusterroles',
      '',
      clusterRole(
        'mixed',
        { verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['one'] },
        { verbs: ['update'], apiGroups: ['*'], resources: ['*/scale'] },
        { verbs: ['get'], nonResourceURLs: ['/healthz/*', '/version'] },
      ),
    );
    await create(
      'clusterrolebindings',
      '',
      binding('ClusterRoleBinding', 'b', 'ClusterRole', 'mixed', { kind: 'User', name: 'u' }),
    );
    const u = user('u');
    const allowed = (attributes: AuthorizationAttributes) => rbac.authorize(attributes).decision === 'Allow';
    expect(allowed(request(u, 'get', 'configmaps', { name: 'one' }))).toBe(true);
    expect(allowed(request(u, 'get', 'configmaps', { name: 'two' }))).toBe(false);
    expect(allowed(request(u, 'list', 'configmaps'))).toBe(false);
    expect(allowed(request(u, 'update', 'deployments', { group: 'apps', subresource: 'scale', name: 'x' }))).toBe(true);
    expect(allowed(request(u, 'update', 'deployments', { group: 'apps', name: 'x' }))).toBe(false);
    expect(allowed(path(u, 'get', '/healthz/ping'))).toBe(true);
    expect(allowed(path(u, 'get', '/version'))).toBe(true);
    expect(allowed(path(u, 'get', '/version/x'))).toBe(false);
  });

  test('follows changes of roles and bindings, for the very same user', async () => {
    const u = user('u');
    const ask = () => rbac.authorize(request(u, 'list', 'pods')).decision;
    const bound = binding('ClusterRoleBinding', 'b', 'ClusterRole', 'reader', { kind: 'User', name: 'u' });
    expect(ask()).toBe('NoOpinion');
    await create('clusterroles', '', clusterRole('reader', readPods));
    await create('clusterrolebindings', '', bound);
    expect(ask()).toBe('Allow');
    await objects.update(`clusterroles.${api}`, '', clusterRole('reader'));
    expect(ask()).toBe('NoOpinion');
    await objects.update(`clusterroles.${api}`, '', clusterRole('reader', readPods));
    await objects.update(`clusterrolebindings.${api}`, '', { ...bound, subjects: [{ kind: 'User', name: 'v' }] });
    expect(ask()).toBe('NoOpinion');
    await objects.update(`clusterrolebindings.${api}`, '', bound);
    expect(ask()).toBe('Allow');
    await objects.delete(`clusterrolebindings.${api}`, '', 'b');
    expect(ask()).toBe('NoOpinion');
    rbac.close();
    expect(objects.watcherCount).toBe(0);
  });

  test('system:masters may do everything, without a reason', () => {
    expect(authorizerUnion([rbac]).authorize(request(user('a', 'system:masters'), 'delete', 'nodes'))).toEqual({
      decision: 'Allow',
      reason: '',
    });
  });

  test('the rules of a user', async () => {
    await create('clusterroles', '', clusterRole('a', readPods, { verbs: ['get'], nonResourceURLs: ['/x'] }));
    await create('rolebindings', 'dev', binding('RoleBinding', 'b', 'ClusterRole', 'a', { kind: 'User', name: 'u' }));
    await create('rolebindings', 'dev', binding('RoleBinding', 'c', 'Role', 'gone', { kind: 'User', name: 'u' }));
    expect(authorizerUnion([rbac]).rulesFor(user('u'), 'dev')).toEqual({
      resourceRules: [readPods],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
      incomplete: false,
      evaluationError: 'role.rbac.authorization.k8s.io "gone" not found',
    });
  });
});

test.each([
  [
    request(user('jane'), 'list', 'pods', { namespace: 'default' }),
    'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
  ],
  [
    request(user('jane'), 'get', 'deployments', { group: 'apps', subresource: 'scale', namespace: 'x', name: 'web' }),
    'deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments/scale" in API group "apps" in the namespace "x"',
  ],
  [
    request(user('<b>'), 'list', 'nodes'),
    'nodes is forbidden: User "&lt;b&gt;" cannot list resource "nodes" in API group "" at the cluster scope',
  ],
  [path(user('jane'), 'get', '/metrics'), 'forbidden: User "jane" cannot get path "/metrics"'],
])('the 403 reads as upstream %#', (attributes, message) => {
  expect(forbiddenError(attributes).message).toBe(message);
});

describe('escalation', () => {
  const jane = user('jane', 'dev', 'system:authenticated');
  const check = (resource: string, made: KubeObject, who = jane, old?: KubeObject) =>
    checkRbacEscalation(rbac, rbac, {
      user: who,
      resource,
      namespace: resource.startsWith('cluster') ? '' : 'dev',
      object: made,
      ...(old === undefined ? {} : { old }),
    });

  beforeEach(async () => {
    await create('roles', 'dev', role('mine', readPods));
    await create('rolebindings', 'dev', binding('RoleBinding', 'mine', 'Role', 'mine', { kind: 'User', name: 'jane' }));
  });

  test('a user grants what they have, and no more', async () => {
    await check('roles', role('r', { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['x'] }));
    const more = role('r', { verbs: ['get', 'delete', 'watch'], apiGroups: [''], resources: ['pods', 'secrets'] });
    await expect(check('roles', more)).rejects.toThrow(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}\n' +
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete" "watch"]}',
    );
    await check('roles', more, user('root', 'system:masters'));
  });

  test('the verb escalate lifts the check for roles', async () => {
    await create('roles', 'dev', role('e', { verbs: ['escalate'], apiGroups: [api], resources: ['roles'] }));
    await create('rolebindings', 'dev', binding('RoleBinding', 'e', 'Role', 'e', { kind: 'User', name: 'jane' }));
    await check('roles', role('r', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }));
  });

  test('bindings need the permissions of their role, or the verb bind', async () => {
    await create('clusterroles', '', clusterRole('root', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }));
    const bound = binding('RoleBinding', 'b', 'ClusterRole', 'root', { kind: 'User', name: 'jane' });
    await expect(check('rolebindings', bound)).rejects.toThrow('{APIGroups:["*"], Resources:["*"], Verbs:["*"]}');
    await expect(check('rolebindings', binding('RoleBinding', 'b', 'ClusterRole', 'gone'))).rejects.toThrow(
      'clusterroles.rbac.authorization.k8s.io "gone" not found',
    );
    await check('rolebindings', binding('RoleBinding', 'b', 'Role', 'mine'));
    const may = { verbs: ['bind'], apiGroups: [api], resources: ['clusterroles'], resourceNames: ['root'] };
    await create('roles', 'dev', role('binder', may));
    await create('rolebindings', 'dev', binding('RoleBinding', 'x', 'Role', 'binder', { kind: 'Group', name: 'dev' }));
    await check('rolebindings', bound);
  });

  test('owners and finalizers may change on what one could not create', async () => {
    const old = role('r', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] });
    await check('roles', { ...old, metadata: { name: 'r', finalizers: ['x'] } }, jane, old);
    await expect(check('roles', { ...old, metadata: { name: 'r', labels: { a: 'b' } } }, jane, old)).rejects.toThrow(
      'attempting to grant',
    );
  });

  test('an aggregation rule takes everything', async () => {
    const aggregating = {
      ...clusterRole('r'),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    };
    await expect(check('clusterroles', aggregating)).rejects.toThrow(
      'must have cluster-admin privileges to use the aggregationRule',
    );
  });
});
