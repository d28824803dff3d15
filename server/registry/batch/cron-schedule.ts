// Reads cron schedules the way upstream's cron library does, to find what is wrong with them (robfig/cron v3 parser.go).

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

const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const duration = /^[+-]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*)$/;

/** Throws a CronError where the schedule is not five fields or a descriptor such as `@daily`. */
export function checkCronSchedule(schedule: string): void {
  const text = withoutTimeZone(schedule);
  if (text.startsWith('@')) {
    checkDescriptor(text);
    return;
  }
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== fieldBounds.length)
    throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  fields.forEach((field, index) => {
    for (const range of field.split(',')) if (range !== '') checkRange(range, fieldBounds[index]!);
  });
}

function withoutTimeZone(schedule: string): string {
  if (!schedule.startsWith('TZ=') && !schedule.startsWith('CRON_TZ=')) return schedule;
  const space = schedule.indexOf(' ');
  if (space < 0) throw new CronError('invalid schedule format: runtime error: slice bounds out of range [:-1]');
  const zone = schedule.slice(schedule.indexOf('=') + 1, space);
  if (!isTimeZone(zone)) throw new CronError(`provided bad location ${zone}: unknown time zone ${zone}`);
  return schedule.slice(space).trim();
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

function checkDescriptor(text: string): void {
  if (descriptors.includes(text)) return;
  if (!text.startsWith('@every ')) throw new CronError(`unrecognized descriptor: ${text}`);
  const every = text.slice('@every '.length);
  if (duration.test(every)) return;
  throw new CronError(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(every)}`);
}

/** One of the comma-separated parts of a field: `*`, `5`, `1-5`, each with or without `/step`. */
function checkRange(text: string, bounds: Bounds): void {
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
