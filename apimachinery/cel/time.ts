/**
 * Timestamps and durations as text. Behaviour: Go's time.ParseDuration, time.Parse(RFC3339) and their String methods, cel-go
 * common/types/{timestamp,duration}.go, and strfmt's formats date-time and duration (kube-openapi pkg/validation/strfmt).
 */
import { EvaluationFault } from './errors.ts';
import { CelDuration, CelTimestamp } from './values.ts';

const nanosPerSecond = 1_000_000_000n;
const minSeconds = -62_135_596_800n;
const maxSeconds = 253_402_300_799n;
const maxInt64 = (1n << 63n) - 1n;
const minInt64 = -(1n << 63n);

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: nanosPerSecond,
  m: 60n * nanosPerSecond,
  h: 3_600n * nanosPerSecond,
};

/** Nanoseconds of `1h30m`, or undefined. */
export function parseGoDuration(text: string): bigint | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (!match) return undefined;
  let nanos = 0n;
  for (const [, amount, unit] of (match[2] as string).matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    nanos += scaled(amount as string, unitNanos[unit as string] as bigint);
    if (nanos > maxInt64 + 1n) return undefined;
  }
  const signed = match[1] === '-' ? -nanos : nanos;
  return signed > maxInt64 || signed < minInt64 ? undefined : signed;
}

function scaled(amount: string, unit: bigint): bigint {
  const [whole = '', fraction = ''] = amount.split('.');
  const digits = fraction.slice(0, 18);
  return BigInt(whole || '0') * unit + (BigInt(digits || '0') * unit) / 10n ** BigInt(digits.length);
}

/** `1.5s`: seconds, without an exponent. */
export function formatDuration(duration: CelDuration): string {
  const negative = duration.nanos < 0n;
  const nanos = negative ? -duration.nanos : duration.nanos;
  const fraction = (nanos % nanosPerSecond).toString().padStart(9, '0').replace(/0+$/, '');
  return `${negative ? '-' : ''}${nanos / nanosPerSecond}${fraction && `.${fraction}`}s`;
}

/** An instant of RFC 3339 text, or undefined where it is none. Throws where it is out of CEL's range. */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)([.,]\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!match) return undefined;
  const [, date, clock, fraction = '', zone] = match as unknown as [string, string, string, string | undefined, string];
  if (zone !== 'Z' && (Number(zone.slice(1, 3)) > 24 || Number(zone.slice(4)) > 60)) return undefined;
  const local = Date.parse(`${date}T${clock}Z`);
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 19) !== `${date}T${clock}`) return undefined;
  const seconds = BigInt(local) / 1000n - BigInt(offsetSeconds(zone));
  return newTimestamp(seconds * nanosPerSecond + BigInt(fraction.slice(1, 10).padEnd(9, '0')));
}

function offsetSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4)) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}

/** The instant at `nanos`. Throws `timestamp overflow` outside of the years 1 to 9999. */
export function newTimestamp(nanos: bigint): CelTimestamp {
  const seconds = floorSeconds(nanos);
  if (seconds < minSeconds || seconds > maxSeconds) throw new EvaluationFault('timestamp overflow');
  return new CelTimestamp(nanos);
}

/** The span of `nanos`. Throws `duration overflow` where it does not fit 64 bits. */
export function newDuration(nanos: bigint): CelDuration {
  if (nanos > maxInt64 || nanos < minInt64) throw new EvaluationFault('duration overflow');
  return new CelDuration(nanos);
}

/** Whole seconds since 1970, rounded down. */
export function floorSeconds(nanos: bigint): bigint {
  const seconds = nanos / nanosPerSecond;
  return nanos % nanosPerSecond < 0n ? seconds - 1n : seconds;
}

/** RFC 3339 in UTC, with as many digits of the second as needed. */
export function formatTimestamp(timestamp: CelTimestamp): string {
  const seconds = floorSeconds(timestamp.nanos);
  const fraction = (timestamp.nanos - seconds * nanosPerSecond).toString().padStart(9, '0').replace(/0+$/, '');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).padStart(19, '0')}${fraction && `.${fraction}`}Z`;
}

/** A string of format `date-time` or `date`. Throws EvaluationFault. */
export function parseTimestampFormat(text: string): CelTimestamp {
  const date = /^\d{4}-\d\d-\d\d$/.test(text);
  const timestamp = parseTimestamp(date ? `${text}T00:00:00Z` : text.replace(/^(.{10})[ t]/, '$1T').replace(/z$/, 'Z'));
  if (!timestamp) throw new EvaluationFault(`Invalid date-time formatted string ${text}`);
  return timestamp;
}

/** A string of format `duration`: Go's, or `3 days`. Throws EvaluationFault. */
export function parseDurationFormat(text: string): CelDuration {
  const nanos = parseGoDuration(text) ?? parseWordDuration(text);
  if (nanos === undefined)
    throw new EvaluationFault(`Invalid duration ${text}: unable to parse ${JSON.stringify(text)} as duration`);
  return newDuration(nanos);
}

const wordUnits: readonly (readonly [RegExp, bigint])[] = [
  [/^(ns|nano)/, 1n],
  [/^(us|µs|micro)/, 1_000n],
  [/^(ms|milli)/, 1_000_000n],
  [/^(s|sec)/, nanosPerSecond],
  [/^(m|min)/, 60n * nanosPerSecond],
  [/^(h|hr|hour)/, 3_600n * nanosPerSecond],
  [/^(d|day)/, 86_400n * nanosPerSecond],
  [/^(w|week|wk)/, 604_800n * nanosPerSecond],
];

function parseWordDuration(text: string): bigint | undefined {
  const match = /^(\d+)\s*([a-zµ]+?)s?$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = (match[2] as string).toLowerCase();
  const found = wordUnits.find(([pattern]) => pattern.test(unit));
  return found && BigInt(match[1] as string) * found[1];
}
