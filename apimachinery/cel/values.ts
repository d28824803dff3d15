/**
 * CEL's values. Scalars are JavaScript's own: `int` is a bigint, `double` a number, `bytes` a Uint8Array; `uint`, times, containers and
 * the types of libraries are classes. Behaviour: cel-go common/types and apiserver pkg/cel.
 */
import { EvaluationFault, noSuchOverload, spendWork } from './errors.ts';
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  optionalType,
  stringType,
  timestampType,
  typeType,
  uintType,
} from './types.ts';

export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelList
  | CelMap
  | CelOptional
  | CelType
  | CelOpaque;

/** An unsigned 64-bit integer. */
export class CelUint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** An instant, in nanoseconds since 1970. */
export class CelTimestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A span of time, in nanoseconds. */
export class CelDuration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A value that may be absent. */
export class CelOptional {
  static readonly none = new CelOptional(undefined);
  readonly value: CelValue | undefined;

  private constructor(value: CelValue | undefined) {
    this.value = value;
  }

  static of(value: CelValue): CelOptional {
    return new CelOptional(value);
  }
}

/** A value of a library: quantity, URL, IP, … */
export abstract class CelOpaque {
  abstract readonly type: CelType;
  /** Whether both are the same; called with any other value. Throws where they cannot be compared. */
  abstract equals(other: CelValue): boolean;

  /** What `size` would give, for costs. */
  get size(): number {
    return 1;
  }

  /** As JSON. Throws where there is no such thing. */
  toJSON(): unknown {
    throw new EvaluationFault(`type conversion error from '${this.type}' to JSON`);
  }
}

/** A list. */
export abstract class CelList {
  abstract readonly size: number;
  /** The element at an index within bounds. */
  abstract at(index: number): CelValue;

  equals(other: CelValue): boolean {
    if (!(other instanceof CelList) || this.size !== other.size) return false;
    for (let at = 0; at < this.size; at++) if (!valuesEqual(this.at(at), other.at(at))) return false;
    return true;
  }

  contains(value: CelValue): boolean {
    for (let at = 0; at < this.size; at++) if (valuesEqual(value, this.at(at))) return true;
    return false;
  }

  concat(other: CelList): CelList {
    if (this.size === 0) return other;
    if (other.size === 0) return this;
    return new ConcatList(this, other);
  }
}

/** A list of values. `push` is for the one that makes it, before anybody else sees it. */
export class ArrayList extends CelList {
  readonly #values: CelValue[];

  constructor(values: CelValue[]) {
    super();
    this.#values = values;
  }

  get size(): number {
    return this.#values.length;
  }

  at(index: number): CelValue {
    return this.#values[index] as CelValue;
  }

  push(value: CelValue): void {
    this.#values.push(value);
  }
}

/** Two lists as one, in constant time. Becomes an array when it is first read, so that chains of them stay cheap. */
class ConcatList extends CelList {
  readonly size: number;
  #parts: [CelList, CelList] | undefined;
  #values: CelValue[] | undefined;

  constructor(left: CelList, right: CelList) {
    super();
    this.size = left.size + right.size;
    this.#parts = [left, right];
  }

  at(index: number): CelValue {
    this.#values ??= this.#flatten();
    return this.#values[index] as CelValue;
  }

  #flatten(): CelValue[] {
    spendWork(this.size);
    const values: CelValue[] = [];
    const pending: CelList[] = [this];
    for (let list = pending.pop(); list !== undefined; list = pending.pop()) {
      if (list instanceof ConcatList && list.#parts) pending.push(list.#parts[1], list.#parts[0]);
      else for (let at = 0; at < list.size; at++) values.push(list.at(at));
    }
    this.#parts = undefined;
    return values;
  }
}

const dynamicMapType = mapType(dynType, dynType);

/** A map, or an object whose fields are read by name. */
export abstract class CelMap {
  abstract readonly size: number;
  /** The value, or undefined. Throws where the key is of a kind that the map cannot have. */
  abstract find(key: CelValue): CelValue | undefined;
  abstract keys(): CelValue[];

  readonly type: CelType = dynamicMapType;

  equals(other: CelValue): boolean {
    if (!(other instanceof CelMap) || this.size !== other.size) return false;
    for (const key of this.keys()) {
      const theirs = other.find(key);
      if (theirs === undefined || !valuesEqual(this.find(key) as CelValue, theirs)) return false;
    }
    return true;
  }
}

/** What two equal map keys have in common: 1, 1u and 1.0 are one key. */
function keyIdentity(key: CelValue): CelValue {
  if (typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint') return key;
  if (key instanceof CelUint) return key.value;
  return typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key;
}

/** A map made by an expression. */
export class EntryMap extends CelMap {
  readonly #entries = new Map<CelValue, readonly [CelValue, CelValue]>();

  get size(): number {
    return this.#entries.size;
  }

  find(key: CelValue): CelValue | undefined {
    return this.#entries.get(keyIdentity(key))?.[1];
  }

  keys(): CelValue[] {
    return [...this.#entries.values()].map(([key]) => key);
  }

  /** Adds an entry, or replaces it. For the one that makes the map. */
  set(key: CelValue, value: CelValue): void {
    this.#entries.set(keyIdentity(key), [key, value]);
  }
}

/** An object that an expression constructs: `Object.spec{…}`. */
export class StructValue extends CelMap {
  override readonly type: CelType;
  readonly fields: ReadonlyMap<string, CelValue>;

  constructor(type: CelType, fields: ReadonlyMap<string, CelValue>) {
    super();
    this.type = type;
    this.fields = fields;
  }

  get size(): number {
    return this.fields.size;
  }

  find(key: CelValue): CelValue | undefined {
    return typeof key === 'string' ? this.fields.get(key) : undefined;
  }

  keys(): CelValue[] {
    return [...this.fields.keys()];
  }

  override equals(other: CelValue): boolean {
    return other instanceof StructValue && this.type.name === other.type.name && super.equals(other);
  }
}

/** The type of a value, as `type()` gives it. */
export function typeOf(value: CelValue): CelType {
  if (value === null) return nullType;
  switch (typeof value) {
    case 'boolean':
      return boolType;
    case 'bigint':
      return intType;
    case 'number':
      return doubleType;
    case 'string':
      return stringType;
  }
  if (value instanceof CelList) return listType(dynType);
  if (value instanceof CelMap || value instanceof CelOpaque) return value.type;
  if (value instanceof Uint8Array) return bytesType;
  if (value instanceof CelUint) return uintType;
  if (value instanceof CelTimestamp) return timestampType;
  if (value instanceof CelDuration) return durationType;
  if (value instanceof CelOptional) return optionalType(dynType);
  return typeType(value);
}

/** The name that errors use for the type of a value: `google.protobuf.Timestamp`. */
export function typeName(value: CelValue): string {
  if (value instanceof CelTimestamp) return 'google.protobuf.Timestamp';
  if (value instanceof CelDuration) return 'google.protobuf.Duration';
  return typeOf(value).name;
}

function numberOf(value: CelValue): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof CelUint ? value.value : undefined;
}

/** CEL's `==`: across numeric types by value, false between values of different kinds. */
export function valuesEqual(a: CelValue, b: CelValue): boolean {
  spendWork(1);
  if (typeof a === 'string' || typeof a === 'boolean' || a === null) return a === b;
  const number = numberOf(a);
  if (number !== undefined) {
    const other = numberOf(b);
    // biome-ignore lint/suspicious/noDoubleEquals: 1n and 1 are the same number
    return other !== undefined && number == other;
  }
  if (a instanceof CelList || a instanceof CelMap || a instanceof CelOpaque) return a.equals(b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  if (a instanceof CelOptional) {
    if (!(b instanceof CelOptional) || a.value === undefined || b.value === undefined) {
      return b instanceof CelOptional && a.value === b.value;
    }
    return valuesEqual(a.value, b.value);
  }
  const type = a as CelType;
  return typeof b === 'object' && b !== null && 'params' in b && type.name === b.name;
}

/** -1, 0 or 1. Throws `no such overload` where the two cannot be ordered, `NaN values cannot be ordered` for NaN. */
export function compareValues(a: CelValue, b: CelValue): number {
  const number = numberOf(a);
  if (number !== undefined) {
    const other = numberOf(b);
    if (other === undefined) throw noSuchOverload();
    if (Number.isNaN(number) || Number.isNaN(other)) throw new EvaluationFault('NaN values cannot be ordered');
    return number < other ? -1 : number > other ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return order(a.nanos, b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return order(a.nanos, b.nanos);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  throw noSuchOverload();
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By code points, as Go compares UTF-8; JavaScript compares UTF-16, which differs for astral characters. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const limit = Math.min(a.length, b.length);
  for (let at = 0; at < limit; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    const leftAstral = left >= 0xd800 && left < 0xe000;
    const rightAstral = right >= 0xd800 && right < 0xe000;
    if (leftAstral !== rightAstral) return leftAstral ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/** The characters of a string, as CEL counts them. */
export function codePointCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      count--;
      at++;
    }
  }
  return count;
}

/** What `size` gives, or 1 for what has none: the measure of runtime costs. */
export function actualSize(value: CelValue): number {
  if (typeof value === 'string') return codePointCount(value);
  if (value instanceof CelList || value instanceof CelMap || value instanceof CelOpaque) return value.size;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelOptional && value.value !== undefined) return actualSize(value.value);
  return 1;
}
