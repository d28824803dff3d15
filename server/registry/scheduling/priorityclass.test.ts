import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updateErrors } from '../kind-harness.ts';
import { priorityClass } from './priorityclass.ts';

const reserved = "priority class names with 'system-' prefix are reserved for system use only. error: ";

test.each<[string, Body, string[]]>([
  ['a', { value: 1000000000 }, []],
  ['a', { value: 1000000001 }, ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
  ['system-node-critical', { value: 2000001000 }, []],
  [
    'system-node-critical',
    { value: 1 },
    [`metadata.name: Forbidden: ${reserved}value of system-node-critical PriorityClass must be 2000001000`],
  ],
  [
    'system-mine',
    { value: 1 },
    [`metadata.name: Forbidden: ${reserved}system-mine is not a known system priority class`],
  ],
  [
    'a',
    { value: 1, preemptionPolicy: 'Always' },
    ['preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"'],
  ],
])('class %s with %j', (name, body, errors) => {
  expect(createErrors(priorityClass, { metadata: { name }, ...body })).toEqual(errors);
});

test('value and policy stay', () => {
  const old = created(priorityClass, { value: 1 });
  expect(updateErrors(priorityClass, { value: 2, preemptionPolicy: 'Never' }, old)).toEqual([
    'value: Forbidden: may not be changed in an update.',
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ]);
  expect(row(priorityClass, { value: 1 })).toEqual(['a', 1, false, '60s', 'PreemptLowerPriority']);
});
