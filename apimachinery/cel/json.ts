/**
 * JSON values as CEL values and back. Nothing is copied: a container reads the document when it is asked, so binding an object costs the same
 * however large it is. Behaviour: apiserver pkg/cel/common/valuesunstructured.go (typed) and cel-go's native adapter (dyn).
 */
import { EvaluationFault } from './errors.ts';
import { unescapeFieldName } from './escaping.ts';
import { formatDuration, formatTimestamp, parseDurationFormat, parseTimestampFormat } from './time.ts';
import { type CelType, dynType } from './types.ts';
import {
  ArrayList,
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelUint,
  type CelValue,
  valuesEqual,
} from './values.ts';

/** A JSON value as the declared type says: `integer` as int, `date-time` as timestamp, untyped as it looks. Throws EvaluationFault. */
export function bindJson(value: unknown, type: CelType = dynType): CelValue {
  switch (type.kind) {
    case 'dyn':
    case 'any':
    case 'opaque':
      return bindDynamic(value, type);
    case 'object':
      if (isRecord(value)) return new JsonObject(value, type);
      break;
    case 'map':
      if (isRecord(value)) return new JsonMap(value, type.params[1] ?? dynType);
      break;
    case 'list':
      if (Array.isArray(value)) return newJsonList(value, type);
      break;
    default:
      return bindScalar(value, type);
  }
  if (value === null) return null;
  throw new EvaluationFault(`invalid data, expected ${expectation(type)} for the provided schema`);
}

function expectation(type: CelType): string {
  return type.kind === 'list' ? 'an array' : 'a map';
}

function bindScalar(value: unknown, type: CelType): CelValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      break;
    case 'int':
      if (typeof value === 'bigint') return value;
      if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
      break;
    case 'uint':
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return new CelUint(BigInt(value));
      break;
    case 'double':
      if (typeof value === 'number') return value;
      break;
    default:
      if (typeof value === 'string') return bindFormat(value, type);
  }
  throw new EvaluationFault(`invalid data, expected ${type}, got ${typeof value}`);
}

function bindFormat(value: string, type: CelType): CelValue {
  if (type.kind === 'timestamp') return parseTimestampFormat(value);
  if (type.kind === 'duration') return parseDurationFormat(value);
  if (type.kind === 'bytes') return new Uint8Array(Buffer.from(value, 'base64'));
  throw new EvaluationFault(`invalid data, expected ${type}, got string`);
}

function bindDynamic(value: unknown, type: CelType): CelValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value;
    case 'number':
      return Number.isInteger(value) ? BigInt(value) : value;
    case 'undefined':
      return null;
  }
  if (value === null) return null;
  if (Array.isArray(value)) return new JsonList(value, dynType);
  if (isRecord(value)) return new JsonMap(value, dynType);
  throw new EvaluationFault(`unsupported conversion to ${type}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object with declared fields, by their CEL names. A field that is null counts as absent. */
class JsonObject extends CelMap {
  readonly json: Record<string, unknown>;
  override readonly type: CelType;

  constructor(json: Record<string, unknown>, type: CelType) {
    super();
    this.json = json;
    this.type = type;
  }

  get size(): number {
    return Object.keys(this.json).length;
  }

  find(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string') throw new EvaluationFault('no such overload');
    const field = this.type.field(key);
    if (!field) return undefined;
    const value = Object.hasOwn(this.json, field.jsonName) ? this.json[field.jsonName] : undefined;
    return value === undefined || value === null ? undefined : bindJson(value, field.type);
  }

  keys(): CelValue[] {
    const names: CelValue[] = [];
    for (const [name, field] of this.type.fields) if (Object.hasOwn(this.json, field.jsonName)) names.push(name);
    return names;
  }
}

/** A map with string keys. */
class JsonMap extends CelMap {
  readonly json: Record<string, unknown>;
  readonly #valueType: CelType;

  constructor(json: Record<string, unknown>, valueType: CelType) {
    super();
    this.json = json;
    this.#valueType = valueType;
  }

  get size(): number {
    return Object.keys(this.json).length;
  }

  find(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.json, key)) return undefined;
    return bindJson(this.json[key], this.#valueType);
  }

  keys(): CelValue[] {
    return Object.keys(this.json);
  }
}

function newJsonList(values: readonly unknown[], type: CelType): CelList {
  const element = type.params[0] ?? dynType;
  if (type.options.listType === 'set') return new JsonSet(values, element);
  if (type.options.listType === 'map') return new JsonMapList(values, element, type.options.listMapKeys ?? []);
  return new JsonList(values, element);
}

class JsonList extends CelList {
  readonly json: readonly unknown[];
  protected readonly elementType: CelType;

  constructor(json: readonly unknown[], elementType: CelType) {
    super();
    this.json = json;
    this.elementType = elementType;
  }

  get size(): number {
    return this.json.length;
  }

  at(index: number): CelValue {
    return bindJson(this.json[index], this.elementType);
  }
}

/** x-kubernetes-list-type: set. Order does not count, and `+` adds only what is not there yet. */
class JsonSet extends JsonList {
  override equals(other: CelValue): boolean {
    if (!(other instanceof CelList) || other.size !== this.size) return false;
    return this.#containsAll(other);
  }

  #containsAll(other: CelList): boolean {
    const members = new Set(this.json);
    for (let at = 0; at < other.size; at++) if (!members.has(celToJson(other.at(at)))) return false;
    return true;
  }

  override concat(other: CelList): CelList {
    const members = new Set(this.json);
    for (let at = 0; at < other.size; at++) members.add(celToJson(other.at(at)));
    return new JsonSet([...members], this.elementType);
  }
}

/** x-kubernetes-list-type: map. Elements are told apart by their keys, and `+` replaces those with the same keys. */
class JsonMapList extends JsonList {
  readonly #keys: readonly string[];

  constructor(json: readonly unknown[], elementType: CelType, keys: readonly string[]) {
    super(json, elementType);
    this.#keys = keys;
  }

  #identity(element: unknown): string {
    return JSON.stringify(this.#keys.map((key) => (isRecord(element) ? element[key] : undefined)));
  }

  override equals(other: CelValue): boolean {
    if (!(other instanceof CelList) || other.size !== this.size) return false;
    const byKey = new Map(this.json.map((element) => [this.#identity(element), element]));
    for (let at = 0; at < other.size; at++) {
      const theirs = other.at(at);
      const ours = byKey.get(this.#identity(celToJson(theirs)));
      if (ours === undefined || !valuesEqual(bindJson(ours, this.elementType), theirs)) return false;
    }
    return true;
  }

  override concat(other: CelList): CelList {
    const byKey = new Map(this.json.map((element) => [this.#identity(element), element]));
    for (let at = 0; at < other.size; at++) {
      const element = celToJson(other.at(at));
      byKey.set(this.#identity(element), element);
    }
    return new JsonMapList([...byKey.values()], this.elementType, this.#keys);
  }
}

/** A CEL value as JSON: times and durations as text, bytes in base64, an optional as its value. Throws EvaluationFault for types. */
export function celToJson(value: CelValue): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof JsonList || value instanceof JsonMap || value instanceof JsonObject) return value.json;
  if (value instanceof CelList) return Array.from({ length: value.size }, (_, at) => celToJson(value.at(at)));
  if (value instanceof CelMap) return mapToJson(value);
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof CelOptional) return value.value === undefined ? null : celToJson(value.value);
  if (value instanceof CelOpaque) return value.toJSON();
  throw new EvaluationFault("unsupported type conversion from 'type'");
}

function mapToJson(map: CelMap): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const key of map.keys()) {
    const name =
      typeof key === 'string' ? (map.type.kind === 'object' ? unescapeFieldName(key) : key) : String(celToJson(key));
    Object.defineProperty(json, name ?? String(key), {
      value: celToJson(map.find(key) as CelValue),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return json;
}

/** A list of strings, from a function. */
export function stringList(values: readonly string[]): CelList {
  return new ArrayList([...values]);
}
