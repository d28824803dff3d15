import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updateErrors } from '../kind-harness.ts';
import { clusterRole } from './clusterrole.ts';
import { clusterRoleBinding } from './clusterrolebinding.ts';
import { role } from './role.ts';
import { roleBinding } from './rolebinding.ts';

const roleRef = { kind: 'ClusterRole', name: 'view' };

test.each<[string, Body, string[]]>([
  ['resources', { apiGroups: [''], resources: ['pods'], verbs: ['get'] }, []],
  [
    'no verbs',
    { apiGroups: [''], resources: ['pods'] },
    ['rules[0].verbs: Required value: verbs must contain at least one value'],
  ],
  [
    'paths',
    { nonResourceURLs: ['/x'], verbs: ['get'] },
    ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
  ],
])('rules of a Role: %s', (_, rule, errors) => {
  expect(createErrors(role, { rules: [rule] })).toEqual(errors);
});

test('an aggregated ClusterRole selects something', () => {
  expect(createErrors(clusterRole, { aggregationRule: {} })).toEqual([
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ]);
});

test('users and groups get their API group, service accounts do not', () => {
  const subjects = [
    { kind: 'User', name: 'u' },
    { kind: 'ServiceAccount', name: 's', namespace: 'n' },
  ];
  const object = created(roleBinding, { roleRef, subjects });
  expect(object['roleRef'].apiGroup).toBe('rbac.authorization.k8s.io');
  expect(object['subjects'].map((subject: Body) => subject['apiGroup'])).toEqual([
    'rbac.authorization.k8s.io',
    undefined,
  ]);
  expect(row(roleBinding, { roleRef, subjects })).toEqual(['a', 'ClusterRole/view', '60s', 'u', '', 'n/s']);
});

test('what subjects must say', () => {
  const subjects = [{ kind: 'ServiceAccount', name: 's' }, { kind: 'Robot', name: 'r' }, { kind: 'User' }];
  expect(createErrors(clusterRoleBinding, { roleRef, subjects })).toEqual([
    'subjects[0].namespace: Required value',
    'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    'subjects[2].name: Required value',
  ]);
  expect(createErrors(clusterRoleBinding, { roleRef: { kind: 'Role', name: 'r' } })).toEqual([
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ]);
});

test('the role of a binding stays', () => {
  const old = created(roleBinding, { roleRef });
  expect(updateErrors(roleBinding, { roleRef: { ...roleRef, name: 'edit' } }, old)).toEqual([
    'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"edit"}: cannot change roleRef',
  ]);
});
