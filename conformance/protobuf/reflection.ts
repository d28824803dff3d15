// The API's messages for protobufjs, built from nothing but the field numbers and types in schemas/: a second decoder and encoder that
// shares no code with ours. The messages of types with a JSON form of their own are written down here, after upstream's
// generated.proto files.
import protobufjs from 'protobufjs';
import type { Definition, Field, SpecialName, Type } from '../../schemas/schemas.ts';

export type Json = Record<string, unknown>;

/** A message of protobufjs, and how a JSON value becomes what protobufjs encodes. */
interface Part {
  message: string;
  toWire(value: unknown): unknown;
}

const root = new protobufjs.Root();
const known = new Map<string, protobufjs.Type>();

function defined(name: string, fields: readonly protobufjs.Field[]): protobufjs.Type {
  let type = known.get(name);
  if (type === undefined) {
    type = new protobufjs.Type(name);
    known.set(name, type);
    root.add(type);
    for (const field of fields) type.add(field);
  }
  return type;
}

const field = (name: string, id: number, type: string, rule?: 'repeated'): protobufjs.Field =>
  new protobufjs.Field(name, id, type, rule, undefined, { packed: false });

const base64 = (text: string): Buffer => Buffer.from(text, 'base64');
const jsonBytes = (value: unknown): Json => ({ raw: Buffer.from(JSON.stringify(value)) });

function timestamp(value: unknown): Json {
  const [, seconds = '', fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(value as string)!;
  return { seconds: Date.parse(`${seconds}Z`) / 1000, nanos: Number(fraction.padEnd(9, '0')) };
}

const propsName = wireName('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');

/** protobufjs wants identifiers. */
function wireName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_');
}

/** Fields and conversion of each special type. `schema` converts a JSONSchemaProps. */
function specialPart(special: SpecialName, schema: (value: unknown) => unknown): Part {
  const part = (fields: readonly protobufjs.Field[], toWire: (value: unknown) => unknown): Part => ({
    message: defined(special, fields).name,
    // In a list or a map, null is the type's zero value.
    toWire: (value) => (value === null ? {} : toWire(value)),
  });
  switch (special) {
    case 'Time':
    case 'MicroTime':
      return part([field('seconds', 1, 'int64'), field('nanos', 2, 'int32')], timestamp);
    case 'Quantity':
      return part([field('string', 1, 'string')], (value) => ({ string: value }));
    case 'IntOrString':
      return part([field('type', 1, 'int64'), field('intVal', 2, 'int32'), field('strVal', 3, 'string')], (value) =>
        typeof value === 'string' ? { type: 1, strVal: value } : { type: 0, intVal: value },
      );
    case 'RawExtension':
    case 'FieldsV1':
    case 'JSON':
      return part([field('raw', 1, 'bytes')], jsonBytes);
    case 'JSONSchemaPropsOrBool':
      return part([field('allows', 1, 'bool'), field('schema', 2, propsName)], (value) =>
        typeof value === 'boolean' ? { allows: value } : { allows: true, schema: schema(value) },
      );
    case 'JSONSchemaPropsOrArray':
      return part([field('schema', 1, propsName), field('jSONSchemas', 2, propsName, 'repeated')], (value) =>
        Array.isArray(value) ? { jSONSchemas: value.map(schema) } : { schema: schema(value) },
      );
    case 'JSONSchemaPropsOrStringArray':
      return part([field('schema', 1, propsName), field('property', 2, 'string', 'repeated')], (value) =>
        Array.isArray(value) ? { property: value } : { schema: schema(value) },
      );
    default:
      throw new Error(`${special} has no protobuf form`);
  }
}

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'bool',
  int: 'int64',
  int32: 'int32',
  int64: 'int64',
  float64: 'double',
  bytes: 'bytes',
};

function partOf(type: Type): Part {
  switch (type.kind) {
    case 'pointer':
      return partOf(type.element);
    case 'struct': {
      const { definition } = type;
      return { message: messageFor(definition).name, toWire: (value) => toWire(value as Json, definition) };
    }
    case 'special':
      return specialPart(type.special, (value) => toWire(value as Json, schemaProps()));
    case 'slice':
      // Only a named list of strings can stand where one value does: a message with that list.
      return {
        message: defined('StringList', [field('items', 1, 'string', 'repeated')]).name,
        toWire: (value) => ({ items: value }),
      };
    case 'map':
      throw new Error('a map cannot stand where one value does');
    case 'bytes':
      return { message: 'bytes', toWire: (value) => base64(value as string) };
    default:
      return { message: scalars[type.kind]!, toWire: (value) => value };
  }
}

/** JSONSchemaProps, which the special types of its fields refer to. */
let schemaDefinition: Definition | undefined;
function schemaProps(): Definition {
  if (schemaDefinition === undefined) throw new Error('JSONSchemaProps comes before the types within it');
  return schemaDefinition;
}

function isListMessage(type: Type): boolean {
  return type.kind === 'slice' && type.element.kind === 'string' && !type.goName.startsWith('[]');
}

function reflected({ name: jsonName, type }: Field, id: number): protobufjs.FieldBase {
  const name = wireName(jsonName);
  if (type.kind === 'map') return new protobufjs.MapField(name, id, 'string', partOf(type.element).message);
  if (type.kind === 'slice' && !isListMessage(type)) return field(name, id, partOf(type.element).message, 'repeated');
  return field(name, id, partOf(type).message);
}

/** Fields that have a number, with the numbers of the embedded messages that lead there. */
function numbered(definition: Definition): { field: Field; path: readonly number[] }[] {
  return [...definition.fields.values()]
    .filter(({ proto, via }) => proto !== undefined && !via.includes('TypeMeta'))
    .map((f) => ({ field: f, path: typeof f.proto === 'number' ? [f.proto] : f.proto! }));
}

/** protobufjs' message of a definition. */
export function messageFor(definition: Definition): protobufjs.Type {
  const name = wireName(definition.name);
  const present = known.get(name);
  if (present) return present;
  if (name === propsName) schemaDefinition = definition;
  const type = defined(name, []);
  for (const { field: f, path } of numbered(definition)) {
    let at = type;
    path.slice(0, -1).forEach((id, depth) => {
      const inner = `${at.name}_${f.via[depth]}`;
      if (at.fields[embedded(id)] === undefined) at.add(field(embedded(id), id, inner));
      at = defined(inner, []);
    });
    at.add(reflected(f, path.at(-1)!));
  }
  return type;
}

const embedded = (id: number): string => `embedded${id}`;

/** A JSON object of a definition as what protobufjs encodes: with the fields that are there, and no others. */
export function toWire(object: Json, definition: Definition): Json {
  const wire: Json = {};
  for (const { field: f, path } of numbered(definition)) {
    const value = object[f.name];
    if (value === undefined || value === null) continue;
    let at = wire;
    for (const id of path.slice(0, -1)) {
      at[embedded(id)] ??= {};
      at = at[embedded(id)] as Json;
    }
    at[wireName(f.name)] = fieldToWire(f.type, value);
  }
  return wire;
}

function fieldToWire(type: Type, value: unknown): unknown {
  if (type.kind === 'map') {
    const { toWire: element } = partOf(type.element);
    return Object.fromEntries(Object.entries(value as Json).map(([key, item]) => [key, element(item)]));
  }
  const list = type.kind === 'slice' && !isListMessage(type);
  return list ? (value as unknown[]).map(partOf(type.element).toWire) : partOf(type).toWire(value);
}

/** What a decoder that knows nothing of Go sees in the bytes, without the zero values that Go always writes. */
export function fromWire(message: protobufjs.Type, bytes: Uint8Array): unknown {
  return pruned(message.toObject(message.decode(bytes), { longs: Number, bytes: String }));
}

/** `wire` in the same form. */
export function shown(message: protobufjs.Type, wire: Json): unknown {
  return pruned(message.toObject(message.fromObject(wire), { longs: Number, bytes: String }));
}

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => pruned(item) ?? {});
  if (typeof value !== 'object' || value === null)
    return value === 0 || value === '' || value === false ? undefined : value;
  const entries = Object.entries(value).map(([key, item]) => [key, pruned(item)] as const);
  const kept = entries.filter(([, item]) => item !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const typeMeta = (): protobufjs.Type =>
  defined('TypeMeta', [field('apiVersion', 1, 'string'), field('kind', 2, 'string')]);

/** runtime.Unknown, which is around every body. */
export function unknownMessage(): protobufjs.Type {
  const { name } = typeMeta();
  return defined('Unknown', [
    field('typeMeta', 1, name),
    field('raw', 2, 'bytes'),
    field('contentEncoding', 3, 'string'),
    field('contentType', 4, 'string'),
  ]);
}

/** metav1.WatchEvent, whose object is a whole body. */
export function watchEventMessage(): protobufjs.Type {
  const { message } = specialPart('RawExtension', (value) => value);
  return defined('WatchEvent', [field('type', 1, 'string'), field('object', 2, message)]);
}
