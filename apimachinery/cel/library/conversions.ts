/**
 * Conversions between CEL's own types: `int('1')`, `string(duration)`, `type(x)`. Behaviour: cel-go common/types, ConvertToType.
 */
import { EvaluationFault } from '../errors.ts';
import type { OverloadRow } from '../functions.ts';
import { formatGoFloat } from '../go-format.ts';
import {
  floorSeconds,
  formatDuration,
  formatTimestamp,
  newDuration,
  newTimestamp,
  parseGoDuration,
  parseTimestamp,
} from '../time.ts';
import { type CelDuration, type CelTimestamp, CelUint, type CelValue, typeOf } from '../values.ts';
import { checkedInt, checkedUint } from './operators.ts';

const nanosPerSecond = 1_000_000_000n;

function identity(value: CelValue): CelValue {
  return value;
}

function conversionFault(from: string, to: string): EvaluationFault {
  return new EvaluationFault(`type conversion error from '${from}' to '${to}'`);
}

function stringToInt(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw conversionFault('string', 'int');
  const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''));
  if (BigInt.asIntN(64, value) !== value) throw conversionFault('string', 'int');
  return value;
}

function stringToUint(text: string): CelUint {
  if (!/^\d+$/.test(text) || BigInt.asUintN(64, BigInt(text)) !== BigInt(text)) throw conversionFault('string', 'uint');
  return new CelUint(BigInt(text));
}

function stringToDouble(text: string): number {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const isNumber = /^[+-]?(\d+(_\d+)*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  const value = isNumber ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw conversionFault('string', 'double');
  return value;
}

function stringToBool(text: string): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  throw conversionFault('string', 'bool');
}

/** Towards zero; what does not fit below 2^63 (as a double) is an overflow. */
function doubleToInt(value: number): bigint {
  if (!(value > -(2 ** 63) && value < 2 ** 63)) throw new EvaluationFault('integer overflow');
  return BigInt(Math.trunc(value));
}

function doubleToUint(value: number): CelUint {
  if (!(value >= 0 && value < 2 ** 64)) throw new EvaluationFault('unsigned integer overflow');
  return new CelUint(BigInt(Math.trunc(value)));
}

function bytesToString(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new EvaluationFault('invalid UTF-8 in bytes, cannot convert to string');
  }
}

function stringToDuration(text: string): CelDuration {
  const nanos = parseGoDuration(text);
  if (nanos === undefined) throw conversionFault('string', 'google.protobuf.Duration');
  return newDuration(nanos);
}

function stringToTimestamp(text: string): CelTimestamp {
  const timestamp = parseTimestamp(text);
  if (!timestamp) throw conversionFault('string', 'google.protobuf.Timestamp');
  return timestamp;
}

/** The rows of the conversions. */
export function conversionRows(): OverloadRow[] {
  return [
    ['type', 'type', '(A) type(A)', typeOf],
    ['bool', 'bool_to_bool', '(bool) bool', identity],
    ['bool', 'string_to_bool', '(string) bool', stringToBool],
    ['bytes', 'bytes_to_bytes', '(bytes) bytes', identity],
    ['bytes', 'string_to_bytes', '(string) bytes', (text: string) => new Uint8Array(Buffer.from(text))],
    ['double', 'double_to_double', '(double) double', identity],
    ['double', 'int64_to_double', '(int) double', Number],
    ['double', 'string_to_double', '(string) double', stringToDouble],
    ['double', 'uint64_to_double', '(uint) double', ({ value }: CelUint) => Number(value)],
    ['duration', 'duration_to_duration', '(duration) duration', identity],
    [
      'duration',
      'int64_to_duration',
      '(int) duration',
      () => {
        throw conversionFault('int', 'google.protobuf.Duration');
      },
    ],
    ['duration', 'string_to_duration', '(string) duration', stringToDuration],
    ['dyn', 'to_dyn', '(A) dyn', identity],
    ['int', 'int64_to_int64', '(int) int', identity],
    ['int', 'double_to_int64', '(double) int', doubleToInt],
    ['int', 'duration_to_int64', '(duration) int', ({ nanos }: CelDuration) => nanos],
    ['int', 'string_to_int64', '(string) int', stringToInt],
    ['int', 'timestamp_to_int64', '(timestamp) int', ({ nanos }: CelTimestamp) => floorSeconds(nanos)],
    ['int', 'uint64_to_int64', '(uint) int', ({ value }: CelUint) => checkedInt(value)],
    ['string', 'string_to_string', '(string) string', identity],
    ['string', 'bool_to_string', '(bool) string', String],
    ['string', 'bytes_to_string', '(bytes) string', bytesToString],
    ['string', 'double_to_string', '(double) string', formatGoFloat],
    ['string', 'duration_to_string', '(duration) string', formatDuration],
    ['string', 'int64_to_string', '(int) string', String],
    ['string', 'timestamp_to_string', '(timestamp) string', formatTimestamp],
    ['string', 'uint64_to_string', '(uint) string', ({ value }: CelUint) => String(value)],
    ['timestamp', 'timestamp_to_timestamp', '(timestamp) timestamp', identity],
    ['timestamp', 'int64_to_timestamp', '(int) timestamp', (seconds: bigint) => newTimestamp(seconds * nanosPerSecond)],
    ['timestamp', 'string_to_timestamp', '(string) timestamp', stringToTimestamp],
    ['uint', 'uint64_to_uint64', '(uint) uint', identity],
    ['uint', 'double_to_uint64', '(double) uint', doubleToUint],
    ['uint', 'int64_to_uint64', '(int) uint', checkedUint],
    ['uint', 'string_to_uint64', '(string) uint', stringToUint],
  ];
}
