/**
 * Functions of lists: Kubernetes' own (isSorted, sum, min, max, indexOf), cel-go's lists library, version 3, and sets. Behaviour: apiserver
 * pkg/cel/library/lists.go, cel-go ext/{lists,sets}.go.
 */
import { EvaluationFault, spendWork } from '../errors.ts';
import type { Implementation, OverloadRow } from '../functions.ts';
import {
  ArrayList,
  CelDuration,
  type CelList,
  CelUint,
  type CelValue,
  compareValues,
  CelList as ListClass,
  typeOf,
  valuesEqual,
} from '../values.ts';

const comparableTypes = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'] as const;

function* elements(list: CelList): Generator<CelValue> {
  for (let at = 0; at < list.size; at++) yield list.at(at);
}

function isSorted(list: CelList): boolean {
  for (let at = 1; at < list.size; at++) if (compareValues(list.at(at - 1), list.at(at)) > 0) return false;
  return true;
}

function extreme(name: string, sign: 1 | -1): Implementation {
  return (list: CelList) => {
    let best: CelValue | undefined;
    for (const value of elements(list)) if (best === undefined || compareValues(value, best) * sign > 0) best = value;
    if (best === undefined) throw new EvaluationFault(`${name} called on empty list`);
    return best;
  };
}

const zeros: Readonly<Record<string, CelValue>> = {
  int: 0n,
  uint: new CelUint(0n),
  double: 0,
  duration: new CelDuration(0n),
};

function sum(zero: CelValue, add: Implementation): Implementation {
  return (list: CelList) => {
    let total = zero;
    for (const value of elements(list)) total = add(total, value);
    return total;
  };
}

function indexOf(list: CelList, value: CelValue): bigint {
  for (let at = 0; at < list.size; at++) if (valuesEqual(list.at(at), value)) return BigInt(at);
  return -1n;
}

function lastIndexOf(list: CelList, value: CelValue): bigint {
  for (let at = list.size - 1; at >= 0; at--) if (valuesEqual(list.at(at), value)) return BigInt(at);
  return -1n;
}

function slice(list: CelList, start: bigint, end: bigint): CelList {
  const call = `cannot slice(${start}, ${end})`;
  if (start < 0n || end < 0n) throw new EvaluationFault(`${call}, negative indexes not supported`);
  if (start > end) throw new EvaluationFault(`${call}, start index must be less than or equal to end index`);
  if (end > list.size) throw new EvaluationFault(`${call}, list is length ${list.size}`);
  spendWork(Number(end - start));
  return new ArrayList(Array.from({ length: Number(end - start) }, (_, at) => list.at(Number(start) + at)));
}

function flatten(list: CelList, depth = 1n): CelList {
  if (depth < 0n) throw new EvaluationFault('level must be non-negative');
  const values: CelValue[] = [];
  const add = (inner: CelList, left: bigint): void => {
    for (const value of elements(inner)) {
      spendWork(1);
      if (value instanceof ListClass && left > 0n) add(value, left - 1n);
      else values.push(value);
    }
  };
  add(list, depth);
  return new ArrayList(values);
}

function range(count: bigint): CelList {
  const length = count > 0n ? Number(count) : 0;
  spendWork(length);
  return new ArrayList(Array.from({ length }, (_, at) => BigInt(at)));
}

function reverse(list: CelList): CelList {
  spendWork(list.size);
  return new ArrayList([...elements(list)].reverse());
}

function distinct(list: CelList): CelList {
  const values: CelValue[] = [];
  for (const value of elements(list)) if (!values.some((known) => valuesEqual(value, known))) values.push(value);
  return new ArrayList(values);
}

function sortByKeys(list: CelList, keys: CelList): CelList {
  if (list.size !== keys.size) {
    const sizes = `${list.size} and ${keys.size} elements respectively`;
    const call = '@sortByAssociatedKeys() expected a list of the same size as the associated keys list';
    throw new EvaluationFault(`${call}, but got ${sizes}`);
  }
  spendWork(list.size * 16);
  const pairs = Array.from({ length: list.size }, (_, at) => ({ key: keys.at(at), value: list.at(at) }));
  const type = pairs[0] && typeOf(pairs[0].key).name;
  if (pairs.some(({ key }) => typeOf(key).name !== type))
    throw new EvaluationFault('list elements must have the same type');
  return new ArrayList(pairs.sort((a, b) => compareValues(a.key, b.key)).map(({ value }) => value));
}

function setsContain(list: CelList, part: CelList): boolean {
  for (const value of elements(part)) if (!list.contains(value)) return false;
  return true;
}

function setsIntersect(a: CelList, b: CelList): boolean {
  for (const value of elements(a)) if (b.contains(value)) return true;
  return false;
}

/** Rows for every type whose values have an order. */
function orderedRows(): OverloadRow[] {
  return comparableTypes.flatMap((type): OverloadRow[] => {
    const fullName =
      type === 'duration' ? 'google.protobuf.Duration' : type === 'timestamp' ? 'google.protobuf.Timestamp' : type;
    return [
      ['isSorted', `list_${type}_is_sorted_bool`, `list(${type}).() bool`, isSorted],
      ['max', `list_${type}_max_${type}`, `list(${type}).() ${type}`, extreme('max', 1)],
      ['min', `list_${type}_min_${type}`, `list(${type}).() ${type}`, extreme('min', -1)],
      ['sort', `list_${fullName}_sort`, `list(${type}).() list(${type})`, (list: CelList) => sortByKeys(list, list)],
      ['@sortByAssociatedKeys', `list_${fullName}_sortByAssociatedKeys`, `list(T).(list(${type})) list(T)`, sortByKeys],
    ];
  });
}

/** The rows of lists and sets; `add` is the operator's code. */
export function listRows(add: Implementation): OverloadRow[] {
  return [
    ...orderedRows(),
    ...Object.entries(zeros).map(
      ([type, zero]): OverloadRow => ['sum', `list_${type}_sum_${type}`, `list(${type}).() ${type}`, sum(zero, add)],
    ),
    ['indexOf', 'list_a_index_of_int', 'list(A).(A) int', indexOf],
    ['lastIndexOf', 'list_a_last_index_of_int', 'list(A).(A) int', lastIndexOf],
    ['slice', 'list_slice', 'list(T).(int, int) list(T)', slice],
    ['flatten', 'list_flatten', 'list(list(T)).() list(T)', flatten],
    ['flatten', 'list_flatten_int', 'list(dyn).(int) list(dyn)', flatten],
    ['lists.range', 'lists_range', '(int) list(int)', range],
    ['reverse', 'list_reverse', 'list(T).() list(T)', reverse],
    ['distinct', 'list_distinct', 'list(T).() list(T)', distinct],
    ['sets.contains', 'list_sets_contains_list', '(list(T), list(T)) bool', setsContain],
    [
      'sets.equivalent',
      'list_sets_equivalent_list',
      '(list(T), list(T)) bool',
      (a, b) => setsContain(a, b) && setsContain(b, a),
    ],
    ['sets.intersects', 'list_sets_intersects_list', '(list(T), list(T)) bool', setsIntersect],
  ];
}
