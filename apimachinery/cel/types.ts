/**
 * The types of CEL's checker, with what Kubernetes adds to them: the most elements a value can have (from maxLength, maxItems,
 * maxProperties), the topology of lists, and objects whose fields are known. Behaviour: cel-go common/types/types.go and
 * apiserver pkg/cel/types.go.
 */
import { escapeFieldName, unescapeFieldName } from './escaping.ts';

export type CelKind =
  | 'any'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'null'
  | 'object'
  | 'opaque'
  | 'param'
  | 'string'
  | 'timestamp'
  | 'type'
  | 'uint';

/** What bounds the estimated size of a value and decides how a list is compared and joined. */
export interface CelTypeOptions {
  /** The most characters, bytes, items or entries; absent means that nothing bounds them. */
  readonly maxElements?: number;
  /** Of a list: `set` and `map` compare without regard to order, and `+` merges (apiserver pkg/cel/common/values.go). */
  readonly listType?: 'atomic' | 'set' | 'map';
  /** Of a list of type `map`: the JSON names of its keys. */
  readonly listMapKeys?: readonly string[];
  /** Of an object: every field may be named, and is dyn. */
  readonly openFields?: boolean;
}

/** A field of an object type. `jsonName` is its name in the document, which CEL may have to escape. */
export interface CelField {
  readonly jsonName: string;
  readonly type: CelType;
}

/** Fields by their JSON name: a type, or a function that makes it when it is first needed (recursive schemas). */
export type CelFieldTypes = Readonly<Record<string, CelType | (() => CelType)>>;

/** One type. Two types are the same where kind, name and parameters are. */
export class CelType {
  readonly kind: CelKind;
  /** `int`, `list`, `optional_type`, the name of an object type, … */
  readonly name: string;
  readonly params: readonly CelType[];
  readonly options: CelTypeOptions;
  readonly #fieldTypes: CelFieldTypes | undefined;
  #fields: Map<string, CelField> | undefined;

  constructor(
    kind: CelKind,
    name: string,
    params: readonly CelType[] = [],
    options: CelTypeOptions = {},
    fields?: CelFieldTypes,
  ) {
    this.kind = kind;
    this.name = name;
    this.params = params;
    this.options = options;
    this.#fieldTypes = fields;
  }

  /** The fields of an object type by the name that expressions use; fields whose name cannot be escaped are not there. */
  get fields(): ReadonlyMap<string, CelField> {
    this.#fields ??= resolveFields(this.#fieldTypes ?? {});
    return this.#fields;
  }

  /** The field that expressions call `name`. Looks at that one only, so the fields given may grow between expressions. */
  field(name: string): CelField | undefined {
    if (this.#fields) return this.#fields.get(name) ?? this.#openField(name);
    const jsonName = unescapeFieldName(name);
    if (jsonName === undefined || !this.#fieldTypes || !Object.hasOwn(this.#fieldTypes, jsonName))
      return this.#openField(name);
    if (escapeFieldName(jsonName) !== name) return this.#openField(name);
    const type = this.#fieldTypes[jsonName]!;
    return { jsonName, type: typeof type === 'function' ? type() : type };
  }

  #openField(name: string): CelField | undefined {
    if (!this.options.openFields) return undefined;
    const jsonName = unescapeFieldName(name);
    return jsonName === undefined ? undefined : { jsonName, type: dynType };
  }

  /** As upstream prints it in errors: `map(string, int)`. */
  toString(): string {
    if (this.kind === 'null') return 'null';
    if (this.kind === 'error') return '!error!';
    if (this.params.length === 0) return this.name;
    return `${this.name}(${this.params.join(', ')})`;
  }

  /** Whether kind, name and parameters are the same (IsExactType). */
  equals(other: CelType): boolean {
    if (this === other) return true;
    if (this.kind !== other.kind || this.name !== other.name || this.params.length !== other.params.length)
      return false;
    return this.params.every((param, at) => param.equals(other.params[at] as CelType));
  }
}

function resolveFields(types: CelFieldTypes): Map<string, CelField> {
  const fields = new Map<string, CelField>();
  for (const [jsonName, type] of Object.entries(types)) {
    const name = escapeFieldName(jsonName);
    if (name !== undefined) fields.set(name, { jsonName, type: typeof type === 'function' ? type() : type });
  }
  return fields;
}

/** The name of a type as values have it: `google.protobuf.Timestamp`, `list(null_type)`. */
export function runtimeTypeName(type: CelType): string {
  if (type.kind === 'timestamp') return 'google.protobuf.Timestamp';
  if (type.kind === 'duration') return 'google.protobuf.Duration';
  return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(runtimeTypeName).join(', ')})`;
}

export const boolType = new CelType('bool', 'bool');
export const intType = new CelType('int', 'int');
export const uintType = new CelType('uint', 'uint');
export const doubleType = new CelType('double', 'double');
export const stringType = new CelType('string', 'string');
export const bytesType = new CelType('bytes', 'bytes');
export const timestampType = new CelType('timestamp', 'timestamp');
export const durationType = new CelType('duration', 'duration');
export const nullType = new CelType('null', 'null_type');
export const dynType = new CelType('dyn', 'dyn');
export const anyType = new CelType('any', 'any');
export const errorType = new CelType('error', 'error');

/** `string` with a bound of characters, for estimates. */
export function boundedString(maxElements: number): CelType {
  return new CelType('string', 'string', [], { maxElements });
}

/** `bytes` with a bound of bytes, for estimates. */
export function boundedBytes(maxElements: number): CelType {
  return new CelType('bytes', 'bytes', [], { maxElements });
}

/** `dyn` with a bound of elements: what x-kubernetes-int-or-string and untyped values are. */
export function boundedDyn(maxElements: number): CelType {
  return new CelType('dyn', 'dyn', [], { maxElements });
}

/** `list(element)`. */
export function listType(element: CelType, options?: CelTypeOptions): CelType {
  return new CelType('list', 'list', [element], options);
}

/** `map(key, value)`. */
export function mapType(key: CelType, value: CelType, options?: CelTypeOptions): CelType {
  return new CelType('map', 'map', [key, value], options);
}

/** `optional_type(type)`. */
export function optionalType(type: CelType): CelType {
  return new CelType('opaque', 'optional_type', [type]);
}

/** An object with declared fields. The name appears in errors and must be the type's own within an environment. */
export function objectType(name: string, fields: CelFieldTypes = {}, options?: CelTypeOptions): CelType {
  return new CelType('object', name, [], options, fields);
}

/** A type that nothing is known of but its name (`net.IP`). */
export function opaqueType(name: string, ...params: CelType[]): CelType {
  return new CelType('opaque', name, params);
}

/** The type of a type: `type(int)`. */
export function typeType(param?: CelType): CelType {
  return new CelType('type', 'type', param ? [param] : []);
}

/** A type parameter of a function's declaration, or a free variable of the checker. */
export function paramType(name: string): CelType {
  return new CelType('param', name);
}

/** Whether it is `optional_type(…)`. */
export function isOptional(type: CelType): boolean {
  return type.kind === 'opaque' && type.name === 'optional_type';
}

/** Whether everything may be assigned to it and it to everything. */
export function isDyn(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'any';
}
