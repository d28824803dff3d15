import { expect, test } from '@jest/globals';
import { fieldErrorMessage } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { newEvent, toCoreEvent, toEventsEvent } from './event.ts';

const report = {
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingComponent: 'example.com/c',
  reportingInstance: 'i',
};
const stored = {
  metadata: { name: 'e', namespace: 'default' },
  involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
  reason: 'Tested',
  action: 'Test',
  type: 'Normal',
  ...report,
};

/** Hooks take the stored form. */
function errorsOf(body: object, old?: KubeObject): string[] {
  const object = { apiVersion: 'v1', kind: 'Event', ...body } as KubeObject;
  const errors = old === undefined ? newEvent.validate!(object) : newEvent.validateUpdate!(object, old);
  return errors.map(fieldErrorMessage);
}

test('an event is the same object in both groups', () => {
  const core = { apiVersion: 'v1', kind: 'Event', ...stored, message: 'm', count: 2, source: { component: 'c' } };
  const seen = toEventsEvent(core as KubeObject);
  expect(seen).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    regarding: { kind: 'Pod', name: 'p' },
    note: 'm',
    reportingController: 'example.com/c',
    deprecatedCount: 2,
    deprecatedSource: { component: 'c' },
  });
  expect(toCoreEvent(seen)).toEqual(core);
});

test('an event of events.k8s.io says who saw what', () => {
  expect(errorsOf(stored)).toEqual([]);
  expect(errorsOf({ ...stored, type: 'Odd', count: 1, action: 'a'.repeat(129) })).toEqual([
    'action: Invalid value: "": can have at most 128 characters',
    'type: Invalid value: "": has invalid value: Odd',
    'count: Invalid value: "": needs to be unset',
  ]);
});

test('only the series of an event changes', () => {
  const old = { apiVersion: 'v1', kind: 'Event', ...stored } as KubeObject;
  const series = { count: 2, lastObservedTime: '2026-01-01T00:01:00.000000Z' };
  expect(errorsOf({ ...stored, series }, old)).toEqual([]);
  expect(errorsOf({ ...stored, reason: 'Other', series: { count: 1 } }, old)).toEqual([
    'series.count: Invalid value: "": should be at least 2',
    'series.lastObservedTime: Required value',
    'reason: Invalid value: "Other": field is immutable',
    'reason: Invalid value: "Other": field is immutable',
  ]);
});
