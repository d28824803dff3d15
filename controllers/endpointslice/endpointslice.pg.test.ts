// The three controllers of endpoints over the wire, each as its own service account.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CoreEvent, EndpointSlice, Endpoints, Namespace, Pod, Service } from '../../client/kinds.ts';
import type { NewObject } from '../../client/resource.ts';
import { until } from '../../conformance/support/until.ts';
import { endpoints } from '../endpoints/endpoints.ts';
import { endpointSliceMirroring } from '../endpointslice-mirroring/endpointslice-mirroring.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { createNode, createPod, setPodReady } from '../testing/objects.ts';
import { endpointSlice } from './endpointslice.ts';

jest.setTimeout(120_000);

let on: ControllersCluster;

beforeEach(async () => {
  on = await startControllersCluster([endpoints, endpointSlice, endpointSliceMirroring], {
    cluster: { storage: 'postgres' },
  });
});
afterEach(() => on.stop());

const namespace = 'default';
const selector = { app: 'web' };
const serviceOf = (spec: object, name = 'web', labels = {}): NewObject<Service> =>
  ({
    metadata: { name, namespace, labels },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
  }) as never;
const slices = async (name = 'web') =>
  (await on.client.resource(EndpointSlice).list({ namespace, labelSelector: `kubernetes.io/service-name=${name}` }))
    .items;
const addresses = async (name = 'web') =>
  (await slices(name))
    .flatMap(({ endpoints: all }) =>
      (all ?? []).filter(({ conditions }) => conditions?.ready).flatMap((e) => e.addresses),
    )
    .sort();
const endpointsOf = (name = 'web') =>
  on.client
    .resource(Endpoints)
    .get({ namespace, name })
    .catch(() => undefined);
const is = (wanted: unknown, probe: () => Promise<unknown>) =>
  until(JSON.stringify(wanted), async () => JSON.stringify(await probe()) === JSON.stringify(wanted));

describe('EndpointSlice', () => {
  test('should create and delete Endpoints and EndpointSlices for a Service with a selector specified [Conformance]', async () => {
    await createNode(on.client, 'n1');
    await on.client.resource(Service).create(serviceOf({ selector }));
    await until('an empty slice', async () => (await slices()).length === 1);
    await until('empty endpoints', async () => (await endpointsOf()) !== undefined);
    await createPod(on.client, 'a', { labels: selector, nodeName: 'n1', ips: ['10.1.0.1'] });
    await createPod(on.client, 'b', { labels: selector, nodeName: 'n1', ips: ['10.1.0.2'], ready: false });
    await is(['10.1.0.1'], addresses);
    await until('both in endpoints', async () => {
      const [subset] = (await endpointsOf())?.subsets ?? [];
      return subset?.addresses?.length === 1 && subset.notReadyAddresses?.length === 1;
    });
    expect((await endpointsOf())!.subsets![0]!.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
    await setPodReady(on.client, { namespace, name: 'b' }, true);
    await is(['10.1.0.1', '10.1.0.2'], addresses);
    // A Pod that no longer matches is no endpoint.
    await on.client.resource(Pod).patch({ namespace, name: 'a' }, 'merge', { metadata: { labels: { app: 'other' } } });
    await is(['10.1.0.2'], addresses);
    // Whoever changes a slice finds it put right.
    const [slice] = await slices();
    await on.client.resource(EndpointSlice).patch(slice!.metadata, 'merge', { endpoints: [] });
    await is(['10.1.0.2'], addresses);
    await on.client.resource(EndpointSlice).delete((await slices())[0]!.metadata);
    await is(['10.1.0.2'], addresses);
    await on.client.resource(Service).delete({ namespace, name: 'web' });
    await until('no endpoints', async () => (await endpointsOf()) === undefined);
  });

  test('should create Endpoints and EndpointSlices for Pods matching a Service [Conformance]', async () => {
    await createNode(on.client, 'n1', { labels: { 'topology.kubernetes.io/zone': 'z1' } });
    const ports = (name: string, containerPort: number) => ({
      containers: [{ name: 'c', image: 'i', ports: [{ name, containerPort }] }],
    });
    await createPod(on.client, 'one', {
      labels: selector,
      nodeName: 'n1',
      ips: ['10.1.0.1'],
      spec: ports('http', 3000),
    });
    await createPod(on.client, 'two', {
      labels: selector,
      nodeName: 'n1',
      ips: ['10.1.0.2'],
      spec: ports('http', 3001),
    });
    await on.client
      .resource(Service)
      .create(serviceOf({ selector, trafficDistribution: 'PreferClose' }, 'web', { team: 'x' }));
    await is(['10.1.0.1', '10.1.0.2'], addresses);
    const found = (await slices()).sort((a, b) => a.ports![0]!.port! - b.ports![0]!.port!);
    expect(found.map(({ ports: of }) => of![0]!.port)).toEqual([3000, 3001]);
    expect(found[0]!.endpoints![0]).toMatchObject({
      zone: 'z1',
      hints: { forZones: [{ name: 'z1' }] },
      nodeName: 'n1',
    });
    expect(found[0]!.metadata.labels).toMatchObject({
      team: 'x',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    });
    expect(found[0]!.metadata.annotations).toHaveProperty(['endpoints.kubernetes.io/last-change-trigger-time']);
    expect(found[0]!.metadata.name).toMatch(/^web-/);
    await until('two subsets', async () => (await endpointsOf())?.subsets?.length === 2);
  });

  test('1,000 Pods are in ten full slices, and nothing is written when nothing changes', async () => {
    await createNode(on.client, 'n1');
    await on.client.resource(Service).create(serviceOf({ selector }));
    const ips = Array.from({ length: 1000 }, (_, i) => `10.2.${i >> 8}.${i & 255}`);
    const batches = Array.from({ length: 20 }, (_, i) => ips.slice(i * 50, i * 50 + 50));
    for (const batch of batches)
      await Promise.all(
        batch.map((ip) =>
          createPod(on.client, `p-${ip.replaceAll('.', '-')}`, { labels: selector, nodeName: 'n1', ips: [ip] }),
        ),
      );
    await until('all ready', async () => (await addresses()).length === 1000);
    const revisions = async () => (await slices()).map(({ metadata }) => metadata.resourceVersion).join();
    expect((await slices()).length).toBe(10);
    const before = await revisions();
    await on.client
      .resource(Pod)
      .patch({ namespace, name: 'p-10-2-0-1' }, 'merge', { metadata: { annotations: { x: 'y' } } });
    // Another Service's work comes after; then the first one's would be done.
    await on.client.resource(Service).create(serviceOf({ selector: { app: 'none' } }, 'other'));
    await until('the other', async () => (await slices('other')).length === 1);
    expect(await revisions()).toBe(before);
    await until('endpoints', async () => (await endpointsOf())?.subsets?.[0]?.addresses?.length === 1000);
  });

  test('a second manager after the first finds all in order', async () => {
    await createNode(on.client, 'n1');
    await on.client.resource(Service).create(serviceOf({ selector }));
    await createPod(on.client, 'a', { labels: selector, nodeName: 'n1', ips: ['10.1.0.1'] });
    await is(['10.1.0.1'], addresses);
    const before = (await slices()).map(({ metadata }) => metadata.name);
    await on.manager.stop();
    await on.client.resource(Service).create(serviceOf({ selector }, 'late'));
    await on.startManager();
    await is(['10.1.0.1'], () => addresses('late'));
    expect((await slices()).map(({ metadata }) => metadata.name)).toEqual(before);
  });

  test('Endpoints that come before their Service stay; those whose Service has gone meanwhile go', async () => {
    const all = on.client.resource(Endpoints);
    const subsets = [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ name: 'http', port: 80 }] }];
    await all.create({ metadata: { namespace, name: 'early' }, subsets } as never);
    await on.client.resource(Service).create(serviceOf({ selector }));
    await until('the endpoints', async () => (await endpointsOf()) !== undefined);
    expect(await endpointsOf('early')).toBeDefined();
    await on.manager.stop();
    await on.client.resource(Service).create(serviceOf({}, 'early'));
    await on.client.resource(Service).delete({ namespace, name: 'web' });
    await on.startManager();
    await until('web has gone', async () => (await endpointsOf()) === undefined);
    await is(['10.1.2.3'], () => addresses('early'));
  });

  test('a namespace that is being deleted gets no endpoints and no complaints', async () => {
    await on.manager.stop();
    await on.client.resource(Namespace).create({ metadata: { name: 'ending' } });
    const { metadata, ...body } = serviceOf({ selector });
    await on.client.resource(Service).create({ ...body, metadata: { ...metadata, namespace: 'ending' } });
    await on.client.resource(Namespace).delete({ name: 'ending' });
    await on.client.resource(Service).create(serviceOf({ selector }));
    await on.startManager();
    await until('the slice', async () => (await slices()).length === 1);
    await until('the endpoints', async () => (await endpointsOf()) !== undefined);
    expect((await on.client.resource(EndpointSlice).list({ namespace: 'ending' })).items).toEqual([]);
    expect((await on.client.resource(CoreEvent).list()).items).toEqual([]);
  });
});

describe('EndpointSliceMirroring', () => {
  test('should mirror a custom Endpoints resource through create update and delete [Conformance]', async () => {
    await on.client.resource(Service).create(serviceOf({}, 'custom'));
    const subsets = [{ addresses: [{ ip: '10.1.2.3' }, { ip: 'fd00::1' }], ports: [{ name: 'http', port: 80 }] }];
    const key = { namespace, name: 'custom' };
    await on.client
      .resource(Endpoints)
      .create({ metadata: { ...key, labels: { a: 'b' }, annotations: { c: 'd' } }, subsets } as never);
    await is(['10.1.2.3', 'fd00::1'], () => addresses('custom'));
    const [slice] = await slices('custom');
    expect(slice!.metadata.labels).toEqual({
      a: 'b',
      'kubernetes.io/service-name': 'custom',
      'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
    });
    expect(slice!.metadata.annotations).toEqual({ c: 'd' });
    await on.client
      .resource(Endpoints)
      .patch(key, 'merge', { subsets: [{ addresses: [{ ip: '10.2.3.4' }], ports: [{ name: 'http', port: 80 }] }] });
    await is(['10.2.3.4'], () => addresses('custom'));
    await on.client
      .resource(Endpoints)
      .patch(key, 'merge', { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } });
    await until('none', async () => (await slices('custom')).length === 0);
    await on.client
      .resource(Endpoints)
      .patch(key, 'merge', { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': null } } });
    await is(['10.2.3.4'], () => addresses('custom'));
    await on.client.resource(Endpoints).delete(key);
    await until('none', async () => (await slices('custom')).length === 0);
  });
});
