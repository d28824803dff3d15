/**
 * Optional values, version 2, and what the macros over two variables call. Behaviour: cel-go cel/library.go and ext/comprehensions.go.
 */
import { EvaluationFault } from '../errors.ts';
import type { OverloadRow } from '../functions.ts';
import { formatValue } from '../value-format.ts';
import {
  ArrayList,
  CelDuration,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelUint,
  type CelValue,
  type EntryMap,
} from '../values.ts';

/** What `optional.ofNonZeroValue` takes for nothing. */
function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return true;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelDuration) return value.nanos === 0n;
  if (value instanceof CelTimestamp) return value.nanos === -62_135_596_800_000_000_000n;
  return value instanceof CelOptional && (value.value === undefined || isZero(value.value));
}

/** The value of an optional. Throws `optional.none() dereference`. */
function heldValue(optional: CelOptional): CelValue {
  if (optional.value === undefined) throw new EvaluationFault('optional.none() dereference');
  return optional.value;
}

function unwrap(list: CelList): CelList {
  const values: CelValue[] = [];
  for (let at = 0; at < list.size; at++) {
    const value = list.at(at);
    if (!(value instanceof CelOptional)) throw new EvaluationFault(`value ${formatValue(value)} is not optional`);
    if (value.value !== undefined) values.push(value.value);
  }
  return new ArrayList(values);
}

/** The accumulator of transformMap, which nobody else sees, with one more entry. */
function insert(map: EntryMap, key: CelValue, value: CelValue): CelValue {
  if (map.find(key) !== undefined) throw new EvaluationFault(`insert failed: key ${formatValue(key)} already exists`);
  map.set(key, value);
  return map;
}

function insertAll(map: EntryMap, entries: CelMap): CelValue {
  for (const key of entries.keys()) insert(map, key, entries.find(key) as CelValue);
  return map;
}

/** The rows of optional values; `or` and `orValue` are planned specially. */
export function optionalRows(): OverloadRow[] {
  return [
    ['optional.of', 'optional_of', '(V) optional(V)', (value: CelValue) => CelOptional.of(value)],
    [
      'optional.ofNonZeroValue',
      'optional_ofNonZeroValue',
      '(V) optional(V)',
      (value: CelValue) => (isZero(value) ? CelOptional.none : CelOptional.of(value)),
    ],
    ['optional.none', 'optional_none', '() optional(V)', () => CelOptional.none],
    ['value', 'optional_value', 'optional(V).() V', heldValue],
    ['hasValue', 'optional_hasValue', 'optional(V).() bool', ({ value }: CelOptional) => value !== undefined],
    [
      'or',
      'optional_or_optional',
      'optional(V).(optional(V)) optional(V)',
      (a: CelOptional, b: CelOptional) => (a.value === undefined ? b : a),
    ],
    ['orValue', 'optional_orValue_value', 'optional(V).(V) V', (a: CelOptional, b: CelValue) => a.value ?? b],
    ['_?._', 'select_optional_field', '(dyn, string) optional(V)', (value: CelValue) => value],
    ['last', 'list_last', 'list(V).() optional(V)', (list: CelList) => endOf(list, list.size - 1)],
    ['first', 'list_first', 'list(V).() optional(V)', (list: CelList) => endOf(list, 0)],
    ['optional.unwrap', 'optional_unwrap', '(list(optional(V))) list(V)', unwrap],
    ['unwrapOpt', 'optional_unwrapOpt', 'list(optional(V)).() list(V)', unwrap],
    ['cel.@mapInsert', '@mapInsert_map_key_value', '(map(K, V), K, V) map(K, V)', insert],
    ['cel.@mapInsert', '@mapInsert_map_map', '(map(K, V), map(K, V)) map(K, V)', insertAll],
  ];
}

function endOf(list: CelList, index: number): CelOptional {
  return list.size === 0 ? CelOptional.none : CelOptional.of(list.at(index));
}
