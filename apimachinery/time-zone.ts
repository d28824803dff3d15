// Clocks of time zones, by the data base that the runtime has (Go's time.Date, Time.In and Time.Format(time.RFC3339)).

/** What a clock shows. Months and days count from 1; those beyond the end run into the next month or year. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Zones that are in use at once; more than that are not worth keeping. */
const maxFormats = 500;

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    const number = 'numeric';
    const options = { year: number, month: number, day: number, hour: number, minute: number, second: number } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', era: 'short', ...options });
    if (formats.size >= maxFormats) formats.clear();
    formats.set(zone, format);
  }
  return format;
}

/** How far the zone is ahead of UTC at a time, in milliseconds. Throws a RangeError for a zone that does not exist. */
export function offsetMs(ms: number, zone: string): number {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) parts[type] = value;
  const { year, month, day, hour, minute, second } = parts;
  const shown = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return shown - Math.floor(ms / 1000) * 1000;
}

/** What the zone's clocks show at a time. */
export function wallTimeOf(ms: number, zone: string): WallTime {
  const shown = new Date(ms + offsetMs(ms, zone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
  };
}

/** When the zone's clocks show this, in milliseconds since the epoch; one of both times where they do so twice, an hour off where never. */
export function instantOf({ year, month, day, hour, minute }: WallTime, zone: string): number {
  const asUTC = Date.UTC(year, month - 1, day, hour, minute);
  const near = asUTC - offsetMs(asUTC, zone);
  return asUTC - offsetMs(near, zone);
}

/** RFC 3339 with the zone's offset: `2026-01-01T01:00:00+01:00`. */
export function formatInZone(ms: number, zone: string): string {
  const offset = offsetMs(ms, zone);
  const shown = new Date(ms + offset).toISOString().slice(0, 19);
  if (offset === 0) return `${shown}Z`;
  const minutes = Math.trunc(Math.abs(offset) / 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${shown}${offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}
