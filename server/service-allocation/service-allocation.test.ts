import { beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../apimachinery/object.ts';
import { type Storage, StorageError, type StoredObject, type WriteOperation } from '../../storage/storage.ts';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { ServiceSpec } from './ip-family-fields.ts';
import { canonicalAddress, IPRange } from './ip-range.ts';
import { type PortClaims, storagePortClaims } from './node-ports.ts';
import { AllocationRepair } from './repair.ts';
import { type AllocationContext, ServiceAllocator } from './service-allocator.ts';

/** The two calls that port claims make, over a map. */
function fakeStorage(): Storage {
  const stored = new Map<string, StoredObject>();
  const storage = {
    async write(operation: WriteOperation) {
      const { name } = operation.key;
      const object = stored.get(name);
      if (operation.type === 'create') {
        if (object !== undefined) throw new StorageError('KeyExists', 'exists', { object });
        const made = { ...operation.key, uid: operation.uid, revision: 1, value: operation.value };
        stored.set(name, made);
        return { revision: 1, object: made };
      }
      if (object === undefined) throw new StorageError('KeyNotFound', 'missing');
      stored.delete(name);
      return { revision: 2, object };
    },
    list: async () => ({ revision: 1, items: [...stored.values()], remaining: 0 }),
  };
  return storage as unknown as Storage;
}

let objects: MemoryObjects;
let claims: PortClaims;
let allocator: ServiceAllocator;
const wet: AllocationContext = { namespace: 'dev', dryRun: false };
const dry: AllocationContext = { namespace: 'dev', dryRun: true };

function newAllocator(ranges = ['10.96.0.0/16'], nodePortRange = '30000-32767'): ServiceAllocator {
  return new ServiceAllocator({ reader: objects, writer: objects, portClaims: claims, ranges, nodePortRange });
}
function service(name: string, spec: ServiceSpec): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'dev' }, spec: structuredClone(spec) };
}
const addresses = () =>
  objects
    .resource('ipaddresses.networking.k8s.io')
    .list()
    .map(({ metadata }) => metadata.name);
const ports = async () => [...(await claims.list()).keys()].sort();

beforeEach(() => {
  objects = new MemoryObjects();
  claims = storagePortClaims(fakeStorage());
  allocator = newAllocator();
});

async function create(name: string, spec: ServiceSpec, from = allocator): Promise<KubeObject> {
  const made = service(name, spec);
  await (await from.beforeServiceCreate(made, wet)).commit();
  return await objects.create('services', 'dev', made);
}
async function update(old: KubeObject, spec: ServiceSpec): Promise<KubeObject> {
  const made = { ...structuredClone(old), spec: structuredClone(spec) as object };
  await (await allocator.beforeServiceUpdate(made, old, wet)).commit();
  return await objects.update('services', 'dev', made);
}

describe('ranges', () => {
  test('usable addresses, and the dynamic band before the static one', () => {
    const range = new IPRange('10.96.0.0/16');
    expect([range.firstAddress, range.network, range.family]).toEqual(['10.96.0.1', '10.96.0.0', 'IPv4']);
    expect(
      ['10.96.0.0', '10.96.0.1', '10.96.255.254', '10.96.255.255', '10.97.0.1', '::1'].map((a) => range.contains(a)),
    ).toEqual([false, true, true, false, false, false]);
    const all = [...range.candidates(() => 0)];
    expect([all.length, new Set(all).size, all[0], all.at(-1)]).toEqual([65534, 65534, '10.96.1.1', '10.96.1.0']);
  });
  test('small and IPv6 ranges', () => {
    expect([...new IPRange('192.0.2.0/30').candidates(() => 0)]).toEqual(['192.0.2.1', '192.0.2.2']);
    expect([...new IPRange('fd00::/126').candidates(() => 0)]).toEqual(['fd00::1', 'fd00::2', 'fd00::3']);
    expect(() => new IPRange('fd00::/48')).toThrow('shortest allowed prefix length for service CIDR is 64, got 48');
    expect(() => new IPRange('10.0.0.0')).toThrow('invalid CIDR address');
  });
  test.each([
    ['FD00:0:0:0:0:0:0:1', 'fd00::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::', '::'],
    ['0:0:1::', '0:0:1::'],
  ])('the spelling of %s', (given, canonical) => {
    expect(canonicalAddress(given)).toBe(canonical);
  });
});

describe('cluster IPs', () => {
  test('an address from the range, held by an IPAddress', async () => {
    const made = await create('web', { type: 'ClusterIP' });
    const [address] = addresses();
    expect(made['spec']).toEqual({
      type: 'ClusterIP',
      ipFamilyPolicy: 'SingleStack',
      ipFamilies: ['IPv4'],
      clusterIPs: [address],
      clusterIP: address,
    });
    expect(objects.resource('ipaddresses.networking.k8s.io').get('', address!)).toMatchObject({
      metadata: {
        labels: {
          'ipaddress.kubernetes.io/ip-family': 'IPv4',
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { resource: 'services', namespace: 'dev', name: 'web' } },
    });
    await allocator.afterServiceDelete(made);
    expect(addresses()).toEqual([]);
  });

  test('the address that is asked for, once', async () => {
    const wanted = { type: 'ClusterIP', clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] };
    await create('a', wanted);
    await expect(create('b', wanted)).rejects.toMatchObject({
      code: 422,
      message:
        'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    });
    await expect(create('c', { clusterIP: '10.97.0.1', clusterIPs: ['10.97.0.1'] })).rejects.toThrow(
      'failed to allocate IP 10.97.0.1: the provided network does not match the current range',
    );
    await expect(create('d', { clusterIP: 'Nonex', clusterIPs: ['Nonex'] })).rejects.toThrow(
      'Service "d" is invalid: spec.clusterIPs[0]: Invalid value: "Nonex": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    );
    expect(addresses()).toEqual(['10.96.0.10']);
  });

  test('headless and external Services have none', async () => {
    const plain = await create('h', { clusterIP: 'None', clusterIPs: ['None'], selector: { app: 'a' } });
    expect(plain['spec']).toMatchObject({ ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
    const selectorless = await create('s', { clusterIP: 'None', clusterIPs: ['None'] });
    expect(selectorless['spec']).toMatchObject({ ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' });
    expect((await create('e', { type: 'ExternalName' }))['spec']).toEqual({ type: 'ExternalName' });
    expect(addresses()).toEqual([]);
  });

  test('a change of type takes and releases', async () => {
    const external = await create('web', { type: 'ExternalName' });
    const internal = await update(external, { type: 'ClusterIP' });
    expect(addresses()).toEqual([internal['spec'].clusterIP]);
    await update(internal, { type: 'ExternalName' });
    expect(addresses()).toEqual([]);
  });

  test('a write that fails gives back what it took; a dry run takes nothing', async () => {
    const allocation = await allocator.beforeServiceCreate(
      service('web', { type: 'NodePort', ports: [{ port: 80 }] }),
      wet,
    );
    expect([addresses().length, (await ports()).length]).toEqual([1, 1]);
    await allocation.rollback();
    const tried = service('web', { type: 'NodePort', ports: [{ port: 80 }, { port: 81 }] });
    await (await allocator.beforeServiceCreate(tried, dry)).commit();
    expect(tried['spec']).toMatchObject({ clusterIP: '10.96.0.0', ports: [{ nodePort: 32769 }, { nodePort: 32770 }] });
    expect([addresses(), await ports()]).toEqual([[], []]);
  });

  test('a full range is an error of the server, and two servers never give out one address twice', async () => {
    const pair = [newAllocator(['192.0.2.0/28']), newAllocator(['192.0.2.0/28'])];
    const made = await Promise.all(
      Array.from({ length: 14 }, (_, i) => create(`s${i}`, { type: 'ClusterIP' }, pair[i % 2])),
    );
    expect(new Set(made.map((one) => one['spec'].clusterIP)).size).toBe(14);
    await expect(create('more', { type: 'ClusterIP' }, pair[0])).rejects.toMatchObject({
      code: 500,
      message: 'Internal error occurred: failed to allocate a serviceIP for Service "more": range is full',
    });
  });

  test('a further ServiceCIDR adds addresses when it is ready', async () => {
    const small = newAllocator(['192.0.2.0/30']);
    const cidr = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'more' },
      spec: { cidrs: ['198.51.100.0/30'] },
    };
    await objects.create('servicecidrs.networking.k8s.io', '', {
      ...cidr,
      status: { conditions: [{ type: 'Ready', status: 'False' }] },
    });
    await create('a', {}, small);
    await create('b', {}, small);
    await expect(create('c', {}, small)).rejects.toThrow('range is full');
    await objects.update('servicecidrs.networking.k8s.io', '', cidr);
    expect((await create('c', {}, small))['spec'].clusterIP).toMatch(/^198\.51\.100\.[12]$/);
  });
});

describe('two families', () => {
  beforeEach(() => {
    allocator = newAllocator(['10.96.0.0/16', 'fd00::/112']);
  });
  test('upgrade and downgrade', async () => {
    const single = await create('web', { type: 'ClusterIP' });
    const both = await update(single, { ...single['spec'], ipFamilyPolicy: 'RequireDualStack' });
    expect(both['spec'].ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(both['spec'].clusterIPs[0]).toBe(single['spec'].clusterIP);
    expect(addresses()).toHaveLength(2);
    await expect(update(both, { ...both['spec'], clusterIPs: both['spec'].clusterIPs.slice(0, 1) })).rejects.toThrow(
      "must be 'SingleStack' to release the secondary cluster IP",
    );
    const back = await update(both, { ...both['spec'], ipFamilyPolicy: 'SingleStack' });
    expect(back['spec']).toMatchObject({ ipFamilies: ['IPv4'], clusterIPs: [single['spec'].clusterIP] });
    expect(addresses()).toEqual([single['spec'].clusterIP]);
  });
  test.each([
    [
      { ipFamilyPolicy: 'Both' },
      'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [{ ipFamilies: ['IPv4', 'IPv4'] }, 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
    [
      { ipFamilies: ['IPv4', 'IPv6'] },
      "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
    [
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ipFamilies: ['IPv6'] },
      'spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
    [{ clusterIPs: ['10.96.0.9'] }, 'must be empty when `clusterIP` is not specified'],
  ])('refuses %j', async (spec, message) => {
    await expect(create('x', spec as ServiceSpec)).rejects.toThrow(message);
  });
  test('what one family cannot serve', async () => {
    allocator = newAllocator();
    await expect(create('x', { ipFamilyPolicy: 'RequireDualStack' })).rejects.toThrow(
      'this cluster is not configured for dual-stack services',
    );
    await expect(create('x', { ipFamilies: ['IPv6'] })).rejects.toThrow(
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    );
  });
});

describe('node ports', () => {
  test('one per port, shared by ports of one number, given back with the Service', async () => {
    const made = await create('web', {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 80, protocol: 'TCP' },
        { name: 'b', port: 80, protocol: 'UDP' },
        { name: 'c', port: 81, nodePort: 30001 },
      ],
    });
    const [a, b, c] = made['spec'].ports;
    expect(a.nodePort).toBe(b.nodePort);
    expect(a.nodePort).toBeGreaterThanOrEqual(30086);
    expect(c.nodePort).toBe(30001);
    expect(await ports()).toEqual([30001, a.nodePort]);
    await allocator.afterServiceDelete(made);
    expect(await ports()).toEqual([]);
  });

  test('conflicts and ports out of range', async () => {
    await create('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] });
    await expect(create('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] })).rejects.toMatchObject({
      code: 422,
      message:
        'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
    });
    await expect(create('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })).rejects.toThrow(
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
    const tried = service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] });
    await expect(allocator.beforeServiceCreate(tried, dry)).rejects.toThrow('provided port is already allocated');
    expect([addresses().length, await ports()]).toEqual([1, [30001]]);
  });

  test('an update keeps, takes and gives back', async () => {
    const plain = await create('web', { type: 'ClusterIP', ports: [{ port: 80 }] });
    const open = await update(plain, { ...plain['spec'], type: 'NodePort', ports: [{ port: 80 }, { port: 81 }] });
    const taken = open['spec'].ports.map((port: { nodePort: number }) => port.nodePort);
    expect(await ports()).toEqual([...taken].sort());
    const fewer = await update(open, { ...open['spec'], ports: [open['spec'].ports[1]] });
    expect(await ports()).toEqual([taken[1]]);
    await update(fewer, { ...fewer['spec'], type: 'ClusterIP', ports: [{ port: 81 }] });
    expect(await ports()).toEqual([]);
  });

  test('a load balancer may want none, and has a port for health checks when traffic stays local', async () => {
    const none = await create('a', {
      type: 'LoadBalancer',
      allocateLoadBalancerNodePorts: false,
      ports: [{ port: 80 }],
    });
    expect(none['spec'].ports[0].nodePort).toBeUndefined();
    const local = await create('b', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }] });
    expect(await ports()).toEqual([local['spec'].ports[0].nodePort, local['spec'].healthCheckNodePort].sort());
    await update(local, { ...local['spec'], externalTrafficPolicy: 'Cluster' });
    expect(await ports()).toEqual([local['spec'].ports[0].nodePort]);
  });

  test('two servers share a small range to its last port', async () => {
    const pair = [newAllocator(undefined, '30000-30009'), newAllocator(undefined, '30000-30009')];
    const spec = { type: 'NodePort', ports: [{ port: 80 }] };
    const made = await Promise.all(Array.from({ length: 10 }, (_, i) => create(`s${i}`, spec, pair[i % 2])));
    expect(new Set(made.map((one) => one['spec'].ports[0].nodePort)).size).toBe(10);
    await expect(create('more', spec, pair[0])).rejects.toThrow('failed to allocate a nodePort: range is full');
    await pair[1]!.afterServiceDelete(made[0]!);
    expect((await create('again', spec, pair[0]))['spec'].ports[0].nodePort).toBe(made[0]!['spec'].ports[0].nodePort);
  });
});

describe('repair', () => {
  const reports: string[] = [];
  const clock = { now: 0 };
  let repair: AllocationRepair;
  beforeEach(() => {
    reports.length = 0;
    clock.now = Date.parse('2026-01-01T00:00:30Z');
    repair = new AllocationRepair({
      reader: objects,
      writer: objects,
      allocator,
      report: (message) => reports.push(message),
      now: () => clock.now,
    });
  });

  test('leaves alone what is right', async () => {
    await create('web', { type: 'NodePort', ports: [{ port: 80 }] });
    clock.now += 3_600_000;
    objects.writes.length = 0;
    await repair.run();
    expect([reports, objects.writes]).toEqual([[], []]);
  });

  test('takes for a Service what it has, and corrects a wrong owner', async () => {
    const lost = {
      type: 'NodePort',
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: [{ port: 80, nodePort: 30007 }],
    };
    await objects.create('services', 'dev', service('web', lost));
    await repair.run();
    expect(addresses()).toEqual(['10.96.0.7']);
    expect(await ports()).toEqual([30007]);
    expect(reports).toEqual([
      'Cluster IP 10.96.0.7 of Service dev/web is not allocated; repairing',
      'Port 30007 is not allocated; repairing',
    ]);
    await objects.delete('services', 'dev', 'web');
    await objects.create('services', 'dev', service('new', lost));
    await repair.run();
    expect(objects.resource('ipaddresses.networking.k8s.io').get('', '10.96.0.7')?.['spec'].parentRef.name).toBe('new');
  });

  test('gives back what leaked, not at once', async () => {
    await (
      await allocator.beforeServiceCreate(
        service('gone', { type: 'NodePort', ports: [{ port: 80, nodePort: 30009 }] }),
        wet,
      )
    ).commit();
    await repair.run();
    expect([addresses().length, await ports()]).toEqual([1, [30009]]);
    clock.now += 60_000;
    await repair.run();
    expect([addresses(), await ports()]).toEqual([[], [30009]]);
    await repair.run();
    expect(await ports()).toEqual([]);
  });
});
