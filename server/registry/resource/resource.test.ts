import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updateErrors } from '../kind-harness.ts';
import { deviceClass } from './deviceclass.ts';
import { resourceClaim } from './resourceclaim.ts';
import { resourceSlice } from './resourceslice.ts';

function claim(...requests: Body[]): Body {
  return { spec: { devices: { requests } } };
}

test('a request asks for one device unless it says otherwise', () => {
  const [request] = created(resourceClaim, claim({ name: 'r', exactly: { deviceClassName: 'c' } }))['spec'].devices
    .requests;
  expect(request.exactly).toEqual({ deviceClassName: 'c', allocationMode: 'ExactCount', count: 1 });
  expect(row(resourceClaim, claim(request))).toEqual(['a', 'pending', '60s']);
});

test.each<[string, Body, string[]]>([
  ['an exact request', claim({ name: 'r', exactly: { deviceClassName: 'c' } }), []],
  [
    'neither one nor the other',
    claim({ name: 'r' }),
    ['spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required'],
  ],
  ['no class', claim({ name: 'r', exactly: {} }), ['spec.devices.requests[0].exactly.deviceClassName: Required value']],
  [
    'a name twice',
    claim({ name: 'r', exactly: { deviceClassName: 'c' } }, { name: 'r', exactly: { deviceClassName: 'c' } }),
    ['spec.devices.requests[1]: Duplicate value: "r"'],
  ],
  [
    'a count beside all',
    claim({ name: 'r', exactly: { deviceClassName: 'c', allocationMode: 'All', count: 2 } }),
    ["spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'"],
  ],
])('claim: %s', (_, body, errors) => {
  expect(createErrors(resourceClaim, body)).toEqual(errors);
});

test('the spec of a claim stays', () => {
  const old = created(resourceClaim, claim({ name: 'r', exactly: { deviceClassName: 'c' } }));
  expect(updateErrors(resourceClaim, claim({ name: 's', exactly: { deviceClassName: 'c' } }), old)).toEqual([
    expect.stringMatching(/^spec: Invalid value: \{"Devices":\{"Requests":\[\{"Name":"s",.*: field is immutable$/),
  ]);
});

test('configuration of a class is for a driver', () => {
  const config = [{ opaque: { driver: 'Not a name', parameters: { a: 1 } } }];
  expect(createErrors(deviceClass, { spec: { config } })).toEqual([
    expect.stringMatching(/^spec\.config\[0\]\.opaque\.driver: Invalid value: "Not a name"/),
  ]);
});

const slice = { driver: 'd.example', nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } };

test.each<[string, Body, unknown[]]>([
  ['a device', { devices: [{ name: 'd', attributes: { model: { string: 'm' } } }] }, []],
  [
    'no node',
    { nodeName: undefined },
    [
      'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required',
    ],
  ],
  [
    'no slices in the pool',
    { pool: { name: 'p', resourceSliceCount: 0 } },
    ['spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero'],
  ],
  [
    'an attribute with two values',
    { devices: [{ name: 'd', attributes: { m: { string: 'm', int: 1 } } }] },
    [
      expect.stringMatching(
        /^spec\.devices\[0\]\.attributes\[m\]: Invalid value: .*: exactly one value must be specified$/,
      ),
    ],
  ],
])('slice: %s', (_, change, errors) => {
  expect(createErrors(resourceSlice, { spec: { ...slice, ...change } })).toEqual(errors);
});

test('driver and pool of a slice stay', () => {
  const old = created(resourceSlice, { spec: slice });
  const errors = updateErrors(resourceSlice, { spec: { ...slice, driver: 'e.example' } }, old);
  expect(errors).toEqual(['spec.driver: Invalid value: "e.example": field is immutable']);
  expect(row(resourceSlice, { spec: slice })).toEqual(['a', 'n', 'd.example', 'p', '60s']);
});
