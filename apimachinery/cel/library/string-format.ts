/**
 * `'%s: %d'.format([…])`. Behaviour: cel-go ext/formatting.go, with the en_US locale for `%f` and `%e`.
 */
import { EvaluationFault, spendWork } from '../errors.ts';
import { formatGoFloat, quoteGo } from '../go-format.ts';
import { formatDuration, formatTimestamp } from '../time.ts';
import { CelDuration, CelList, CelMap, CelTimestamp, CelUint, type CelValue, typeName } from '../values.ts';

const defaultPrecision = 6;

/** One `%` clause. */
export interface FormatClause {
  readonly verb: string;
  readonly precision: number;
}

/** The literal parts of a format and its clauses between them. Throws EvaluationFault for what is no clause. */
export function parseFormat(format: string): { literals: string[]; clauses: FormatClause[] } {
  const literals = [''];
  const clauses: FormatClause[] = [];
  for (let at = 0; at < format.length; at++) {
    if (format[at] !== '%' || format[at + 1] === '%') {
      literals.push(`${literals.pop()}${format[at]}`);
      if (format[at] === '%') at++;
      continue;
    }
    const precision = /^\.(\d*)/.exec(format.slice(at + 1, at + 20));
    at += 1 + (precision?.[0].length ?? 0);
    const verb = format[at];
    if (verb === undefined) throw new EvaluationFault('unexpected end of string');
    if (!'sdfebxXo'.includes(verb)) {
      const character = String.fromCodePoint(format.codePointAt(at) as number);
      throw new EvaluationFault(`could not parse formatting clause: unrecognized formatting clause "${character}"`);
    }
    clauses.push({ verb, precision: precision?.[1] ? Math.min(Number(precision[1]), 100) : defaultPrecision });
    literals.push('');
  }
  return { literals, clauses };
}

/** Formats `args` as `format` says. Throws EvaluationFault. */
export function formatString(format: string, args: CelList): string {
  const { literals, clauses } = parseFormat(format);
  let text = literals[0] as string;
  for (const [at, clause] of clauses.entries()) {
    if (at >= args.size) throw new EvaluationFault(`index ${at} out of range`);
    text += formatClause(clause, args.at(at)) + literals[at + 1];
    spendWork(1 + Math.ceil(text.length / 1024));
  }
  return text;
}

function formatClause({ verb, precision }: FormatClause, value: CelValue): string {
  switch (verb) {
    case 's':
      return formatAsString(value);
    case 'd':
      return formatDecimal(value);
    case 'f':
      return formatFixed(value, precision);
    case 'e':
      return formatScientific(value, precision);
    case 'b':
      return typeof value === 'boolean'
        ? String(Number(value))
        : formatInteger(value, 2, 'only integers and bools can be formatted as binary');
    case 'o':
      return formatInteger(value, 8, 'octal clause can only be used on integers');
    default:
      return verb === 'X' ? formatHex(value).toUpperCase() : formatHex(value);
  }
}

function during(message: string, value: CelValue): EvaluationFault {
  return new EvaluationFault(`error during formatting: ${message}, was given ${typeName(value)}`);
}

function formatAsString(value: CelValue): string {
  spendWork(1);
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return formatGoFloat(value).replace('+Inf', 'Infinity').replace('-Inf', '-Infinity');
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof CelList)
    return `[${Array.from({ length: value.size }, (_, at) => formatElement(value.at(at))).join(', ')}]`;
  if (value instanceof CelMap) return formatMap(value);
  if ('params' in value) return value.name;
  throw during(
    'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
    value,
  );
}

/** As an element of a list or map: text is quoted. */
function formatElement(value: CelValue): string {
  if (typeof value === 'string') return quoteGo(value);
  if (value instanceof Uint8Array) return `b${quoteGo(Buffer.from(value).toString())}`;
  if (typeof value === 'number')
    return Number.isFinite(value) ? formatFixed(value, defaultPrecision) : quoteGo(formatAsString(value));
  return formatAsString(value);
}

function formatMap(map: CelMap): string {
  const entries = map.keys().map((key) => [formatElement(key), formatElement(map.find(key) as CelValue)] as const);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${key}:${value}`).join(', ')}}`;
}

function formatDecimal(value: CelValue): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof CelUint) return String(value.value);
  throw during('decimal clause can only be used on integers', value);
}

function formatInteger(value: CelValue, radix: number, complaint: string): string {
  if (typeof value === 'bigint') return value.toString(radix);
  if (value instanceof CelUint) return value.value.toString(radix);
  throw during(complaint, value);
}

function formatHex(value: CelValue): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return formatInteger(value, 16, 'only integers, byte buffers, and strings can be formatted as hex');
}

function floatOf(value: CelValue, complaint: string): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Infinity;
  if (value === '-Infinity') return -Infinity;
  throw during(complaint, value);
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? undefined : value > 0 ? '∞' : '-∞';
}

function formatFixed(value: CelValue, precision: number): string {
  const number = floatOf(value, 'fixed-point clause can only be used on doubles');
  const options = { minimumFractionDigits: precision, maximumFractionDigits: precision };
  return special(number) ?? new Intl.NumberFormat('en-US', { ...options, roundingMode: 'halfEven' }).format(number);
}

function formatScientific(value: CelValue, precision: number): string {
  const number = floatOf(value, 'scientific clause can only be used on doubles');
  const [digits, exponent] = number.toExponential(precision).split('e') as [string, string?];
  if (exponent === undefined) return special(number) as string;
  const power = Math.abs(Number(exponent)).toString().padStart(2, '0');
  const superscript = [...power].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
  return `${digits}\u202f×\u202f10${exponent.startsWith('-') ? '⁻' : ''}${superscript}`;
}
