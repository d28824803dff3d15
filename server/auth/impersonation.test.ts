import { expect, test } from '@jest/globals';
import { impersonate, wantsImpersonation } from './impersonation.ts';
import type { Authorizer } from './types.ts';

const asked: string[] = [];
const authorizer = (...refused: string[]): Authorizer => ({
  authorize({ group, resource, subresource, namespace, name, verb }) {
    const what = [verb, group, resource, subresource, namespace, name].join('|');
    asked.push(what);
    return { decision: refused.includes(resource) ? 'NoOpinion' : 'Allow', reason: '' };
  },
  rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
});
const root = { name: 'root', groups: [] };

test('without headers the requestor goes on', async () => {
  expect(wantsImpersonation({ accept: '*/*' })).toBe(false);
  expect(await impersonate(root, ['Accept', '*/*'], authorizer())).toBe(root);
});

test('a user with groups, uid and extras; each is asked for', async () => {
  asked.length = 0;
  const headers = ['Impersonate-User', 'jane', 'Impersonate-Group', 'dev', 'impersonate-group', 'ops'];
  headers.push(
    'Impersonate-Uid',
    'u1',
    'Impersonate-Extra-Acme.com%2Fproject',
    'p1',
    'Impersonate-Extra-acme.com%2fproject',
    'p2',
  );
  expect(await impersonate(root, headers, authorizer())).toEqual({
    name: 'jane',
    uid: 'u1',
    groups: ['dev', 'ops', 'system:authenticated'],
    extra: { 'acme.com/project': ['p1', 'p2'] },
  });
  expect(asked).toEqual([
    'impersonate||users|||jane',
    'impersonate||groups|||dev',
    'impersonate||groups|||ops',
    'impersonate|authentication.k8s.io|userextras|acme.com/project||p1',
    'impersonate|authentication.k8s.io|userextras|acme.com/project||p2',
    'impersonate|authentication.k8s.io|uids|||u1',
  ]);
});

test('a service account gets its groups', async () => {
  asked.length = 0;
  expect(await impersonate(root, ['Impersonate-User', 'system:serviceaccount:dev:robot'], authorizer())).toEqual({
    name: 'system:serviceaccount:dev:robot',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
  });
  expect(asked).toEqual(['impersonate||serviceaccounts||dev|robot']);
});

test('anonymous stays unauthenticated', async () => {
  expect(await impersonate(root, ['Impersonate-User', 'system:anonymous'], authorizer())).toEqual({
    name: 'system:anonymous',
    groups: ['system:unauthenticated'],
  });
});

test('what is not allowed, and groups without a user', async () => {
  const headers = ['Impersonate-User', 'jane', 'Impersonate-Group', 'dev'];
  await expect(impersonate(root, headers, authorizer('groups'))).rejects.toThrow(
    'groups "dev" is forbidden: User "root" cannot impersonate resource "groups" in API group "" at the cluster scope',
  );
  await expect(impersonate(root, ['Impersonate-Group', 'dev'], authorizer())).rejects.toThrow(
    'requested [{Group  dev    }] without impersonating a user',
  );
});
