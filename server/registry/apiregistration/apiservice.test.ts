import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updated } from '../kind-harness.ts';
import { apiService } from './apiservice.ts';

const spec = { group: 'x.example', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10 };
const service = { name: 's', namespace: 'n' };
const metadata = { name: 'v1.x.example' };

test.each<[string, Body, string[]]>([
  ['a service', { service }, []],
  [
    'another name',
    { group: 'y.example' },
    ['metadata.name: Invalid value: "v1.x.example": must be `spec.version+"."+spec.group`: "v1.y.example"'],
  ],
  [
    'no priorities',
    { groupPriorityMinimum: 0, versionPriority: 1001 },
    [
      'spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000',
      'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
    ],
  ],
  [
    'TLS without a service',
    { insecureSkipTLSVerify: true },
    ['spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify'],
  ],
])('%s', (_, change, errors) => {
  expect(createErrors(apiService, { metadata, spec: { ...spec, ...change } })).toEqual(errors);
});

test('local services are available at once, others when somebody finds them so', () => {
  expect(created(apiService, { metadata, spec })['status'].conditions).toMatchObject([
    { type: 'Available', status: 'True' },
  ]);
  expect(row(apiService, { metadata, spec })).toEqual(['v1.x.example', 'Local', 'True', '60s']);
  expect(row(apiService, { metadata, spec: { ...spec, service } })).toEqual(['v1.x.example', 'n/s', 'Unknown', '60s']);
});

test('the status is written through its subresource only', () => {
  const old = created(apiService, { metadata, spec: { ...spec, service } });
  expect(old['spec'].service.port).toBe(443);
  const status = { conditions: [{ type: 'Available', status: 'False' }] };
  expect(updated(apiService, { metadata, spec, status }, old)['status']).toEqual({});
  expect(updated(apiService, { metadata, spec, status }, old, 'status')).toMatchObject({ spec: { service }, status });
});
