import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { defaultRequestHeaderOptions } from '../auth/authentication/request-header.ts';
import { MemoryObjects } from '../auth/memory-objects.ts';
import { RbacAuthorizer } from '../auth/rbac.ts';
import type { ObjectWriter } from '../registry/objects.ts';
import { type Bootstrap, type BootstrapOptions, bootstrap } from './bootstrap.ts';
import { IdentityLease, identityLeaseName } from './identity-lease.ts';
import { reconcileBinding, reconcileRole } from './rbac.ts';
import { bindingObject, group, roleObject, rule, user } from './rbac-data.ts';

let objects: MemoryObjects;
let running: Bootstrap[];
const errors: string[] = [];

beforeEach(() => {
  objects = new MemoryObjects();
  running = [];
  errors.length = 0;
});
afterEach(async () => {
  for (const one of running) await one.close();
});

function options(more: Partial<BootstrapOptions> = {}): BootstrapOptions {
  return {
    reader: objects,
    writer: objects,
    hostname: 'vm',
    advertiseAddress: '192.0.2.2',
    securePort: 6443,
    serviceRange: '10.96.0.0/16',
    serviceAddress: '10.96.0.1',
    clientCA: 'CA',
    frontProxyCA: 'FRONT',
    requestHeader: defaultRequestHeaderOptions,
    defaultServiceAccounts: false,
    onError: (task, error) => errors.push(`${task}: ${error.message}`),
    now: () => Date.parse('2026-03-04T05:06:07Z'),
    ...more,
  };
}
async function start(more: Partial<BootstrapOptions> = {}): Promise<Bootstrap> {
  const made = await bootstrap(options(more));
  running.push(made);
  return made;
}
/** Writes to `objects` but for creates. */
function writerWith(create: ObjectWriter['create']): ObjectWriter {
  return {
    create,
    update: (...given) => objects.update(...given),
    updateStatus: (...given) => objects.updateStatus(...given),
    delete: (...given) => objects.delete(...given),
  };
}
const names = (resource: string) =>
  objects
    .resource(resource)
    .list()
    .map(({ metadata }) => metadata.name);

test('makes as many objects of each kind as kube-apiserver', async () => {
  await start();
  const counts = [
    ['namespaces', 4],
    ['clusterroles.rbac.authorization.k8s.io', 70],
    ['clusterrolebindings.rbac.authorization.k8s.io', 51],
    ['roles.rbac.authorization.k8s.io', 7],
    ['rolebindings.rbac.authorization.k8s.io', 7],
    ['flowschemas.flowcontrol.apiserver.k8s.io', 11],
    ['prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', 8],
    ['priorityclasses.scheduling.k8s.io', 2],
    ['apiservices.apiregistration.k8s.io', 21],
    ['configmaps', 2],
    ['servicecidrs.networking.k8s.io', 1],
    ['services', 1],
    ['endpoints', 1],
    ['endpointslices.discovery.k8s.io', 1],
    ['leases.coordination.k8s.io', 1],
  ] as const;
  expect(counts.map(([resource]) => [resource, names(resource).length])).toEqual(counts);
});

test('a second start writes nothing but its heartbeat', async () => {
  await start();
  objects.writes.length = 0;
  await start();
  expect(objects.writes).toEqual([`update leases.coordination.k8s.io kube-system/${identityLeaseName(options())}`]);
});

test('two servers that start at once make one set', async () => {
  await Promise.all([start(), start({ hostname: 'other', advertiseAddress: '192.0.2.3' })]);
  expect(names('namespaces')).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  expect(names('leases.coordination.k8s.io')).toHaveLength(2);
});

test('a failure names the object', async () => {
  const writer = writerWith(async (resource, namespace, object) => {
    if (object.metadata.name === 'system-node-critical') throw new Error('no');
    return await objects.create(resource, namespace, object);
  });
  await expect(bootstrap(options({ writer }))).rejects.toThrow(
    'default objects could not be made: priorityclasses.scheduling.k8s.io system-node-critical: no',
  );
});

test('without its address the kubernetes Service is made later, and the server starts', async () => {
  const writer = writerWith(async (resource, namespace, object) => {
    if (resource === 'services') throw new Error('provided IP is already allocated');
    return await objects.create(resource, namespace, object);
  });
  await start({ writer });
  expect(errors).toEqual(['kubernetes service: provided IP is already allocated']);
  expect(names('namespaces')).toHaveLength(4);
});

test('the default roles let the discovery paths and the scheduler work', async () => {
  await start();
  const rbac = new RbacAuthorizer(objects);
  const base = { namespace: '', group: '', version: '', resource: '', subresource: '', name: '', path: '' };
  const anyone = { name: 'jane', groups: ['system:authenticated'] };
  const nobody = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
  const get = (who: typeof anyone, path: string) =>
    rbac.authorize({ ...base, user: who, verb: 'get', path, isResourceRequest: false }).decision;
  expect([get(anyone, '/apis/apps/v1'), get(anyone, '/openapi/v2'), get(anyone, '/metrics')]).toEqual([
    'Allow',
    'Allow',
    'NoOpinion',
  ]);
  expect([get(nobody, '/livez'), get(nobody, '/version'), get(nobody, '/api')]).toEqual([
    'Allow',
    'Allow',
    'NoOpinion',
  ]);
  const scheduler = { name: 'system:kube-scheduler', groups: ['system:authenticated'] };
  const bind = {
    ...base,
    user: scheduler,
    verb: 'create',
    namespace: 'x',
    resource: 'pods',
    subresource: 'binding',
    name: 'p',
  };
  expect(rbac.authorize({ ...bind, isResourceRequest: true }).reason).toBe(
    'RBAC: allowed by ClusterRoleBinding "system:kube-scheduler" of ClusterRole "system:kube-scheduler" to User "system:kube-scheduler"',
  );
  rbac.close();
});

test('the stand-in gives each namespace an account and the CA', async () => {
  await objects.create('namespaces', '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'old' } });
  const { namespaceCreated } = await start({ defaultServiceAccounts: true });
  await namespaceCreated('new');
  for (const namespace of ['default', 'kube-system', 'old', 'new']) {
    expect(objects.resource('serviceaccounts').get(namespace, 'default')).toBeDefined();
    expect(objects.resource('configmaps').get(namespace, 'kube-root-ca.crt')?.['data']).toEqual({ 'ca.crt': 'CA' });
  }
});

test('endpoints hold the servers that renewed lately, and none that left', async () => {
  const clock = { now: Date.parse('2026-03-04T05:06:07Z') };
  const now = () => clock.now;
  const one = new IdentityLease(options(), options(), now);
  const two = new IdentityLease(options(), { ...options(), hostname: 'b', advertiseAddress: '192.0.2.3' }, now);
  const addresses = () =>
    objects
      .resource('endpointslices.discovery.k8s.io')
      .get('default', 'kubernetes')
      ?.['endpoints'].map((e: { addresses: string[] }) => e.addresses[0]);
  await one.renew();
  await two.renew();
  await one.publishEndpoints();
  expect(addresses()).toEqual(['192.0.2.2', '192.0.2.3']);
  expect(objects.resource('endpoints').get('default', 'kubernetes')?.['subsets'][0].addresses).toEqual([
    { ip: '192.0.2.2' },
    { ip: '192.0.2.3' },
  ]);
  clock.now += 20_000;
  await one.renew();
  await one.publishEndpoints();
  expect(addresses()).toEqual(['192.0.2.2']);
  await two.publishEndpoints(true);
  expect(addresses()).toEqual(['192.0.2.2']);
  clock.now += 3_700_000;
  await one.renew();
  await one.collectExpired();
  expect(names('leases.coordination.k8s.io')).toEqual([identityLeaseName(options())]);
});

test('a loopback address is no endpoint', async () => {
  await start({ advertiseAddress: '127.0.0.1' });
  expect(objects.resource('endpoints').get('default', 'kubernetes')?.['subsets']).toEqual([]);
});

test('reconciling a role adds what is missing and keeps what was added', () => {
  const wanted = roleObject({ name: 'r', rules: [rule('get list', 'core', 'pods')] });
  const existing = { ...wanted, rules: [rule('get', 'core', 'pods'), rule('get', 'core', 'secrets')] };
  expect(reconcileRole(existing, wanted)?.['rules']).toEqual([...existing.rules, rule('list', 'core', 'pods')]);
  expect(reconcileRole(wanted, wanted)).toBeUndefined();
  const protectedRole = {
    ...existing,
    metadata: { name: 'r', annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
  };
  expect(reconcileRole(protectedRole, wanted)).toBeUndefined();
  const filled = { ...roleObject({ name: 'view', aggregates: 'view' }), rules: [rule('get', 'core', 'pods')] };
  expect(reconcileRole(filled, roleObject({ name: 'view', aggregates: 'view' }))).toBeUndefined();
});

test('reconciling a binding adds subjects', () => {
  const wanted = bindingObject({ name: 'b', subjects: [group('g'), user('u')] });
  const existing = { ...wanted, subjects: [user('x'), group('g')] };
  expect(reconcileBinding(existing, wanted)?.['subjects']).toEqual([user('x'), group('g'), user('u')]);
  expect(reconcileBinding(wanted, wanted)).toBeUndefined();
});
