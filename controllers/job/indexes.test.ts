// Intervals of indexes, and the rules on failed and succeeded Pods, as tables.
import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../client/kinds.ts';
import { nextBackoff, noFailures, remainingBackoffMs } from './backoff.ts';
import {
  countCommon,
  countIndexes,
  firstFreeIndexes,
  hasIndex,
  mergeIntervals,
  parseIndexes,
  printIndexes,
  withIndexes,
} from './indexes.ts';
import { generateNameOfIndex } from './pod-template.ts';
import { type JobSpec, judgeFailure, metSuccessRule } from './policies.ts';

describe('indexes', () => {
  test.each([
    ['', 10, '', 0],
    ['0', 10, '0', 1],
    ['1,3-5,7', 10, '1,3-5,7', 5],
    ['1,2,3', 10, '1-3', 3],
    ['1-2', 10, '1,2', 2],
    ['1,5-20', 8, '1,5-7', 4],
    ['1,9', 5, '1', 1],
    ['1,x,3', 5, '1,3', 2],
  ])('%s of %d is %s', (text, completions, printed, total) => {
    const intervals = parseIndexes(text, completions);
    expect(printIndexes(intervals)).toBe(printed);
    expect(countIndexes(intervals)).toBe(total);
  });

  test.each([
    ['1,3-5', [2], '1-5'],
    ['1,3-5', [0, 9], '0,1,3-5,9'],
    ['', [4, 2, 3], '2-4'],
    ['0-9', [3], '0-9'],
  ])('%s with %j is %s', (text, more, printed) => {
    expect(printIndexes(withIndexes(parseIndexes(text, 100), more))).toBe(printed);
  });

  test('membership, overlaps and gaps', () => {
    const intervals = parseIndexes('1,3-5,9', 100);
    expect([0, 1, 2, 3, 5, 6, 9, 10].filter((index) => hasIndex(intervals, index))).toEqual([1, 3, 5, 9]);
    expect(countCommon(intervals, parseIndexes('0-4,9', 100))).toBe(4);
    expect(firstFreeIndexes(intervals, 4, 8)).toEqual([0, 2, 6, 7]);
    expect(firstFreeIndexes([], 3, 2)).toEqual([0, 1]);
    expect(printIndexes(mergeIntervals(parseIndexes('0-3', 100), parseIndexes('4,8', 100)))).toBe('0-4,8');
  });

  test('names of indexed pods are cut to fit', () => {
    expect(generateNameOfIndex('job', 3)).toBe('job-3-');
    const long = generateNameOfIndex('j'.repeat(63), 12);
    expect(long).toHaveLength(58);
    expect(long.endsWith('j-12-')).toBe(true);
  });
});

function failed(status: object): Pod {
  const metadata = { namespace: 'ns', name: 'p', uid: 'u' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase: 'Failed', ...status } } as Pod;
}

const exited = (exitCode: number, name = 'main') =>
  failed({ containerStatuses: [{ name, state: { terminated: { exitCode, reason: 'Error' } } }] });

describe('the failure policy', () => {
  const rules = [
    { action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [42] } },
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { action: 'FailIndex', onExitCodes: { operator: 'In', values: [7] } },
    { action: 'Count', onExitCodes: { operator: 'NotIn', values: [1, 2] } },
  ];

  test.each([
    [
      exited(42),
      {
        counts: true,
        action: 'FailJob',
        message: 'Container main for pod ns/p failed with exit code 42 matching FailJob rule at index 0',
      },
    ],
    [exited(42, 'other'), { counts: true, action: 'Count' }],
    [exited(7), { counts: true, action: 'FailIndex' }],
    [exited(1), { counts: true }],
    [exited(0), { counts: true }],
    [failed({ conditions: [{ type: 'DisruptionTarget', status: 'True' }] }), { counts: false, action: 'Ignore' }],
    [failed({ conditions: [{ type: 'DisruptionTarget', status: 'False' }] }), { counts: true }],
  ])('%#', (pod, verdict) => expect(judgeFailure({ rules }, pod)).toEqual(verdict));
});

test.each([
  [[{ succeededIndexes: '0-2' }], '0-2', 'Matched rules at index 0'],
  [[{ succeededIndexes: '0-2' }], '0,1', undefined],
  [[{ succeededIndexes: '0-4', succeededCount: 2 }], '1,3,9', 'Matched rules at index 0'],
  [[{ succeededIndexes: '8' }, { succeededCount: 3 }], '0-2', 'Matched rules at index 1'],
  [[{ succeededCount: 3 }], '', undefined],
])('the success policy %j with %s', (rules, succeeded, met) => {
  const spec = { successPolicy: { rules }, completions: 10 } as unknown as JobSpec;
  expect(metSuccessRule(spec, parseIndexes(succeeded, 10))).toBe(met);
});

describe('backoff', () => {
  const ended = (seconds: number) =>
    failed({
      containerStatuses: [{ name: 'c', state: { terminated: { finishedAt: new Date(seconds * 1000).toISOString() } } }],
    });

  test('grows with each failure, and a success ends it', () => {
    const two = nextBackoff(noFailures, [], [ended(20), ended(10)]);
    expect(two).toEqual({ failures: 2, lastFailureMs: 20_000 });
    expect(remainingBackoffMs(two, 25_000)).toBe(15_000);
    expect(remainingBackoffMs(two, 60_000)).toBe(0);
    expect(remainingBackoffMs({ failures: 30, lastFailureMs: 0 }, 0)).toBe(600_000);
    expect(nextBackoff(two, [ended(30)], [])).toEqual(noFailures);
    expect(nextBackoff(two, [ended(30)], [ended(25), ended(35)])).toEqual({ failures: 1, lastFailureMs: 35_000 });
  });
});
