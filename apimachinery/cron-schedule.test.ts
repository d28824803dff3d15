// When cron schedules are due, as upstream's library has it: days of month and week, steps, and what a change of clocks does.
import { describe, expect, test } from '@jest/globals';
import { CronError, parseCronSchedule } from './cron-schedule.ts';
import { formatInZone } from './time-zone.ts';

const newYork = 'America/New_York';

describe('the next time', () => {
  test.each([
    ['* * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
    ['* * * * *', '2026-01-01T00:00:59.500Z', '2026-01-01T00:01:00Z'],
    ['*/15 * * * *', '2026-01-01T00:14:59Z', '2026-01-01T00:15:00Z'],
    ['20-35/15 * * * *', '2026-01-01T00:21:00Z', '2026-01-01T00:35:00Z'],
    ['5/20 * * * *', '2026-01-01T00:30:00Z', '2026-01-01T00:45:00Z'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['@daily', '2026-12-31T12:00:00Z', '2027-01-01T00:00:00Z'],
    ['@every 1h30m', '2026-01-01T00:00:10Z', '2026-01-01T01:30:10Z'],
    ['@every 10ms', '2026-01-01T00:00:10Z', '2026-01-01T00:00:11Z'],
    // Both days are said: either is enough. With a star only the other counts.
    ['0 0 13 * fri', '2026-01-03T00:00:00Z', '2026-01-09T00:00:00Z'],
    ['0 0 */2 * fri', '2026-01-03T00:00:00Z', '2026-01-05T00:00:00Z'],
    ['0 0 * * sun', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'],
    ['0 0 ? jan,jul ?', '2026-02-01T00:00:00Z', '2026-07-01T00:00:00Z'],
  ])('%s after %s', (schedule, after, next) => {
    expect(new Date(parseCronSchedule(schedule, 'UTC').next(Date.parse(after))!)).toEqual(new Date(next));
  });

  test.each([
    // Clocks go forward: what is between 2 and 3 is skipped.
    ['30 2 11 3 *', '2012-03-11T00:00:00-05:00', '2013-03-11T02:30:00-04:00'],
    ['0 * * * *', '2012-03-11T01:00:00-05:00', '2012-03-11T03:00:00-04:00'],
    ['0 2 * * *', '2012-03-11T00:00:00-05:00', '2012-03-12T02:00:00-04:00'],
    ['0 3 * * *', '2012-03-11T00:00:00-05:00', '2012-03-11T03:00:00-04:00'],
    // Clocks go back: what is between 1 and 2 is there twice.
    ['30 2 4 11 *', '2012-11-04T00:00:00-04:00', '2012-11-04T02:30:00-05:00'],
    ['30 1 4 11 *', '2012-11-04T01:45:00-04:00', '2012-11-04T01:30:00-05:00'],
    ['0 * * * *', '2012-11-04T01:00:00-04:00', '2012-11-04T01:00:00-05:00'],
    ['0 1 * * *', '2012-11-04T01:00:00-04:00', '2012-11-04T01:00:00-05:00'],
    ['0 0 * * *', '2012-11-04T00:00:00-04:00', '2012-11-05T00:00:00-05:00'],
  ])('%s in New York after %s', (schedule, after, next) => {
    const found = parseCronSchedule(schedule, newYork).next(Date.parse(after))!;
    expect(formatInZone(found, newYork)).toBe(next);
  });

  test('a zone of its own comes first', () => {
    const schedule = parseCronSchedule('TZ=Asia/Tokyo 0 9 * * *', newYork);
    expect(new Date(schedule.next(Date.UTC(2026, 0, 1))!)).toEqual(new Date('2026-01-02T00:00:00Z'));
  });

  test('there may be none', () => {
    expect(parseCronSchedule('0 0 30 2 *', 'UTC').next(Date.UTC(2026, 0, 1))).toBeUndefined();
  });
});

test.each([
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['TZ=Nowhere * * * * *', 'provided bad location Nowhere: unknown time zone Nowhere'],
  ['@never', 'unrecognized descriptor: @never'],
])('%s is refused', (schedule, message) => {
  expect(() => parseCronSchedule(schedule)).toThrow(new CronError(message));
});
