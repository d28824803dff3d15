// Objects in `application/vnd.kubernetes.protobuf`, as JSON values. kubectl and Kubernetes' own components write their requests so.
// The numbers are among the facts on the API (schemas/); the envelope is runtime.Unknown behind the bytes `k8s\0`.
import {
  type Definition,
  definitionNamed,
  dereference,
  type Field,
  type SpecialName,
  type Type,
} from '../../schemas/schemas.ts';
import { ProtobufError, readFields, type WireValue } from './reader.ts';

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

const magic = Buffer.from([0x6b, 0x38, 0x73, 0]);

type Fields = Record<string, unknown>;

export interface ProtobufEnvelope {
  apiVersion: string;
  kind: string;
  /** The object itself, to be read as its kind. */
  raw: Buffer;
}

/** Opens the envelope. Throws ProtobufError in upstream's words. */
export function readEnvelope(body: Buffer): ProtobufEnvelope {
  if (!body.subarray(0, 4).equals(magic)) {
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${[...magic].join(' ')}]`,
    );
  }
  const envelope: ProtobufEnvelope = { apiVersion: '', kind: '', raw: Buffer.alloc(0) };
  readFields(body.subarray(4), (number, value) => {
    if (number === 2) envelope.raw = bytesOf(value);
    if (number !== 1) return;
    readFields(bytesOf(value), (inner, text) => {
      if (inner === 1) envelope.apiVersion = textOf(text);
      if (inner === 2) envelope.kind = textOf(text);
    });
  });
  return envelope;
}

/** Nested deeper than this is an attack. */
const maxDepth = 1000;

/** Reads a message as `definition`: only fields that the message has, zero values among them. Throws ProtobufError. */
export function decodeMessage(message: Buffer, definition: Definition, depth = 0): Fields {
  if (depth > maxDepth) throw new ProtobufError('proto: message nests too deeply');
  const object: Fields = {};
  readInto(object, message, layoutOf(definition), depth);
  return object;
}

/** What stands at a field number: a field, or an embedded struct whose fields are the object's own. */
type Layout = Map<number, Field | { embedded: Layout }>;

const layouts = new Map<string, Layout>();

function layoutOf(definition: Definition): Layout {
  let layout = layouts.get(definition.name);
  if (layout === undefined) {
    layout = new Map();
    for (const field of definition.fields.values()) {
      if (field.proto !== undefined) place(layout, [field.proto].flat(), field);
    }
    layouts.set(definition.name, layout);
  }
  return layout;
}

function place(layout: Layout, [number, ...rest]: readonly number[], field: Field): void {
  if (number === undefined) return;
  if (rest.length === 0) {
    layout.set(number, field);
    return;
  }
  let entry = layout.get(number);
  if (entry === undefined || !('embedded' in entry)) {
    entry = { embedded: new Map() };
    layout.set(number, entry);
  }
  place(entry.embedded, rest, field);
}

function readInto(object: Fields, message: Buffer, layout: Layout, depth: number): void {
  readFields(message, (number, value) => {
    const entry = layout.get(number);
    if (entry === undefined) return;
    if ('embedded' in entry) readInto(object, bytesOf(value), entry.embedded, depth + 1);
    else readField(object, entry, value, depth);
  });
}

function readField(object: Fields, field: Field, value: WireValue, depth: number): void {
  const type = dereference(field.type);
  if (type.kind === 'slice') {
    object[field.name] ??= [];
    (object[field.name] as unknown[]).push(...elements(value, type.element, depth));
  } else if (type.kind === 'map') {
    object[field.name] ??= {};
    readEntry(object[field.name] as Fields, bytesOf(value), type.element, depth);
  } else object[field.name] = single(value, type, depth);
}

/** The elements that one occurrence of a repeated field brings: one, or several where numbers are packed. */
function elements(value: WireValue, type: Type, depth: number): unknown[] {
  const element = dereference(type);
  const isNumber =
    element.kind === 'int' || element.kind === 'int32' || element.kind === 'int64' || element.kind === 'bool';
  if (!isNumber || value.wire !== 'bytes') return [single(value, element, depth)];
  const found: unknown[] = [];
  // A packed list is a row of varints without tags: with one before each it reads as a message of field 1.
  let at = 0;
  while (at < value.value.length) {
    let end = at;
    while ((value.value[end] ?? 0) >= 0x80) end++;
    const varint = Buffer.concat([Buffer.from([8]), value.value.subarray(at, end + 1)]);
    readFields(varint, (_, item) => found.push(single(item, element, depth)));
    at = end + 1;
  }
  return found;
}

function readEntry(map: Fields, entry: Buffer, type: Type, depth: number): void {
  let key = '';
  let value: unknown = null;
  readFields(entry, (number, part) => {
    if (number === 1) key = textOf(part);
    if (number === 2) value = mapValue(part, dereference(type), depth);
  });
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Lists as values of maps (authentication's ExtraValue) are messages with the list as field 1. */
function mapValue(value: WireValue, type: Type, depth: number): unknown {
  if (type.kind !== 'slice') return single(value, type, depth);
  const items: unknown[] = [];
  readFields(bytesOf(value), (number, item) => {
    if (number === 1) items.push(...elements(item, type.element, depth));
  });
  return items;
}

function single(value: WireValue, type: Type, depth: number): unknown {
  switch (type.kind) {
    case 'string':
      return textOf(value);
    case 'bool':
      return integerOf(value) !== 0n;
    case 'int':
    case 'int32':
    case 'int64':
      return Number(BigInt.asIntN(64, integerOf(value)));
    case 'float64':
      if (value.wire !== 'fixed64') throw wrongWireType(value);
      return value.value.readDoubleLE();
    case 'bytes':
      return bytesOf(value).toString('base64');
    case 'struct':
      return decodeMessage(bytesOf(value), type.definition, depth + 1);
    case 'special':
      return specialReaders[type.special](bytesOf(value), depth + 1);
    default:
      throw new ProtobufError(`proto: no form for ${type.goName}`);
  }
}

function wrongWireType(value: WireValue): ProtobufError {
  return new ProtobufError(`proto: wrong wireType = ${value.wire}`);
}

function bytesOf(value: WireValue): Buffer {
  if (value.wire !== 'bytes') throw wrongWireType(value);
  return value.value;
}

function textOf(value: WireValue): string {
  return bytesOf(value).toString('utf8');
}

function integerOf(value: WireValue): bigint {
  if (value.wire !== 'varint') throw wrongWireType(value);
  return value.value;
}

/** A message's fields by number, the last of each. */
function partsOf(message: Buffer): Map<number, WireValue> {
  const parts = new Map<number, WireValue>();
  readFields(message, (number, value) => parts.set(number, value));
  return parts;
}

function timeOf(message: Buffer, kind: 'Time' | 'MicroTime'): string | null {
  if (message.length === 0) return null;
  const parts = partsOf(message);
  const seconds = signed(parts.get(1));
  const microseconds = Math.floor(signed(parts.get(2)) / 1000);
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError('proto: time out of range');
  const text = date.toISOString().slice(0, -5);
  return kind === 'Time' ? `${text}Z` : `${text}.${String(microseconds).padStart(6, '0')}Z`;
}

function signed(value: WireValue | undefined): number {
  return value === undefined ? 0 : Number(BigInt.asIntN(64, integerOf(value)));
}

/** Bytes that hold JSON. */
function jsonOf(message: Buffer): unknown {
  const raw = partsOf(message).get(1);
  if (raw === undefined || bytesOf(raw).length === 0) return null;
  try {
    return JSON.parse(textOf(raw));
  } catch {
    throw new ProtobufError('proto: raw value is not JSON');
  }
}

function jsonSchema(value: WireValue, depth: number): Fields {
  const schema = definitionNamed('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')!;
  return decodeMessage(bytesOf(value), schema, depth);
}

/** A schema in field 1, or a list in field 2. */
function schemaOrList(message: Buffer, depth: number, item: (value: WireValue) => unknown): unknown {
  let schema: unknown = null;
  const list: unknown[] = [];
  readFields(message, (number, value) => {
    if (number === 1) schema = jsonSchema(value, depth);
    if (number === 2) list.push(item(value));
  });
  return list.length > 0 ? list : schema;
}

const specialReaders: Readonly<Record<SpecialName, (message: Buffer, depth: number) => unknown>> = {
  Duration(message) {
    const nanoseconds = signed(partsOf(message).get(1));
    return `${nanoseconds / 1e9}s`;
  },
  FieldsV1: jsonOf,
  IntOrString(message) {
    const parts = partsOf(message);
    if (signed(parts.get(1)) === 0) return signed(parts.get(2));
    const text = parts.get(3);
    return text === undefined ? '' : textOf(text);
  },
  JSON: jsonOf,
  JSONSchemaPropsOrArray: (message, depth) => schemaOrList(message, depth, (value) => jsonSchema(value, depth)),
  JSONSchemaPropsOrBool(message, depth) {
    const parts = partsOf(message);
    const schema = parts.get(2);
    return schema === undefined ? signed(parts.get(1)) !== 0 : jsonSchema(schema, depth);
  },
  JSONSchemaPropsOrStringArray: (message, depth) => schemaOrList(message, depth, textOf),
  MicroTime: (message) => timeOf(message, 'MicroTime'),
  Patch: jsonOf,
  Quantity(message) {
    const text = partsOf(message).get(1);
    return text === undefined ? '0' : textOf(text);
  },
  RawExtension: jsonOf,
  Time: (message) => timeOf(message, 'Time'),
};
