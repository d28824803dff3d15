// What the slices of a Service become, as tables (k8s.io/endpointslice reconciler_test.go, utils_test.go, topologycache and trafficdist tests).
import { describe, expect, test } from '@jest/globals';
import { deepFreeze } from '../../client/freeze.ts';
import type { EndpointSlice, Node, Pod, Service } from '../../client/kinds.ts';
import { type Desired, type Plan, planSlices } from './reconciler.ts';
import { portMapKey } from './slices.ts';
import { TopologyCache } from './topology-cache.ts';

function service(spec: Partial<Service['spec']> = {}, metadata: Partial<Service['metadata']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'ns', uid: 'service-uid', labels: { tier: 'front' }, ...metadata },
    spec: {
      clusterIP: '10.0.0.1',
      ipFamilies: ['IPv4'],
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, targetPort: 8080 as never, protocol: 'TCP' }],
      ...spec,
    },
  } as Service;
}

function pod(
  index: number,
  more: { ready?: boolean; terminating?: boolean; node?: string; ips?: string[]; spec?: object } = {},
): Pod {
  const {
    ready = true,
    terminating = false,
    node = `n${index % 3}`,
    ips = [`10.1.${index >> 8}.${index & 255}`],
    spec = {},
  } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `p${index}`,
      namespace: 'ns',
      uid: `uid-${index}`,
      labels: { app: 'web' },
      ...(terminating ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { nodeName: node, containers: [], ...spec },
    status: {
      phase: 'Running',
      podIP: ips[0],
      podIPs: ips.map((ip) => ({ ip })),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  } as unknown as Pod;
}

const node = (name: string, zone: string, cpu = '4'): Node =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, labels: { 'topology.kubernetes.io/zone': zone } },
    status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: 'True' }] },
  }) as unknown as Node;

const nodes = ['a', 'b', 'c'].map((zone, i) => node(`n${i}`, zone));
const pods = (count: number): Pod[] => Array.from({ length: count }, (_, i) => pod(i));

function plan(desired: Partial<Desired>): Plan {
  return planSlices({
    service: service(),
    pods: [],
    nodeOf: (name) => nodes.find(({ metadata }) => metadata.name === name),
    existing: [],
    maxEndpointsPerSlice: 100,
    topology: new TopologyCache(),
    ...desired,
  });
}

let names = 0;

/** What is there after the plan: created slices get names. */
function applied(existing: readonly EndpointSlice[], { changes }: Plan): EndpointSlice[] {
  const changed = new Map(changes.update.map((slice) => [slice.metadata.name, slice as EndpointSlice]));
  const gone = new Set(changes.delete.map(({ metadata }) => metadata.name));
  const kept = existing.filter(({ metadata }) => !gone.has(metadata.name));
  const created = changes.create.map((slice) => {
    names += 1;
    const metadata = { ...slice.metadata, name: `s${names}`, uid: `u${names}` };
    return { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', ...slice, metadata } as EndpointSlice;
  });
  return deepFreeze([...kept.map((slice) => changed.get(slice.metadata.name) ?? slice), ...created]);
}

const counts = ({ changes }: Plan) => [changes.create.length, changes.update.length, changes.delete.length];
const sizes = (slices: readonly EndpointSlice[]) =>
  slices.map(({ endpoints }) => endpoints?.length ?? 0).sort((a, b) => b - a);

describe('slices', () => {
  test('a Service without Pods has one empty slice of each family, and keeps it', () => {
    const dual = service({ ipFamilies: ['IPv4', 'IPv6'] });
    const first = plan({ service: dual });
    const slices = applied([], first);
    expect(slices.map(({ addressType, endpoints, ports }) => [addressType, endpoints, ports])).toEqual([
      ['IPv4', [], []],
      ['IPv6', [], []],
    ]);
    expect(counts(plan({ service: dual, existing: slices }))).toEqual([0, 0, 0]);
    // The first Pods take its place, by its name.
    const filled = plan({ service: dual, existing: slices, pods: [pod(1, { ips: ['10.0.0.9', 'fd00::9'] })] });
    expect(counts(filled)).toEqual([0, 2, 0]);
    expect(filled.changes.update.map(({ endpoints }) => endpoints[0]!.addresses)).toEqual([['10.0.0.9'], ['fd00::9']]);
  });

  test('slices hold at most 100, further Pods fill up the fullest that has room, and nothing is written twice', () => {
    const slices = applied([], plan({ pods: pods(250) }));
    expect(sizes(slices)).toEqual([100, 100, 50]);
    expect(counts(plan({ pods: pods(250), existing: slices }))).toEqual([0, 0, 0]);
    const more = plan({ pods: pods(260), existing: slices });
    expect(counts(more)).toEqual([0, 1, 0]);
    expect(sizes(applied(slices, more))).toEqual([100, 100, 60]);
  });

  test('Pods that go shrink their slices only, empty slices go, and those that come fill changed slices first', () => {
    const slices = applied([], plan({ pods: pods(250) }));
    const fewer = plan({ pods: pods(150), existing: slices });
    expect(counts(fewer)).toEqual([0, 1, 1]);
    expect(sizes(applied(slices, fewer))).toEqual([100, 50]);
    const swapped = plan({ pods: [...pods(250).slice(5), ...[300, 301, 302].map((i) => pod(i))], existing: slices });
    expect(counts(swapped)).toEqual([0, 1, 0]);
  });

  test('a Pod that changes changes one slice', () => {
    const slices = applied([], plan({ pods: pods(250) }));
    const changed = plan({
      pods: pods(250).map((p, i) => (i === 120 ? pod(i, { ready: false }) : p)),
      existing: slices,
    });
    expect(counts(changed)).toEqual([0, 1, 0]);
  });

  test('labels of the Service are the slices’, reserved ones excepted', () => {
    const slices = applied([], plan({ pods: pods(2) }));
    expect(slices[0]!.metadata.labels).toEqual({
      tier: 'front',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    });
    const relabelled = service(
      { clusterIP: 'None' },
      { labels: { tier: 'back', 'kubernetes.io/service-name': 'other' } },
    );
    const { changes } = plan({ service: relabelled, pods: pods(2), existing: slices });
    expect(changes.update[0]!.metadata.labels).toEqual({
      tier: 'back',
      'service.kubernetes.io/headless': '',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    });
  });

  test('Pods whose ports differ are in slices of their own; a port that a Pod has not is left out', () => {
    const named = service({ ports: [{ name: 'h', port: 80, targetPort: 'http' as never, protocol: 'TCP' }] });
    const withPort = (port: number) => ({
      spec: { nodeName: 'n1', containers: [{ ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }] }] },
    });
    const { changes } = plan({ service: named, pods: [pod(1, withPort(80)), pod(2, withPort(81)), pod(3)] });
    expect(changes.create.map(({ ports }) => ports)).toEqual([
      [{ name: 'h', port: 80, protocol: 'TCP' }],
      [{ name: 'h', port: 81, protocol: 'TCP' }],
      [],
    ]);
  });

  test('slices of another owner, or of a family that the Service has no more, go', () => {
    const slices = applied([], plan({ pods: pods(2) }));
    const other = service({}, { uid: 'another' });
    const { changes } = plan({ service: other, pods: pods(2), existing: slices });
    expect([changes.create.length, changes.update.length, changes.delete.length]).toEqual([1, 0, 1]);
    expect(counts(plan({ service: service({ ipFamilies: ['IPv6'] }), existing: slices }))).toEqual([1, 0, 1]);
  });

  test('nothing is created for a Service that is being deleted', () => {
    expect(
      counts(plan({ service: service({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }), pods: pods(2) })),
    ).toEqual([0, 0, 0]);
  });

  test('a Pod on a node that is not known is left out and named, unless addresses that are not ready are published', () => {
    const lost = plan({ pods: [pod(1, { node: 'gone' }), pod(2)] });
    expect(lost.errors.map(({ message }) => message)).toEqual([
      'skipping Pod p1 for Service ns/web: Node gone Not Found',
    ]);
    expect(lost.changes.create[0]!.endpoints.map(({ nodeName }) => nodeName)).toEqual(['n2']);
    const published = plan({ service: service({ publishNotReadyAddresses: true }), pods: [pod(1, { node: 'gone' })] });
    expect([published.errors.length, published.changes.create[0]!.endpoints.length]).toEqual([0, 1]);
  });
});

test.each<[string, Pod, Partial<Service['spec']>, object]>([
  ['ready', pod(1), {}, { ready: true, serving: true, terminating: false }],
  ['not ready', pod(1, { ready: false }), {}, { ready: false, serving: false, terminating: false }],
  ['terminating and serving', pod(1, { terminating: true }), {}, { ready: false, serving: true, terminating: true }],
  [
    'published',
    pod(1, { ready: false, terminating: true }),
    { publishNotReadyAddresses: true },
    { ready: true, serving: false, terminating: true },
  ],
])('conditions of an endpoint: %s', (_, of, spec, conditions) => {
  const { changes } = plan({ service: service(spec), pods: [of] });
  expect(changes.create[0]!.endpoints).toEqual([
    {
      addresses: ['10.1.0.1'],
      conditions,
      nodeName: 'n1',
      zone: 'b',
      targetRef: { kind: 'Pod', namespace: 'ns', name: 'p1', uid: 'uid-1' },
    },
  ]);
});

test('a Pod that has ended is no endpoint; one with a hostname below the Service says so', () => {
  const ended = pod(1);
  ended.status!.phase = 'Succeeded';
  const { changes } = plan({ pods: [ended, pod(2, { spec: { hostname: 'h', subdomain: 'web' } })] });
  expect(changes.create[0]!.endpoints.map(({ hostname }) => hostname)).toEqual(['h']);
});

test('ports are the same in any order', () => {
  const [a, b] = [
    { name: 'a', port: 1 },
    { name: 'b', port: 2 },
  ];
  expect(portMapKey([a!, b!])).toBe(portMapKey([b!, a!]));
  expect(portMapKey([a!])).not.toBe(portMapKey([{ ...a!, protocol: 'UDP' }]));
});

describe('hints by spec.trafficDistribution', () => {
  const hintsOf = (slices: readonly EndpointSlice[]) =>
    slices.flatMap(({ endpoints }) => (endpoints ?? []).map(({ hints }) => hints));

  test.each([
    ['PreferClose', { forZones: [{ name: 'b' }] }],
    ['PreferSameZone', { forZones: [{ name: 'b' }] }],
    ['PreferSameNode', { forZones: [{ name: 'b' }], forNodes: [{ name: 'n1' }] }],
  ])('%s', (trafficDistribution, hints) => {
    const hinted = service({ trafficDistribution });
    const slices = applied([], plan({ pods: [pod(1)] }));
    expect(hintsOf(slices)).toEqual([undefined]);
    const after = applied(slices, plan({ service: hinted, pods: [pod(1)], existing: slices }));
    expect(hintsOf(after)).toEqual([hints]);
    expect(counts(plan({ service: hinted, pods: [pod(1)], existing: after }))).toEqual([0, 0, 0]);
    expect(hintsOf(applied(after, plan({ pods: [pod(1)], existing: after })))).toEqual([undefined]);
  });
});

describe('hints by topology', () => {
  const auto = service({}, { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } });
  const inZone = (counts: number[]) =>
    counts.flatMap((n, zone) => Array.from({ length: n }, (_, i) => pod(zone * 20 + i, { node: `n${zone}` })));
  const zonesOf = ({ changes }: Plan) => {
    const zones = changes.create.flatMap(({ endpoints }) =>
      endpoints.map(({ hints }) => hints?.forZones?.[0]?.name ?? '-'),
    );
    return Object.fromEntries([...Map.groupBy(zones, (zone) => zone)].map(([zone, all]) => [zone, all.length]).sort());
  };

  test.each<[string, number[], Record<string, number>]>([
    ['even', [2, 2, 2], { a: 2, b: 2, c: 2 }],
    ['one zone has more than its share', [4, 1, 1], { a: 2, b: 2, c: 2 }],
    ['one zone has none', [3, 3, 0], { a: 2, b: 2, c: 2 }],
  ])('%s', (_, of, zones) => {
    const topology = new TopologyCache();
    topology.setNodes(nodes);
    const first = plan({ service: auto, pods: inZone(of), topology });
    expect(zonesOf(first)).toEqual(zones);
    expect(first.events).toEqual([
      {
        type: 'Normal',
        reason: 'TopologyAwareHintsEnabled',
        message: 'Topology Aware Hints has been enabled, addressType: IPv4',
      },
    ]);
    const again = plan({ service: auto, pods: inZone(of), topology, existing: applied([], first) });
    expect([counts(again), again.events]).toEqual([[0, 0, 0], []]);
  });

  test.each<[string, Node[], number[], string]>([
    [
      'no zones',
      [node('n0', '')],
      [3],
      'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    ],
    ['too few endpoints', nodes, [1, 1], 'Insufficient number of endpoints (2 endpoints, 3 zones)'],
    [
      'shares that cannot be met',
      [node('n0', 'a', '10'), node('n1', 'b', '1'), node('n2', 'c', '1')],
      [2, 1, 0],
      'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 3 zones)',
    ],
  ])('none: %s', (_, of, endpoints, message) => {
    const topology = new TopologyCache();
    topology.setNodes(of);
    const { events, changes } = plan({
      service: auto,
      pods: inZone(endpoints),
      topology,
      nodeOf: (name) => of.find(({ metadata }) => metadata.name === name) ?? nodes[0],
    });
    expect(events).toEqual([
      { type: 'Warning', reason: 'TopologyAwareHintsDisabled', message: `${message}, addressType: IPv4` },
    ]);
    expect(changes.create.flatMap(({ endpoints: all }) => all.filter(({ hints }) => hints !== undefined))).toEqual([]);
  });

  test('a Service with too few endpoints for new shares is named; one that asks no more loses its hints', () => {
    const topology = new TopologyCache();
    topology.setNodes(nodes);
    const first = plan({ service: auto, pods: inZone([2, 2, 2]), topology });
    const slices = applied([], first);
    expect(topology.overloadedServices()).toEqual([]);
    topology.setNodes([...nodes, node('n3', 'd'), node('n4', 'a', '16')]);
    expect(topology.overloadedServices()).toEqual(['ns/web']);
    const { changes, events } = plan({ pods: inZone([2, 2, 2]), topology, existing: slices });
    expect(changes.update[0]!.endpoints.filter(({ hints }) => hints)).toEqual([]);
    expect(events.map(({ message }) => message)).toEqual(['Topology Aware Hints has been disabled, addressType: IPv4']);
    expect(topology.overloadedServices()).toEqual([]);
  });
});
