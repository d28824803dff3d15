import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row } from '../kind-harness.ts';
import { lease } from './lease.ts';

test.each<[Body, string[]]>([
  [{ holderIdentity: 'h', leaseDurationSeconds: 15, leaseTransitions: 0 }, []],
  [
    { leaseDurationSeconds: 0, leaseTransitions: -1 },
    [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
])('%j', (spec, errors) => {
  expect(createErrors(lease, { spec })).toEqual(errors);
});

test('fields of a feature that is off are dropped', () => {
  expect(created(lease, { spec: { holderIdentity: 'h', strategy: 'OldestEmulationVersion' } })['spec']).toEqual({
    holderIdentity: 'h',
  });
  expect(row(lease, { spec: { holderIdentity: 'h' } })).toEqual(['a', 'h', '60s']);
});
