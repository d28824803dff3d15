// What mirrors Endpoints, as tables (pkg/controller/endpointslicemirroring/reconciler_test.go).
import { expect, test } from '@jest/globals';
import type { EndpointSlice, Endpoints } from '../../client/kinds.ts';
import { planMirror } from './mirror.ts';

const of = (subsets: Endpoints['subsets'], metadata = {}): Endpoints =>
  ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { namespace: 'ns', name: 'e', uid: 'u', ...metadata },
    subsets,
  }) as Endpoints;
const at = (...ips: string[]) => ips.map((ip) => ({ ip }));
const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];

function named(slices: readonly object[]): EndpointSlice[] {
  return slices.map((slice, i) => {
    const { metadata } = slice as EndpointSlice;
    return { ...slice, metadata: { ...metadata, name: `s${i}`, uid: `su${i}` } } as EndpointSlice;
  });
}

test('each family and set of ports has a slice; the same again changes nothing', () => {
  const endpoints = of([
    { addresses: at('10.0.0.1', 'fd00::1'), notReadyAddresses: at('10.0.0.2'), ports },
    { addresses: at('10.0.0.3') },
  ]);
  const { changes } = planMirror(endpoints, [], 1000);
  const shape = changes.create.map(({ addressType, ports: p, endpoints: all }) => [
    addressType,
    p?.length,
    all.map(({ addresses, conditions }) => [addresses[0], conditions?.ready]),
  ]);
  expect(shape.sort()).toEqual([
    ['IPv4', 0, [['10.0.0.3', true]]],
    [
      'IPv4',
      1,
      [
        ['10.0.0.1', true],
        ['10.0.0.2', false],
      ],
    ],
    ['IPv6', 1, [['fd00::1', true]]],
  ]);
  expect(planMirror(endpoints, named(changes.create), 1000).changes).toEqual({ create: [], update: [], delete: [] });
});

test.each<[string, Endpoints, [number, number, number]]>([
  ['an address more', of([{ addresses: at('10.0.0.1', '10.0.0.2'), ports }]), [0, 1, 0]],
  ['other labels', of([{ addresses: at('10.0.0.1'), ports }], { labels: { a: 'b' } }), [0, 1, 0]],
  ['other annotations', of([{ addresses: at('10.0.0.1'), ports }], { annotations: { a: 'b' } }), [0, 1, 0]],
  [
    'annotations that are not mirrored',
    of([{ addresses: at('10.0.0.1'), ports }], {
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
    }),
    [0, 0, 0],
  ],
  ['made anew', of([{ addresses: at('10.0.0.1'), ports }], { uid: 'v' }), [0, 1, 0]],
  ['other ports', of([{ addresses: at('10.0.0.1'), ports: [{ port: 81 }] }]), [0, 1, 0]],
  ['another family', of([{ addresses: at('fd00::1'), ports }]), [1, 0, 1]],
  ['nothing left', of([]), [0, 0, 1]],
])('changed: %s', (_, endpoints, counts) => {
  const existing = named(planMirror(of([{ addresses: at('10.0.0.1'), ports }]), [], 1000).changes.create);
  const { changes } = planMirror(endpoints, existing, 1000);
  expect([changes.create.length, changes.update.length, changes.delete.length]).toEqual(counts);
  for (const { metadata } of changes.update) expect(metadata.name).toBe('s0');
});

test('addresses that are none, and those beyond the limit, are counted', () => {
  const plan = planMirror(of([{ addresses: at('0x', '10.0.0.1', '10.0.0.2', '10.0.0.3'), ports }]), [], 2);
  expect([plan.invalidAddresses, plan.skippedAddresses, plan.changes.create[0]!.endpoints.length]).toEqual([1, 2, 2]);
});
