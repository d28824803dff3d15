// The OpenAPI v2 document as protobuf: the form that kubectl asks for (gnostic's openapi.v2.Document, github.com/google/gnostic-models
// openapiv2/OpenAPIv2.proto). Messages are tables of field numbers; only what our document uses is in them.
import type { OpenAPIV2 } from 'openapi-types';

type Encode = (value: never) => Uint8Array;
type JsonObject = Readonly<Record<string, unknown>>;

/** One field of a message: the JSON key it comes from, its number, and how a value is encoded: as bytes, or as a number. */
interface MessageField {
  key: string;
  number: number;
  encode: Encode | 'double' | 'int64';
  /** A list in JSON, the field repeated in protobuf. */
  repeated?: boolean;
}

const lengthDelimited = 2;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

function tagged(number: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([...varint(number * 8 + lengthDelimited), ...varint(payload.length)]), payload]);
}

const text: Encode = (value: string) => Buffer.from(value, 'utf8');

/** A field of booleans is a varint; `true` is the only value that is written. */
function flag(number: number): Uint8Array {
  return Buffer.from([...varint(number * 8), 1]);
}

function double(number: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([Buffer.from(varint(number * 8 + 1)), bytes]);
}

/** Encodes an object by the table of its message; `x-…` fields go into the message's vendor extensions. */
function message(fields: () => readonly MessageField[], extensions?: number): Encode {
  return (object: JsonObject) => {
    const parts: Uint8Array[] = [];
    for (const { key, number, encode, repeated } of fields()) {
      const value = object[key];
      if (value === undefined || value === false) continue;
      if (value === true) parts.push(flag(number));
      else if (encode === 'double') parts.push(double(number, value as number));
      else if (encode === 'int64') parts.push(Buffer.from([...varint(number * 8), ...varint(value as number)]));
      else
        for (const item of repeated ? (value as unknown[]) : [value]) parts.push(tagged(number, encode(item as never)));
    }
    if (extensions !== undefined) parts.push(...vendorExtensions(object, extensions));
    return Buffer.concat(parts);
  };
}

function vendorExtensions(object: JsonObject, number: number): Uint8Array[] {
  const keys = Object.keys(object).filter((key) => key.startsWith('x-'));
  return keys.map((key) => tagged(number, named(key, any(object[key]))));
}

/** gnostic's Any: the value as YAML, of which JSON is a part. */
function any(value: unknown): Uint8Array {
  return tagged(2, Buffer.from(`${JSON.stringify(value)}\n`, 'utf8'));
}

function named(name: string, value: Uint8Array): Uint8Array {
  return Buffer.concat([tagged(1, Buffer.from(name, 'utf8')), tagged(2, value)]);
}

/** A message whose fields are names and values: Paths, Definitions, Properties. */
function map(number: number, encode: Encode): Encode {
  return (object: JsonObject) =>
    Buffer.concat(Object.entries(object).map(([name, value]) => tagged(number, named(name, encode(value as never)))));
}

/** A message that wraps another in one of its alternatives. */
function oneOf(number: number, encode: Encode): Encode {
  return (value: never) => tagged(number, encode(value));
}

function field(key: string, number: number, encode: MessageField['encode'] = text, repeated = false): MessageField {
  return { key, number, encode, repeated };
}

const schema: Encode = message(() => schemaFields, 31);
const externalDocs: Encode = message(() => [field('description', 1), field('url', 2)]);

/** A schema, or whether there may be any. */
function additional(value: never): Uint8Array {
  return typeof value === 'boolean' ? Buffer.from([16, value ? 1 : 0]) : tagged(1, schema(value));
}

const schemaFields: readonly MessageField[] = [
  field('$ref', 1),
  field('format', 2),
  field('title', 3),
  field('description', 4),
  field('default', 5, any as Encode),
  field('multipleOf', 6, 'double'),
  field('maximum', 7, 'double'),
  field('exclusiveMaximum', 8),
  field('minimum', 9, 'double'),
  field('exclusiveMinimum', 10),
  field('maxLength', 11, 'int64'),
  field('minLength', 12, 'int64'),
  field('pattern', 13),
  field('maxItems', 14, 'int64'),
  field('minItems', 15, 'int64'),
  field('uniqueItems', 16),
  field('maxProperties', 17, 'int64'),
  field('minProperties', 18, 'int64'),
  field('required', 19, text, true),
  field('enum', 20, any as Encode, true),
  field('additionalProperties', 21, additional),
  field('type', 22, oneOf(1, text)),
  field('items', 23, oneOf(1, schema)),
  field('allOf', 24, schema, true),
  field('properties', 25, map(1, schema)),
  field('externalDocs', 29, externalDocs),
  field('example', 30, any as Encode),
];

const reference = message(() => [field('$ref', 1), field('description', 2)]);

const bodyParameter = message(() => [
  field('description', 1),
  field('name', 2),
  field('in', 3),
  field('required', 4),
  field('schema', 5, schema),
]);

function simpleParameter(typeNumber: number, uniqueItemsNumber: number): Encode {
  return message(() => [
    field('required', 1),
    field('in', 2),
    field('description', 3),
    field('name', 4),
    field('type', typeNumber),
    field('uniqueItems', uniqueItemsNumber),
  ]);
}

const queryParameter = simpleParameter(6, 20);
const pathParameter = simpleParameter(5, 19);

const parameter: Encode = (value: JsonObject) => {
  if (value['in'] === 'body') return tagged(1, bodyParameter(value as never));
  const place = value['in'] === 'path' ? oneOf(4, pathParameter) : oneOf(3, queryParameter);
  return tagged(2, place(value as never));
};

const parametersItem: Encode = (value: JsonObject) =>
  '$ref' in value ? tagged(2, reference(value as never)) : tagged(1, parameter(value as never));

const response = message(() => [field('description', 1), field('schema', 2, oneOf(1, schema))]);

const operation = message(
  () => [
    field('tags', 1, text, true),
    field('description', 3),
    field('operationId', 5),
    field('produces', 6, text, true),
    field('consumes', 7, text, true),
    field('parameters', 8, parametersItem, true),
    field('responses', 9, map(1, oneOf(1, response))),
    field('schemes', 10, text, true),
  ],
  13,
);

const pathItem = message(() => [
  field('get', 2, operation),
  field('put', 3, operation),
  field('post', 4, operation),
  field('delete', 5, operation),
  field('options', 6, operation),
  field('head', 7, operation),
  field('patch', 8, operation),
  field('parameters', 9, parametersItem, true),
]);

const apiKeySecurity = message(() => [field('type', 1), field('name', 2), field('in', 3), field('description', 4)]);

const document = message(() => [
  field('swagger', 1),
  field(
    'info',
    2,
    message(() => [field('title', 1), field('version', 2)]),
  ),
  field('paths', 8, map(2, pathItem)),
  field('definitions', 9, map(1, schema)),
  field('parameters', 10, map(1, parameter)),
  field(
    'security',
    12,
    map(
      1,
      message(() => []),
    ),
    true,
  ),
  field('securityDefinitions', 13, map(1, oneOf(2, apiKeySecurity))),
]);

/** Encodes the document that openApiV2 makes. */
export function openApiV2Protobuf(openApi: OpenAPIV2.Document): Buffer {
  return Buffer.from(document(openApi as never));
}
