/**
 * Parts of timestamps and durations: `getFullYear`, `getHours`, … Behaviour: cel-go common/stdlib/standard.go.
 */
import { EvaluationFault } from '../errors.ts';
import type { OverloadRow } from '../functions.ts';
import { floorSeconds } from '../time.ts';
import type { CelDuration, CelTimestamp } from '../values.ts';

const millisPerMinute = 60_000;

/** The clock of a time zone as if it were UTC: milliseconds since 1970. */
function localMillis({ nanos }: CelTimestamp, zone = 'UTC'): number {
  const seconds = floorSeconds(nanos);
  const millis = Number(seconds) * 1000 + Number((nanos - seconds * 1_000_000_000n) / 1_000_000n);
  const colon = zone.indexOf(':');
  if (colon >= 0) return millis + offsetMinutes(zone, colon) * millisPerMinute;
  return zone === 'UTC' || zone === '' ? millis : millis + zoneOffset(millis, zone);
}

function offsetMinutes(zone: string, colon: number): number {
  const hours = parseInteger(zone.slice(0, colon));
  const minutes = parseInteger(zone.slice(colon + 1));
  return zone.startsWith('-') ? hours * 60 - minutes : hours * 60 + minutes;
}

function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new EvaluationFault(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function zoneOffset(millis: number, zone: string): number {
  const whole = millis - (((millis % 1000) + 1000) % 1000);
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    });
    const parts = new Map(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) as number;
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - whole;
  } catch {
    throw new EvaluationFault(`unknown time zone ${zone}`);
  }
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);
}

const timestampParts: readonly (readonly [
  name: string,
  id: string,
  idWithZone: string,
  part: (date: Date) => number,
])[] = [
  ['getFullYear', 'timestamp_to_year', 'timestamp_to_year_with_tz', (date) => date.getUTCFullYear()],
  ['getMonth', 'timestamp_to_month', 'timestamp_to_month_with_tz', (date) => date.getUTCMonth()],
  ['getDayOfYear', 'timestamp_to_day_of_year', 'timestamp_to_day_of_year_with_tz', dayOfYear],
  ['getDayOfMonth', 'timestamp_to_day_of_month', 'timestamp_to_day_of_month_with_tz', (date) => date.getUTCDate() - 1],
  [
    'getDate',
    'timestamp_to_day_of_month_1_based',
    'timestamp_to_day_of_month_1_based_with_tz',
    (date) => date.getUTCDate(),
  ],
  ['getDayOfWeek', 'timestamp_to_day_of_week', 'timestamp_to_day_of_week_with_tz', (date) => date.getUTCDay()],
  ['getHours', 'timestamp_to_hours', 'timestamp_to_hours_with_tz', (date) => date.getUTCHours()],
  ['getMinutes', 'timestamp_to_minutes', 'timestamp_to_minutes_with_tz', (date) => date.getUTCMinutes()],
  ['getSeconds', 'timestamp_to_seconds', 'timestamp_to_seconds_tz', (date) => date.getUTCSeconds()],
  [
    'getMilliseconds',
    'timestamp_to_milliseconds',
    'timestamp_to_milliseconds_with_tz',
    (date) => date.getUTCMilliseconds(),
  ],
];

const durationUnits = [
  ['getHours', 'duration_to_hours', 3_600_000_000_000n],
  ['getMinutes', 'duration_to_minutes', 60_000_000_000n],
  ['getSeconds', 'duration_to_seconds', 1_000_000_000n],
  ['getMilliseconds', 'duration_to_milliseconds', 1_000_000n],
] as const;

/** The rows of the parts of times. */
export function timeRows(): OverloadRow[] {
  const rows: OverloadRow[] = [];
  for (const [name, id, idWithZone, part] of timestampParts) {
    const take = (timestamp: CelTimestamp, zone?: string) => BigInt(part(new Date(localMillis(timestamp, zone))));
    rows.push([name, id, 'timestamp.() int', take], [name, idWithZone, 'timestamp.(string) int', take]);
  }
  for (const [name, id, unit] of durationUnits) {
    rows.push([name, id, 'duration.() int', ({ nanos }: CelDuration) => nanos / unit]);
  }
  return rows;
}
