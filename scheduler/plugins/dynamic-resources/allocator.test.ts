// Devices for claims: counts, expressions, alternatives, constraints, taints, pools, shared counters.
import { describe, expect, test } from '@jest/globals';
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../../../client/kinds.ts';
import { node } from '../../testing/fixtures.ts';
import { Allocator } from './allocator.ts';

const gpu = (name: string, memory = 8, more: object = {}) => ({
  name,
  attributes: { model: { string: name.startsWith('b') ? 'big' : 'small' }, numa: { int: memory % 2 } },
  capacity: { memory: { value: `${memory}Gi` } },
  ...more,
});
const slice = (devices: object[], spec: object = {}, pool: object = {}) =>
  ({
    metadata: { name: 's', uid: 's' },
    spec: {
      driver: 'gpu.example.com',
      nodeName: 'n',
      pool: { name: 'n', generation: 1, resourceSliceCount: 1, ...pool },
      devices,
      ...spec,
    },
  }) as unknown as ResourceSlice;
const claim = (requests: object[], constraints: object[] = []) =>
  ({
    metadata: { name: 'c', namespace: 'default', uid: 'c' },
    spec: { devices: { requests, constraints } },
  }) as unknown as ResourceClaim;
const exactly = (name: string, more: object = {}) => ({ name, exactly: { deviceClassName: 'gpu', ...more } });
const cel = (expression: string) => ({ selectors: [{ cel: { expression } }] });
const gpuClass = {
  metadata: { name: 'gpu', uid: 'g' },
  spec: cel('device.driver == "gpu.example.com"'),
} as unknown as DeviceClass;

const allocate = (slices: ResourceSlice[], claims: ResourceClaim[], taken: string[] = []) =>
  new Allocator(node('n'), slices, new Set(taken), () => gpuClass)
    .allocate(claims)
    ?.map(({ devices }) => (devices?.results ?? []).map(({ request, device }) => `${request}=${device}`).join(' '));

const memory = (size: string) => `device.capacity["gpu.example.com"].memory.compareTo(quantity("${size}")) >= 0`;
const taints = [{ key: 'broken', effect: 'NoSchedule' }];
const two = slice([gpu('a'), gpu('b', 16)]);

describe('one claim', () => {
  test.each<[string, ResourceSlice[], ResourceClaim, string[], string[] | undefined]>([
    ['one device', [two], claim([exactly('r')]), [], ['r=a']],
    ['one that is free', [two], claim([exactly('r')]), ['gpu.example.com/n/a'], ['r=b']],
    ['none is free', [two], claim([exactly('r', { count: 2 })]), ['gpu.example.com/n/a'], undefined],
    [
      'administrators need none to be free',
      [two],
      claim([exactly('r', { adminAccess: true })]),
      ['gpu.example.com/n/a'],
      ['r=a'],
    ],
    ['two devices', [two], claim([exactly('r', { count: 2 })]), [], ['r=a r=b']],
    ['all devices', [two], claim([exactly('r', { allocationMode: 'All' })]), [], ['r=a r=b']],
    ['by capacity', [two], claim([exactly('r', cel(memory('16Gi')))]), [], ['r=b']],
    [
      'by attribute',
      [two],
      claim([exactly('r', cel('device.attributes["gpu.example.com"].model == "big"'))]),
      [],
      ['r=b'],
    ],
    [
      'of a domain that no device has',
      [two],
      claim([exactly('r', cel('has(device.attributes["other"].x)'))]),
      [],
      undefined,
    ],
    [
      'goes back where the second request needs the first device',
      [two],
      claim([exactly('any'), exactly('small', cel('device.attributes["gpu.example.com"].model == "small"'))]),
      [],
      ['any=b small=a'],
    ],
    [
      'the first alternative that there is',
      [two],
      claim([
        {
          name: 'r',
          firstAvailable: [
            { name: 'huge', deviceClassName: 'gpu', ...cel(memory('64Gi')) },
            { name: 'ok', deviceClassName: 'gpu' },
          ],
        },
      ]),
      [],
      ['r/ok=a'],
    ],
    ['a taint', [slice([gpu('a', 8, { taints }), gpu('b')])], claim([exactly('r')]), [], ['r=b']],
    [
      'a taint that is tolerated',
      [slice([gpu('a', 8, { taints })])],
      claim([exactly('r', { tolerations: [{ key: 'broken', operator: 'Exists' }] })]),
      [],
      ['r=a'],
    ],
    [
      'the same attribute',
      [slice([gpu('a', 8), gpu('c', 9), gpu('d', 8)])],
      claim([exactly('r', { count: 2 })], [{ matchAttribute: 'gpu.example.com/numa' }]),
      [],
      ['r=a r=d'],
    ],
    [
      'different attributes',
      [slice([gpu('a', 8), gpu('c', 8), gpu('d', 9)])],
      claim([exactly('r', { count: 2 })], [{ distinctAttribute: 'gpu.example.com/numa' }]),
      [],
      ['r=a r=d'],
    ],
    ['of another node', [slice([gpu('a')], { nodeName: 'm' })], claim([exactly('r')]), [], undefined],
    ['of all nodes', [slice([gpu('a')], { nodeName: undefined, allNodes: true })], claim([exactly('r')]), [], ['r=a']],
    [
      'of an old generation',
      [slice([gpu('old')]), slice([gpu('new')], {}, { generation: 2 })],
      claim([exactly('r')]),
      [],
      ['r=new'],
    ],
    [
      'of a pool that is not complete',
      [slice([gpu('a')], {}, { resourceSliceCount: 2 })],
      claim([exactly('r')]),
      [],
      undefined,
    ],
  ])('%s', (_, slices, wanted, taken, answer) => expect(allocate(slices, [wanted], taken)).toEqual(answer));
});

test('two claims do not get the same device', () => {
  expect(allocate([two], [claim([exactly('r')]), claim([exactly('r')])])).toEqual(['r=a', 'r=b']);
  expect(allocate([two], [claim([exactly('r', { count: 2 })]), claim([exactly('r')])])).toBeUndefined();
});

test('parts of one device share its counters', () => {
  const part = (name: string, size: string) =>
    gpu(name, 8, { consumesCounters: [{ counterSet: 'card', counters: { memory: { value: size } } }] });
  const card = slice([part('a', '30Gi'), part('b', '30Gi'), part('c', '10Gi')], {
    sharedCounters: [{ name: 'card', counters: { memory: { value: '40Gi' } } }],
  });
  expect(allocate([card], [claim([exactly('r', { count: 2 })])])).toEqual(['r=a r=c']);
  expect(allocate([card], [claim([exactly('r', { count: 3 })])])).toBeUndefined();
});

test('an allocation says where its devices are and how they are configured', () => {
  const configured = claim([exactly('r')]);
  configured.spec!.devices!.config = [{ requests: ['r'], opaque: { driver: 'gpu.example.com', parameters: {} } }];
  const [allocation] = new Allocator(node('n'), [two], new Set(), () => gpuClass).allocate([configured])!;
  expect(allocation).toEqual({
    devices: {
      results: [{ request: 'r', driver: 'gpu.example.com', pool: 'n', device: 'a' }],
      config: [{ source: 'FromClaim', requests: ['r'], opaque: { driver: 'gpu.example.com', parameters: {} } }],
    },
    nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }] },
  });
});
