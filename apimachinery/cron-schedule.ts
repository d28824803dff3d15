// Cron schedules as upstream's cron library reads them, and when they are due (robfig/cron v3 parser.go, spec.go, constantdelay.go). Its own
// answers are wanted where cron libraries differ: days of month and week, steps, what is an error, and the hours that a change of clocks skips.
import { parseDurationMs } from './duration.ts';
import { instantOf, type WallTime, wallTimeOf } from './time-zone.ts';

/** A schedule that cannot be read; the message is the library's. */
export class CronError extends Error {}

interface Bounds {
  min: number;
  max: number;
  names?: readonly string[];
}

/** Names count from the smallest value. */
const fieldBounds: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  {
    min: 1,
    max: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

/** The fields that a descriptor stands for; `@every 1h30m` is another thing. */
const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** The values that one field allows. */
interface Field {
  values: ReadonlySet<number>;
  /** It is `*`, and so says nothing. */
  any: boolean;
}

export interface CronSchedule {
  /** The first time after `afterMs`, in milliseconds since the epoch; undefined where there is none within five years. */
  next(afterMs: number): number | undefined;
}

/** Throws a CronError where the schedule is not five fields or a descriptor such as `@daily`. */
export function checkCronSchedule(schedule: string): void {
  parseCronSchedule(schedule);
}

/** Reads a schedule, which may begin with `TZ=Zone `; without it is in `zone`, by default this process' own. Throws CronError. */
export function parseCronSchedule(schedule: string, zone?: string): CronSchedule {
  const { text, zone: ownZone } = splitTimeZone(schedule);
  if (text.startsWith('@every ')) return every(text);
  const fields = (text.startsWith('@') ? expandDescriptor(text) : text).split(/\s+/).filter((field) => field !== '');
  if (fields.length !== fieldBounds.length)
    throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minutes, hours, days, months, weekdays] = fields.map((field, index) => readField(field, fieldBounds[index]!));
  return new FieldSchedule(
    { minutes: minutes!, hours: hours!, days: days!, months: months!, weekdays: weekdays! },
    ownZone ?? zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  );
}

function readField(text: string, bounds: Bounds): Field {
  const values = new Set<number>();
  let any = false;
  for (const range of text.split(',')) if (range !== '') any = readRange(range, bounds, values) || any;
  return { values, any };
}

function splitTimeZone(schedule: string): { text: string; zone?: string } {
  if (!schedule.startsWith('TZ=') && !schedule.startsWith('CRON_TZ=')) return { text: schedule };
  const space = schedule.indexOf(' ');
  if (space < 0) throw new CronError('invalid schedule format: runtime error: slice bounds out of range [:-1]');
  const zone = schedule.slice(schedule.indexOf('=') + 1, space);
  if (!isTimeZone(zone)) throw new CronError(`provided bad location ${zone}: unknown time zone ${zone}`);
  return { text: schedule.slice(space).trim(), zone: zone === '' ? 'UTC' : zone };
}

/** Whether the IANA data base has a zone of this name. */
export function isTimeZone(zone: string): boolean {
  if (zone === '') return true;
  // The runtime takes offsets for zones too; the data base has none.
  if (/^[+-]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function expandDescriptor(text: string): string {
  const fields = descriptors[text];
  if (fields === undefined) throw new CronError(`unrecognized descriptor: ${text}`);
  return fields;
}

/** `@every 1h30m`: whole seconds, at least one, from each time to the next. */
function every(text: string): CronSchedule {
  const period = text.slice('@every '.length);
  const periodMs = parseDurationMs(period);
  if (periodMs === undefined)
    throw new CronError(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(period)}`);
  const wholeMs = Math.max(1000, Math.trunc(periodMs / 1000) * 1000);
  return { next: (afterMs) => Math.trunc(afterMs / 1000) * 1000 + wholeMs };
}

/** One of the comma-separated parts of a field: `*`, `5`, `1-5`, each with or without `/step`. Adds its values; true where it is any. */
function readRange(text: string, bounds: Bounds, values: Set<number>): boolean {
  const parts = text.split('/');
  const limits = parts[0]!.split('-');
  const isStar = limits[0] === '*' || limits[0] === '?';
  const start = isStar ? bounds.min : readValue(limits[0]!, bounds);
  let end = isStar ? bounds.max : start;
  if (!isStar && limits.length > 2) throw new CronError(`too many hyphens: ${text}`);
  if (!isStar && limits.length === 2) end = readValue(limits[1]!, bounds);
  if (parts.length > 2) throw new CronError(`too many slashes: ${text}`);
  const step = parts.length === 2 ? readNumber(parts[1]!) : 1;
  if (parts.length === 2 && limits.length === 1) end = bounds.max;
  if (start < bounds.min) throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new CronError(`step of range should be a positive number: ${text}`);
  for (let value = start; value <= end; value += step) values.add(value);
  return isStar && step === 1;
}

function readValue(text: string, bounds: Bounds): number {
  const index = bounds.names?.indexOf(text.toLowerCase()) ?? -1;
  return index >= 0 ? bounds.min + index : readNumber(text);
}

function readNumber(text: string): number {
  const quoted = JSON.stringify(text);
  if (!/^[+-]?\d+$/.test(text))
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${quoted}: invalid syntax`);
  const value = Number(text);
  if (Math.abs(value) > 2 ** 63)
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${quoted}: value out of range`);
  if (value < 0) throw new CronError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

interface Fields {
  minutes: Field;
  hours: Field;
  days: Field;
  months: Field;
  weekdays: Field;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const yearsAhead = 5;

/** Five fields in a time zone. */
class FieldSchedule implements CronSchedule {
  readonly #fields: Fields;
  readonly #zone: string;

  constructor(fields: Fields, zone: string) {
    this.#fields = fields;
    this.#zone = zone;
  }

  next(afterMs: number): number | undefined {
    const { hours, minutes, months } = this.#fields;
    // Schedules are of whole minutes.
    let at = Math.floor(afterMs / 1000) * 1000 + 1000;
    if (at % minuteMs !== 0) at = Math.floor(at / minuteMs) * minuteMs + minuteMs;
    const lastYear = this.#wall(afterMs).year + yearsAhead;
    for (let wall = this.#wall(at); wall.year <= lastYear; wall = this.#wall(at)) {
      if (!months.values.has(wall.month))
        at = this.#instant({ ...wall, month: wall.month + 1, day: 1, hour: 0, minute: 0 });
      else if (!this.#isDay(wall)) at = this.#nextDay(wall);
      else if (!hours.values.has(wall.hour)) at = this.#nextHour(at, wall);
      else if (!minutes.values.has(wall.minute)) at += minuteMs;
      else return at;
    }
    return undefined;
  }

  /** Where both days of month and of week are said, either is enough. */
  #isDay({ year, month, day }: WallTime): boolean {
    const { days, weekdays } = this.#fields;
    const inMonth = days.values.has(day);
    const inWeek = weekdays.values.has(new Date(Date.UTC(year, month - 1, day)).getUTCDay());
    return days.any || weekdays.any ? inMonth && inWeek : inMonth || inWeek;
  }

  /** Midnight of the next day, or the first hour of it where midnight is skipped. */
  #nextDay(wall: WallTime): number {
    const at = this.#instant({ ...wall, day: wall.day + 1, hour: 0, minute: 0 });
    const { hour } = this.#wall(at);
    if (hour === 0) return at;
    return hour > 12 ? at + (24 - hour) * hourMs : at - hour * hourMs;
  }

  /** An hour later, at its beginning: hours that a change of clocks skips are not there, and those that it repeats are twice. */
  #nextHour(at: number, { minute }: WallTime): number {
    return at - minute * minuteMs + hourMs;
  }

  #wall(ms: number): WallTime {
    return wallTimeOf(ms, this.#zone);
  }

  #instant(wall: WallTime): number {
    return instantOf(wall, this.#zone);
  }
}
