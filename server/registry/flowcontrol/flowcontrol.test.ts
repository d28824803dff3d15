import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row } from '../kind-harness.ts';
import { flowSchema } from './flowschema.ts';
import { priorityLevelConfiguration } from './prioritylevelconfiguration.ts';

const subjects = [{ kind: 'User', user: { name: 'u' } }];
const resourceRules = [{ verbs: ['get'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }];

function schema(rule: Body, rest: Body = {}): Body {
  return { spec: { priorityLevelConfiguration: { name: 'low' }, rules: [rule], ...rest } };
}

test.each<[string, Body, string[]]>([
  ['all there is', schema({ subjects, resourceRules }), []],
  [
    'the precedence of exempt',
    schema({ subjects, resourceRules }, { matchingPrecedence: 1 }),
    ["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
  ],
  [
    'no level',
    schema({ subjects, resourceRules }, { priorityLevelConfiguration: {} }),
    ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
  ],
  [
    'an empty rule',
    schema({}),
    [
      'spec.rules[0].subjects: Required value: subjects must contain at least one value',
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
  ],
  [
    'a subject that is two things',
    schema({ subjects: [{ kind: 'User', group: { name: 'g' } }], resourceRules }),
    [
      "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
      "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
    ],
  ],
  [
    'a name that every object has',
    schema({ subjects: [{ kind: 'constructor' }], resourceRules }),
    [
      'spec.rules[0].subjects[0].kind: Unsupported value: "constructor": supported values: "Group", "ServiceAccount", "User"',
    ],
  ],
  [
    'a wildcard within a path',
    schema({ subjects, nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/a*b'] }] }),
    [
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*b": wildcard can only do suffix matching',
    ],
  ],
])('flow schema: %s', (_, body, errors) => {
  expect(createErrors(flowSchema, body)).toEqual(errors);
});

test('flow schemas have a precedence', () => {
  const body = schema({ subjects, resourceRules }, { distinguisherMethod: { type: 'ByUser' } });
  expect(created(flowSchema, body)['spec'].matchingPrecedence).toBe(1000);
  expect(row(flowSchema, body)).toEqual(['a', 'low', 1000, 'ByUser', '60s', '?']);
});

test.each<[string, Body, string[]]>([
  ['what rejects', { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } }, []],
  ['no limits', { type: 'Limited' }, ['spec.limited: Required value: must not be empty when type is Limited']],
  [
    'exempt under another name',
    { type: 'Exempt' },
    ["spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"],
  ],
  [
    'more hands than queues',
    { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 2, handSize: 3 } } } },
    ['spec.limited.limitResponse.queuing.handSize: Invalid value: 3: should not be greater than queues (2)'],
  ],
  [
    'a hand that takes more bits than a hash has',
    { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 128, handSize: 10 } } } },
    [
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 10: required entropy bits of deckSize 128 and handSize 10 should not be greater than 60',
    ],
  ],
])('priority level: %s', (_, spec, errors) => {
  expect(createErrors(priorityLevelConfiguration, { spec })).toEqual(errors);
});

test('priority levels have shares and queues', () => {
  const spec = { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } };
  expect(row(priorityLevelConfiguration, { spec })).toEqual(['a', 'Limited', 30, 64, 8, 50, '60s']);
});

test('what is mandatory cannot be changed', () => {
  const body = {
    metadata: { name: 'catch-all' },
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  };
  expect(createErrors(priorityLevelConfiguration, body)).toEqual([
    `spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":30,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of 'catch-all' must equal the fixed value`,
  ]);
});
