/**
 * CEL's operators, `size`, `in` and indexing. Behaviour: cel-go common/stdlib/standard.go, common/types and common/types/overflow.go.
 */
import { EvaluationFault, noSuchOverload } from '../errors.ts';
import type { OverloadRow } from '../functions.ts';
import { newDuration, newTimestamp } from '../time.ts';
import {
  CelDuration,
  CelList,
  CelMap,
  CelTimestamp,
  CelUint,
  type CelValue,
  codePointCount,
  compareValues,
  valuesEqual,
} from '../values.ts';

const maxInt = (1n << 63n) - 1n;
const minInt = -(1n << 63n);
const maxUint = (1n << 64n) - 1n;

/** A 64-bit integer, or `integer overflow`. */
export function checkedInt(value: bigint): bigint {
  if (value > maxInt || value < minInt) throw new EvaluationFault('integer overflow');
  return value;
}

/** An unsigned 64-bit integer, or `unsigned integer overflow`. */
export function checkedUint(value: bigint): CelUint {
  if (value > maxUint || value < 0n) throw new EvaluationFault('unsigned integer overflow');
  return new CelUint(value);
}

function add(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return checkedInt(a + b);
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof CelList && b instanceof CelList) return a.concat(b);
  if (a instanceof CelUint && b instanceof CelUint) return checkedUint(a.value + b.value);
  if (a instanceof CelDuration && b instanceof CelDuration) return newDuration(a.nanos + b.nanos);
  if (a instanceof CelTimestamp && b instanceof CelDuration) return newTimestamp(a.nanos + b.nanos);
  if (a instanceof CelDuration && b instanceof CelTimestamp) return newTimestamp(a.nanos + b.nanos);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return new Uint8Array(Buffer.concat([a, b]));
  throw noSuchOverload();
}

function subtract(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return checkedInt(a - b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a instanceof CelUint && b instanceof CelUint) return checkedUint(a.value - b.value);
  if (a instanceof CelDuration && b instanceof CelDuration) return newDuration(a.nanos - b.nanos);
  if (a instanceof CelTimestamp && b instanceof CelDuration) return newTimestamp(a.nanos - b.nanos);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return newDuration(a.nanos - b.nanos);
  throw noSuchOverload();
}

function multiply(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return checkedInt(a * b);
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a instanceof CelUint && b instanceof CelUint) return checkedUint(a.value * b.value);
  throw noSuchOverload();
}

function divide(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'number' && typeof b === 'number') return a / b;
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (b === 0n) throw new EvaluationFault('division by zero');
    return checkedInt(a / b);
  }
  if (a instanceof CelUint && b instanceof CelUint) {
    if (b.value === 0n) throw new EvaluationFault('division by zero');
    return new CelUint(a.value / b.value);
  }
  throw noSuchOverload();
}

function modulo(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (b === 0n) throw new EvaluationFault('modulus by zero');
    if (a === minInt && b === -1n) throw new EvaluationFault('integer overflow');
    return a % b;
  }
  if (a instanceof CelUint && b instanceof CelUint) {
    if (b.value === 0n) throw new EvaluationFault('modulus by zero');
    return new CelUint(a.value % b.value);
  }
  throw noSuchOverload();
}

function negate(a: CelValue): CelValue {
  if (typeof a === 'bigint') return checkedInt(-a);
  if (typeof a === 'number') return -a;
  throw noSuchOverload();
}

function not(a: CelValue): CelValue {
  if (typeof a !== 'boolean') throw noSuchOverload();
  return !a;
}

function isIn(value: CelValue, container: CelValue): CelValue {
  if (container instanceof CelList) return container.contains(value);
  if (container instanceof CelMap) return container.find(value) !== undefined;
  throw noSuchOverload();
}

function size(value: CelValue): bigint {
  if (typeof value === 'string') return BigInt(codePointCount(value));
  if (value instanceof CelList || value instanceof CelMap) return BigInt(value.size);
  if (value instanceof Uint8Array) return BigInt(value.length);
  throw noSuchOverload();
}

/** Planned specially: these never run. */
function planned(): CelValue {
  throw noSuchOverload();
}

const comparisons = [
  ['_<_', 'less', (a: CelValue, b: CelValue) => compareValues(a, b) < 0],
  ['_<=_', 'less_equals', (a: CelValue, b: CelValue) => compareValues(a, b) <= 0],
  ['_>_', 'greater', (a: CelValue, b: CelValue) => compareValues(a, b) > 0],
  ['_>=_', 'greater_equals', (a: CelValue, b: CelValue) => compareValues(a, b) >= 0],
] as const;

const comparable = [
  ['bool', 'bool', 'bool'],
  ['int64', 'int', 'int'],
  ['int64_double', 'int', 'double'],
  ['int64_uint64', 'int', 'uint'],
  ['uint64', 'uint', 'uint'],
  ['uint64_double', 'uint', 'double'],
  ['uint64_int64', 'uint', 'int'],
  ['double', 'double', 'double'],
  ['double_int64', 'double', 'int'],
  ['double_uint64', 'double', 'uint'],
  ['string', 'string', 'string'],
  ['bytes', 'bytes', 'bytes'],
  ['timestamp', 'timestamp', 'timestamp'],
  ['duration', 'duration', 'duration'],
] as const;

function comparisonRows(): OverloadRow[] {
  return comparisons.flatMap(([operator, prefix, compare]) =>
    comparable.map(([id, a, b]): OverloadRow => [operator, `${prefix}_${id}`, `(${a}, ${b}) bool`, compare]),
  );
}

/** The rows of the operators. */
export function operatorRows(): OverloadRow[] {
  return [
    ['_?_:_', 'conditional', '(bool, A, A) A', planned],
    ['_&&_', 'logical_and', '(bool, bool) bool', planned],
    ['_||_', 'logical_or', '(bool, bool) bool', planned],
    ['@not_strictly_false', 'not_strictly_false', '(bool) bool', planned],
    ['!_', 'logical_not', '(bool) bool', not],
    ['_==_', 'equals', '(A, A) bool', valuesEqual],
    ['_!=_', 'not_equals', '(A, A) bool', (a, b) => !valuesEqual(a, b)],
    ['_+_', 'add_bytes', '(bytes, bytes) bytes', add],
    ['_+_', 'add_double', '(double, double) double', add],
    ['_+_', 'add_duration_duration', '(duration, duration) duration', add],
    ['_+_', 'add_duration_timestamp', '(duration, timestamp) timestamp', add],
    ['_+_', 'add_timestamp_duration', '(timestamp, duration) timestamp', add],
    ['_+_', 'add_int64', '(int, int) int', add],
    ['_+_', 'add_list', '(list(A), list(A)) list(A)', add],
    ['_+_', 'add_string', '(string, string) string', add],
    ['_+_', 'add_uint64', '(uint, uint) uint', add],
    ['_/_', 'divide_double', '(double, double) double', divide],
    ['_/_', 'divide_int64', '(int, int) int', divide],
    ['_/_', 'divide_uint64', '(uint, uint) uint', divide],
    ['_%_', 'modulo_int64', '(int, int) int', modulo],
    ['_%_', 'modulo_uint64', '(uint, uint) uint', modulo],
    ['_*_', 'multiply_double', '(double, double) double', multiply],
    ['_*_', 'multiply_int64', '(int, int) int', multiply],
    ['_*_', 'multiply_uint64', '(uint, uint) uint', multiply],
    ['-_', 'negate_double', '(double) double', negate],
    ['-_', 'negate_int64', '(int) int', negate],
    ['_-_', 'subtract_double', '(double, double) double', subtract],
    ['_-_', 'subtract_duration_duration', '(duration, duration) duration', subtract],
    ['_-_', 'subtract_int64', '(int, int) int', subtract],
    ['_-_', 'subtract_timestamp_duration', '(timestamp, duration) timestamp', subtract],
    ['_-_', 'subtract_timestamp_timestamp', '(timestamp, timestamp) duration', subtract],
    ['_-_', 'subtract_uint64', '(uint, uint) uint', subtract],
    ...comparisonRows(),
    ['_[_]', 'index_list', '(list(A), int) A', planned],
    ['_[_]', 'index_map', '(map(A, B), A) B', planned],
    ['_[_]', 'optional_list_index_int', '(optional(list(V)), int) optional(V)', planned],
    ['_[_]', 'optional_map_index_value', '(optional(map(K, V)), K) optional(V)', planned],
    ['_[?_]', 'list_optindex_optional_int', '(list(V), int) optional(V)', planned],
    ['_[?_]', 'optional_list_optindex_optional_int', '(optional(list(V)), int) optional(V)', planned],
    ['_[?_]', 'map_optindex_optional_value', '(map(K, V), K) optional(V)', planned],
    ['_[?_]', 'optional_map_optindex_optional_value', '(optional(map(K, V)), K) optional(V)', planned],
    ['@in', 'in_list', '(A, list(A)) bool', isIn],
    ['@in', 'in_map', '(A, map(A, B)) bool', isIn],
    ['size', 'size_bytes', '(bytes) int', size],
    ['size', 'bytes_size', 'bytes.() int', size],
    ['size', 'size_list', '(list(A)) int', size],
    ['size', 'list_size', 'list(A).() int', size],
    ['size', 'size_map', '(map(A, B)) int', size],
    ['size', 'map_size', 'map(A, B).() int', size],
    ['size', 'size_string', '(string) int', size],
    ['size', 'string_size', 'string.() int', size],
  ];
}
