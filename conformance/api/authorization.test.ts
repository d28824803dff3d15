// RBAC over the wire: what a Role allows and nothing else, the words of a refusal, anonymous requests, impersonation.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { type Answer, ApiClient, apps, configMap, core, deployment, pod } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let admin: ApiClient;
let jane: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  admin = new ApiClient(cluster);
  jane = as('jane');
  await allow('reader', [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['hers'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch'] },
  ]);
  await admin.made(core('configmaps'), configMap('there'));
  await admin.made(apps('deployments'), deployment('web'));
  for (const name of ['hers', 'others'])
    await admin.made(core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name } });
});
afterAll(() => cluster.stop());

/** An administrator who acts as somebody else. */
function as(user: string, more: Record<string, string> = {}): ApiClient {
  return new ApiClient(cluster, { 'impersonate-user': user, ...more });
}

const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const apiVersion = 'rbac.authorization.k8s.io/v1';

async function allow(name: string, rules: object[]): Promise<void> {
  await admin.made(`${rbac}/roles`, { apiVersion, kind: 'Role', metadata: { name }, rules });
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
  await admin.made(`${rbac}/rolebindings`, { apiVersion, kind: 'RoleBinding', metadata: { name }, subjects, roleRef });
}

const said = ({ status, body }: Answer) => ({ status, reason: body.reason, message: body.message });
const refused = (message: string) => ({ status: 403, reason: 'Forbidden', message });

describe('a Role', () => {
  test('allows what it says', async () => {
    expect((await jane.get(core('configmaps', 'there'))).status).toBe(200);
    expect((await jane.get(core('configmaps'))).status).toBe(200);
    expect((await jane.post(core('configmaps'), configMap('janes'))).status).toBe(201);
    const watch = await jane.watch(core('configmaps'));
    expect((await watch.next()).type).toBe('ADDED');
    watch.close();
    expect((await jane.get(core('secrets', 'hers'))).status).toBe(200);
    expect((await jane.patch(`${apps('deployments', 'web')}/scale`, { spec: { replicas: 1 } })).status).toBe(200);
  });

  test('and nothing else, in the words of upstream', async () => {
    const user = 'User "jane" cannot';
    expect(said(await jane.delete(core('configmaps', 'there')))).toEqual(
      refused(
        `configmaps "there" is forbidden: ${user} delete resource "configmaps" in API group "" in the namespace "default"`,
      ),
    );
    expect(said(await jane.delete(core('configmaps')))).toEqual(
      refused(
        `configmaps is forbidden: ${user} deletecollection resource "configmaps" in API group "" in the namespace "default"`,
      ),
    );
    expect(said(await jane.get(core('secrets', 'others')))).toEqual(
      refused(
        `secrets "others" is forbidden: ${user} get resource "secrets" in API group "" in the namespace "default"`,
      ),
    );
    expect(said(await jane.get('/api/v1/configmaps'))).toEqual(
      refused(`configmaps is forbidden: ${user} list resource "configmaps" in API group "" at the cluster scope`),
    );
    expect(said(await jane.patch(apps('deployments', 'web'), {}))).toEqual(
      refused(
        `deployments.apps "web" is forbidden: ${user} patch resource "deployments" in API group "apps" in the namespace "default"`,
      ),
    );
    expect(said(await jane.get(`${apps('deployments', 'web')}/status`))).toEqual(
      refused(
        `deployments.apps "web" is forbidden: ${user} get resource "deployments/status" in API group "apps" in the namespace "default"`,
      ),
    );
    expect(said(await jane.get('/metrics'))).toEqual(refused('forbidden: User "jane" cannot get path "/metrics"'));
    expect(said(await jane.post(core('pods'), pod('no')))).toMatchObject({ status: 403 });
  });

  test('is taken away with its binding', async () => {
    await allow('brief', [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
    expect((await jane.get(core('pods'))).status).toBe(200);
    await admin.delete(`${rbac}/rolebindings/brief`);
    expect((await jane.get(core('pods'))).status).toBe(403);
  });

  test('cannot be made by who does not have what it gives', async () => {
    await allow('role-maker', [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create'] }]);
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
    const { status, body } = await jane.post(`${rbac}/roles`, {
      apiVersion,
      kind: 'Role',
      metadata: { name: 'more' },
      rules,
    });
    expect(status).toBe(403);
    expect(body.message).toMatch(
      /^roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" .*is attempting to grant RBAC permissions not currently held:\n/,
    );
    const own = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
    const made = await jane.post(`${rbac}/roles`, { apiVersion, kind: 'Role', metadata: { name: 'own' }, rules: own });
    expect(made.status).toBe(201);
  });
});

test('a PUT or an apply that would create asks for the right to create', async () => {
  const updater = as('updater');
  const rule = (apiGroups: string[], resources: string[]) => ({ apiGroups, resources, verbs: ['update', 'patch'] });
  const rules = [rule(['coordination.k8s.io'], ['leases']), rule([''], ['configmaps'])];
  const metadata = { name: 'updater' };
  const group = 'rbac.authorization.k8s.io';
  await admin.made(`${rbac}/roles`, { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules });
  await admin.made(`${rbac}/rolebindings`, {
    apiVersion: `${group}/v1`,
    kind: 'RoleBinding',
    metadata,
    subjects: [{ kind: 'User', name: 'updater', apiGroup: group }],
    roleRef: { kind: 'Role', name: 'updater', apiGroup: group },
  });
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'a' }, spec: {} };
  const words = (resource: string, apiGroup: string) =>
    `User "updater" cannot create resource "${resource}" in API group "${apiGroup}" in the namespace "default"`;
  expect(said(await updater.put(`${leases}/a`, lease))).toEqual(
    refused(`leases.coordination.k8s.io "a" is forbidden: ${words('leases', 'coordination.k8s.io')}`),
  );
  const applied = () =>
    updater.patch(`${core('configmaps', 'applied')}?fieldManager=m`, configMap('applied'), {
      'content-type': 'application/apply-patch+yaml',
    });
  expect(said(await applied())).toEqual(refused(`configmaps "applied" is forbidden: ${words('configmaps', '')}`));
  await admin.made(core('configmaps'), configMap('applied'));
  expect((await applied()).status).toBe(200);
});

describe('who asks', () => {
  test('nobody known is 401', async () => {
    const stranger = new ApiClient({ port: cluster.port, token: 'wrong' });
    expect(said(await stranger.get(core('configmaps')))).toEqual({
      status: 401,
      reason: 'Unauthorized',
      message: 'Unauthorized',
    });
  });

  test('anonymous may look at health and version, and at nothing else', async () => {
    const anonymous = new ApiClient(cluster, { authorization: '' });
    for (const path of ['/livez', '/readyz', '/version']) expect((await anonymous.get(path)).status).toBe(200);
    expect(said(await anonymous.get(core('configmaps')))).toMatchObject({ status: 401, reason: 'Unauthorized' });
  });

  test('a server without anonymous access answers 401', async () => {
    const closed = await startCluster({ storage: 'memory', server: { anonymousAuth: false } });
    const anonymous = new ApiClient(closed, { authorization: '' });
    expect((await anonymous.get('/livez')).status).toBe(401);
    await closed.stop();
  });
});

describe('impersonation', () => {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const reviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

  test('takes on user, groups and extra', async () => {
    const somebody = as('bob', { 'impersonate-group': 'dev', 'impersonate-extra-team': 'blue' });
    const { body } = await somebody.post(reviews, review);
    expect(body.status.userInfo).toEqual({
      username: 'bob',
      groups: ['dev', 'system:authenticated'],
      extra: { team: ['blue'] },
    });
  });

  test('is for who may impersonate', async () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'plain' } };
    await admin.made(core('serviceaccounts'), account);
    const spec = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { body } = await admin.post(`${core('serviceaccounts', 'plain')}/token`, spec);
    const plain = new ApiClient({ port: cluster.port, token: body.status.token }, { 'impersonate-user': 'jane' });
    expect(said(await plain.get(core('configmaps')))).toEqual(
      refused(
        'users "jane" is forbidden: User "system:serviceaccount:default:plain" cannot impersonate resource "users" in API group "" at the cluster scope',
      ),
    );
  });

  test('a group without a user is refused', async () => {
    const groupOnly = new ApiClient(cluster, { 'impersonate-group': 'dev' });
    expect((await groupOnly.get(core('configmaps'))).status).toBe(400);
  });
});
