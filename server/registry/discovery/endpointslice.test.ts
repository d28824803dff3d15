import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updateErrors } from '../kind-harness.ts';
import { endpointSlice } from './endpointslice.ts';

test.each<[string, Body, string[]]>([
  ['addresses', { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] }, []],
  ['no type', { endpoints: [] }, ['addressType: Required value']],
  [
    'another family',
    { addressType: 'IPv6', endpoints: [{ addresses: ['10.0.0.1'] }] },
    ['endpoints[0].addresses: Invalid value: "10.0.0.1": must be an IPv6 address'],
  ],
  [
    'the loopback address',
    { addressType: 'IPv4', endpoints: [{ addresses: ['127.0.0.1'] }] },
    ['endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ],
  [
    'no addresses',
    { addressType: 'IPv4', endpoints: [{ addresses: [] }] },
    ['endpoints[0].addresses: Required value: must contain at least 1 address'],
  ],
  [
    'ports of one name',
    { addressType: 'IPv4', ports: [{ port: 1 }, { port: 2, protocol: 'ICMP' }] },
    [
      'ports[1].name: Duplicate value: ""',
      'ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
  ],
])('%s', (_, body, errors) => {
  expect(createErrors(endpointSlice, body)).toEqual(errors);
});

test('the type of addresses stays; endpoints as they were are not looked at again', () => {
  const old = created(endpointSlice, { addressType: 'IPv4', endpoints: [{ addresses: ['127.0.0.1'] }] });
  expect(updateErrors(endpointSlice, { addressType: 'IPv4', endpoints: old['endpoints'] }, old)).toEqual([]);
  expect(updateErrors(endpointSlice, { addressType: 'IPv6', endpoints: old['endpoints'] }, old)).toEqual([
    'addressType: Invalid value: "IPv6": field is immutable',
  ]);
});

test('ports have defaults, and tables show three of a kind', () => {
  const body = {
    addressType: 'IPv4',
    ports: [{ port: 80 }, { name: 'b', port: 81 }, { name: 'c' }, { name: 'd', port: 83 }],
    endpoints: [{ addresses: ['10.0.0.1', '10.0.0.2'], deprecatedTopology: { a: 'b' } }],
  };
  expect(created(endpointSlice, body)['ports'][0]).toEqual({ name: '', port: 80, protocol: 'TCP' });
  expect(created(endpointSlice, body)['endpoints'][0]).not.toHaveProperty('deprecatedTopology');
  expect(row(endpointSlice, body)).toEqual(['a', 'IPv4', '80,81,c + 1 more...', '10.0.0.1,10.0.0.2', '60s']);
});
