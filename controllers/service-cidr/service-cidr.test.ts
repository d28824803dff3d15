// Ranges of Services that come and go, and bootstrap tokens: rules as tables, then over the wire
// (pkg/controller/servicecidrs/servicecidrs_controller_test.go, pkg/controller/bootstrap/*_test.go).
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { ConfigMap, IPAddress, Secret, Service, ServiceCIDR } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { until } from '../../conformance/support/until.ts';
import { bootstrapSigner, detachedSignature } from '../bootstrap-signer/bootstrap-signer.ts';
import { expiresInMs, signingToken } from '../shared/bootstrap-tokens.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { tokenCleaner } from '../token-cleaner/token-cleaner.ts';
import { canDelete, serviceCIDR } from './service-cidr.ts';

jest.setTimeout(60_000);

const range = (name: string, cidrs: string[], deleted = false) =>
  ({
    metadata: { name, uid: name, ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: { cidrs },
  }) as ServiceCIDR;
const address = (name: string, manager = 'ipallocator.k8s.io') =>
  ({
    metadata: { name, uid: name, labels: { 'ipaddress.kubernetes.io/managed-by': manager } },
  }) as unknown as IPAddress;

test.each<[string, ServiceCIDR[], IPAddress[], boolean]>([
  ['nobody has an address', [], [], true],
  ['somebody has one', [], [address('10.0.0.5')], false],
  ['one that is not ours', [], [address('10.0.0.5', 'other')], true],
  ['one of another range', [], [address('10.9.0.5')], true],
  ['one that is in another range too', [range('b', ['10.0.0.0/29'])], [address('10.0.0.5')], true],
  ['all of it is in another', [range('b', ['10.0.0.0/16'])], [address('10.0.0.5')], true],
  ['the other goes too, but later', [range('b', ['10.0.0.0/16'], true)], [address('10.0.0.5')], true],
  ['an address that no Service can have', [], [address('10.0.0.255'), address('10.0.0.0')], true],
  ['of IPv6', [range('b', ['fd00::/64'])], [address('10.0.0.5')], false],
])('a range that is being deleted may go: %s', (_, others, addresses, may) => {
  const own = range('a', ['10.0.0.0/24'], true);
  expect(canDelete(own, [own, ...others], addresses)).toBe(may);
});

const now = Date.UTC(2026, 0, 1);
const token = (more: Record<string, string> = {}, name = 'bootstrap-token-abcdef') => {
  const fields = {
    'token-id': 'abcdef',
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-signing': 'true',
    ...more,
  };
  const data = Object.fromEntries(
    Object.entries(fields).map(([field, text]) => [field, Buffer.from(text).toString('base64')]),
  );
  return { metadata: { namespace: 'kube-system', name, uid: name }, type: 'bootstrap.kubernetes.io/token', data };
};

test.each<[string, Record<string, string>, boolean]>([
  ['for ever', {}, true],
  ['until later', { expiration: '2026-01-01T00:00:01Z' }, true],
  ['until now', { expiration: '2026-01-01T00:00:00Z' }, false],
  ['until nobody knows when', { expiration: 'tomorrow' }, false],
  ['not for signing', { 'usage-bootstrap-signing': 'false' }, false],
  ['of another id', { 'token-id': 'aaaaaa' }, false],
  ['without a secret', { 'token-secret': '' }, false],
])('a token signs: %s', (_, more, signs) =>
  expect(signingToken(token(more) as unknown as Secret, now) !== undefined).toBe(signs),
);

test('a signature is a JWS without its content', async () => {
  const [header, content, signature] = (await detachedSignature('hello', 'abcdef', 'key')).split('.');
  expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).toEqual({ alg: 'HS256', kid: 'abcdef' });
  expect(content).toBe('');
  const wanted = createHmac('sha256', 'key')
    .update(`${header}.${Buffer.from('hello').toString('base64url')}`)
    .digest('base64url');
  expect(signature).toBe(wanted);
  expect(expiresInMs(token({}) as unknown as Secret, now)).toBeUndefined();
});

describe('over the wire', () => {
  let on: ControllersCluster;
  afterEach(() => on.stop());

  test('ServiceCIDR and IPAddress API: a range is ready, stays while a Service has an address of it, and goes 10 s later', async () => {
    const clock = new FakeClock(Date.now());
    on = await startControllersCluster([serviceCIDR], { clock });
    const cidrs = on.client.resource(ServiceCIDR);
    const get = () => cidrs.get({ name: 'more' }).catch(() => undefined);
    const reason = async () => (await get())?.status?.conditions?.find(({ type }) => type === 'Ready');
    await cidrs.create({ metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/24'] } });
    await until('ready', async () => (await reason())?.status === 'True');
    expect((await get())!.metadata.finalizers).toEqual(['networking.k8s.io/service-cidr-finalizer']);
    expect((await reason())!.message).toBe('Kubernetes Service CIDR is ready');
    // Addresses are the allocator's to make; here one stands for a Service's.
    const service = await on.client
      .resource(Service)
      .create({ metadata: { namespace: 'default', name: 's' }, spec: { ports: [{ port: 80 }] } });
    const labels = {
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
    };
    const parentRef = { group: '', resource: 'services', namespace: 'default', name: service.metadata.name };
    await on.client.resource(IPAddress).create({ metadata: { name: '10.200.0.7', labels }, spec: { parentRef } });
    await cidrs.delete({ name: 'more' });
    await until('it waits', async () => (await reason())?.reason === 'Terminating');
    await on.client.resource(IPAddress).delete({ name: '10.200.0.7' });
    await until('it has gone', async () => {
      await clock.advance(2000);
      return (await get()) === undefined;
    });
    expect((await cidrs.list()).items.map(({ metadata }) => metadata.name)).toEqual(['kubernetes']);
  });

  test('cluster-info is signed by each token until it expires, and the token goes then', async () => {
    const clock = new FakeClock(now);
    on = await startControllersCluster([bootstrapSigner, tokenCleaner], { clock });
    const maps = on.client.resource(ConfigMap);
    const key = { namespace: 'kube-public', name: 'cluster-info' };
    await maps.create({ metadata: key, data: { kubeconfig: 'config', 'jws-kubeconfig-zzzzzz': 'old' } });
    await on.client.resource(Secret).create(token({ expiration: '2026-01-01T01:00:00Z' }) as never);
    await until('signed', async () => (await maps.get(key)).data?.['jws-kubeconfig-abcdef'] !== undefined);
    const { data } = await maps.get(key);
    expect(data).toEqual({
      kubeconfig: 'config',
      'jws-kubeconfig-abcdef': await detachedSignature('config', 'abcdef', '0123456789abcdef'),
    });
    await until('expired', async () => {
      await clock.advance(600_000);
      return Object.keys((await maps.get(key)).data!).join() === 'kubeconfig';
    });
    expect((await on.client.resource(Secret).list({ namespace: 'kube-system' })).items).toEqual([]);
  });
});
