// Subsets of Endpoints as tables (pkg/api/v1/endpoints/util_test.go, pkg/controller/endpoint/endpoints_controller_test.go).
import { expect, test } from '@jest/globals';
import { type EndpointSubset, repackSubsets } from '../shared/endpoint-subsets.ts';
import { capacityOf, truncate } from './subsets.ts';

const at = (...ips: string[]) => ips.map((ip) => ({ ip }));
const port = (n: number) => ({ name: `p${n}`, port: n, protocol: 'TCP' });

test.each<[string, EndpointSubset[], EndpointSubset[]]>([
  ['nothing', [], []],
  ['no ports', [{ addresses: at('1.1.1.1') }], [{ addresses: at('1.1.1.1') }]],
  [
    'one address, two ports',
    [
      { addresses: at('1.1.1.1'), ports: [port(2)] },
      { addresses: at('1.1.1.1'), ports: [port(1)] },
    ],
    [{ addresses: at('1.1.1.1'), ports: [port(1), port(2)] }],
  ],
  [
    'two addresses, one port',
    [
      { addresses: at('2.2.2.2'), ports: [port(1)] },
      { addresses: at('1.1.1.1'), ports: [port(1)] },
    ],
    [{ addresses: at('1.1.1.1', '2.2.2.2'), ports: [port(1)] }],
  ],
  [
    'ready here and not there is not ready',
    [
      { addresses: at('1.1.1.1'), ports: [port(1)] },
      { notReadyAddresses: at('1.1.1.1'), ports: [port(1)] },
    ],
    [{ notReadyAddresses: at('1.1.1.1'), ports: [port(1)] }],
  ],
  [
    'addresses that differ stay apart',
    [
      { addresses: at('1.1.1.1', '2.2.2.2'), ports: [port(1)] },
      { addresses: at('2.2.2.2'), ports: [port(2)] },
    ],
    [
      { addresses: at('1.1.1.1', '2.2.2.2'), ports: [port(1)] },
      { addresses: at('2.2.2.2'), ports: [port(2)] },
    ],
  ],
])('repacked: %s', (_, subsets, packed) => {
  expect(repackSubsets(subsets)).toEqual(packed);
  expect(repackSubsets(packed)).toEqual(packed);
});

const many = (n: number) => Array.from({ length: n }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}` }));

test.each<[string, EndpointSubset[], [number, number][]]>([
  ['fits', [{ addresses: many(600), notReadyAddresses: many(400), ports: [port(1)] }], [[600, 400]]],
  ['not ready ones go first', [{ addresses: many(900), notReadyAddresses: many(400), ports: [port(1)] }], [[900, 100]]],
  [
    'each by its share',
    [
      { addresses: many(1000), ports: [port(1)] },
      { addresses: many(500), notReadyAddresses: many(9), ports: [port(2)] },
    ],
    [
      [667, 0],
      [333, 0],
    ],
  ],
])('cut to 1,000: %s', (_, subsets, sizes) => {
  const cut = truncate(subsets);
  expect(
    cut.map(({ addresses, notReadyAddresses }) => [addresses?.length ?? 0, notReadyAddresses?.length ?? 0]),
  ).toEqual(sizes);
  expect(capacityOf(cut)).toBeLessThanOrEqual(1000);
});
