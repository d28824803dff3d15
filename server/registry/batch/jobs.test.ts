import { describe, expect, test } from '@jest/globals';
import { checkCronSchedule } from '../../../apimachinery/cron-schedule.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { type Body, created, updateErrors } from '../kind-harness.ts';
import { job } from './job.ts';
import { countIndexes, firstSharedIndex } from './job-indexes.ts';

test.each([
  '* * * * *',
  '*/5 0-6,12 1 jan-MAR mon',
  '@daily',
  '@every 1h30m',
  '5/15 ? * * 0',
  'TZ=Europe/Berlin 0 3 * * *',
])('%s is a schedule', (schedule) => {
  expect(() => checkCronSchedule(schedule)).not.toThrow();
});

test.each([
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['5-2 * * * *', 'beginning of range (5) beyond end of range (2): 5-2'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['@fortnightly', 'unrecognized descriptor: @fortnightly'],
])('%s is not: %s', (schedule, message) => {
  expect(() => checkCronSchedule(schedule)).toThrow(message);
});

test('lists of indexes', () => {
  expect(countIndexes('', 5)).toBe(0);
  expect(countIndexes('0,2-4', 5)).toBe(4);
  expect(() => countIndexes('0,5', 5)).toThrow('too large index: "5"');
  expect(() => countIndexes('3,1', 5)).toThrow('non-increasing order, previous: 3, current: 1');
  expect(firstSharedIndex('0-2,6', '3,5-7', 9)).toBe(6);
  expect(firstSharedIndex('0-2', '3', 9)).toBeUndefined();
});

describe('an update of a job', () => {
  const body = (spec: Body = {}): Body => ({
    metadata: { name: 'j', uid: '11111111-1111-1111-1111-111111111111' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } }, ...spec },
  });
  const old = created(job, body({ suspend: false }));
  const kept = { completions: 1, selector: old['spec'].selector, template: old['spec'].template };

  test('parallelism changes, completions do not', () => {
    expect(updateErrors(job, body({ ...kept, parallelism: 3 }), old)).toEqual([]);
    expect(updateErrors(job, body({ ...kept, completions: 3 }), old)).toEqual([
      'spec.completions: Invalid value: 3: field is immutable',
    ]);
  });

  test('the template of a running job stays', () => {
    const template = structuredClone(old['spec'].template);
    template.spec.nodeSelector = { disk: 'ssd' };
    const [error] = updateErrors(job, body({ ...kept, template }), old);
    expect(error).toContain('spec.template: Invalid value: {"labels":{"batch.kubernetes.io/controller-uid":');
    expect(error).toContain('"NodeSelector":{"disk":"ssd"}');
    const suspended = { ...old, spec: { ...old['spec'], suspend: true } } as KubeObject;
    expect(updateErrors(job, body({ ...kept, template }), suspended)).toEqual([]);
  });

  test('a finished job says when, and how it ended', () => {
    const status = { conditions: [{ type: 'Complete', status: 'True' }], active: 1 };
    expect(updateErrors(job, { ...body(kept), status }, old, 'status')).toEqual([
      'status.completionTime: Required value: completionTime is required for Complete jobs',
      'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
      'status.active: Invalid value: 1: active>0 is invalid for finished job',
      'status.startTime: Required value: startTime is required for finished job',
    ]);
  });
});
