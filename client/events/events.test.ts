// What becomes of events: tables by a clock that stands still.
import { describe, expect, test } from '@jest/globals';
import { FakeClock } from '../testing/fake-clock.ts';
import { type CoreEventBody, EventCorrelator } from './correlator.ts';
import { eventNames, referenceTo } from './reference.ts';

const clockStart = Date.UTC(2026, 0, 1);

function eventOf(more: Partial<CoreEventBody> = {}, object = 'web'): CoreEventBody {
  return {
    metadata: { namespace: 'default', name: `${object}.1` },
    involvedObject: { kind: 'Pod', namespace: 'default', name: object, uid: object, apiVersion: 'v1' },
    reason: 'Failed',
    message: 'it failed',
    source: { component: 'test' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
    type: 'Warning',
    reportingComponent: 'test',
    reportingInstance: '',
    ...more,
  };
}

/** Correlates and says what was done, as a server that takes everything would see it. */
function play(correlator: EventCorrelator, event: CoreEventBody): string {
  const result = correlator.correlate(event);
  if (result.action === 'skip') return 'skip';
  correlator.written(result.event);
  return `${result.action} ${result.event.count} ${result.event.message}`;
}

describe('correlation', () => {
  test('the same again counts up the event that is there', () => {
    const correlator = new EventCorrelator(new FakeClock(clockStart));
    expect(play(correlator, eventOf())).toBe('create 1 it failed');
    const again = correlator.correlate(eventOf({ metadata: { namespace: 'default', name: 'web.2' } }));
    expect(again).toMatchObject({ action: 'patch', event: { count: 2, metadata: { name: 'web.1' } } });
  });

  test('the tenth message of the same kind within ten minutes is combined, and counted from then on', () => {
    const correlator = new EventCorrelator(new FakeClock(clockStart));
    const played = Array.from({ length: 12 }, (_, i) => play(correlator, eventOf({ message: `no ${i}` })));
    expect(played.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, i) => `create 1 no ${i}`));
    expect(played.slice(9)).toEqual([
      'create 1 (combined from similar events): no 9',
      'patch 2 (combined from similar events): no 10',
      'patch 3 (combined from similar events): no 11',
    ]);
  });

  test('more than ten minutes after the last one, messages are told apart again', async () => {
    const clock = new FakeClock(clockStart);
    const correlator = new EventCorrelator(clock);
    for (let i = 0; i < 9; i++) play(correlator, eventOf({ message: `no ${i}` }));
    await clock.advance(600_001);
    expect(play(correlator, eventOf({ message: 'no 9' }))).toBe('create 1 no 9');
  });

  test.each([
    ['another reason', { reason: 'Other' }],
    ['another type', { type: 'Normal' as const }],
    ['another component', { source: { component: 'other' } }],
  ])('%s is not combined', (_what, more) => {
    const correlator = new EventCorrelator(new FakeClock(clockStart));
    for (let i = 0; i < 9; i++) play(correlator, eventOf({ message: `no ${i}` }));
    expect(play(correlator, eventOf({ message: 'no 9', ...more }))).toBe('create 1 no 9');
  });

  test('of one source about one object 25 pass at once, then one every five minutes; other objects are not held back', async () => {
    const clock = new FakeClock(clockStart);
    const correlator = new EventCorrelator(clock);
    const passed = () =>
      Array.from({ length: 30 }, () => play(correlator, eventOf())).filter((did) => did !== 'skip').length;
    expect(passed()).toBe(25);
    expect(play(correlator, eventOf({}, 'other'))).toBe('create 1 it failed');
    await clock.advance(299_000);
    expect(passed()).toBe(0);
    await clock.advance(1_000);
    expect(passed()).toBe(1);
  });

  test('what was skipped still counts', async () => {
    const clock = new FakeClock(clockStart);
    const correlator = new EventCorrelator(clock);
    for (let i = 0; i < 30; i++) play(correlator, eventOf());
    await clock.advance(300_000);
    expect(play(correlator, eventOf())).toBe('patch 31 it failed');
  });
});

test('names of events hold the time in nanoseconds, never repeat, and are UUIDs where they would be no names', () => {
  const nameOf = eventNames();
  expect([nameOf('web', 1000), nameOf('web', 1000), nameOf('web', 999)]).toEqual([
    'web.3b9aca00',
    'web.3b9aca01',
    'web.3b9aca02',
  ]);
  expect(nameOf('system:node', 1000)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-/);
});

test('a reference says what object is meant, and which part', () => {
  const metadata = { namespace: 'default', name: 'web', uid: 'u', resourceVersion: '7' };
  expect(referenceTo({ apiVersion: 'v1', kind: 'Pod', metadata }, 'spec.containers{nginx}')).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    ...metadata,
    fieldPath: 'spec.containers{nginx}',
  });
});
