// The types whose JSON form is not an object of their protobuf fields (upstream: Marshal and Unmarshal written by hand in
// apimachinery's time_proto.go, micro_time_proto.go and quantity_proto.go, and MarshalJSON elsewhere).

import type { SpecialName } from '../../schemas/schemas.ts';
import { maxDepth } from '../decode/json-tree.ts';
import { textFacts } from '../decode/text.ts';
import { escapeHtml } from '../go-print.ts';
import { canonicalQuantity, QuantityError } from '../quantity.ts';
import {
  boolCodec,
  type Codec,
  type Fields,
  int32Codec,
  int64Codec,
  Message,
  type MessageField,
  nestedMessage,
  rawCodec,
  stringCodec,
} from './codec.ts';
import { listField, singleField } from './fields.ts';
import { ProtobufError } from './reader.ts';

/** A codec of a message whose fields are turned into another value. Null stands for a message with nothing in it. */
function converted(
  name: SpecialName,
  fields: MessageField[],
  from: (fields: Fields) => unknown,
  to: (value: unknown) => Fields,
): Codec {
  const theMessage = new Message(name, fields);
  const message = nestedMessage(() => theMessage);
  return {
    wireType: message.wireType,
    read: (reader) => from(message.read(reader) as Fields),
    write: (writer, value) => message.write(writer, to(value)),
  };
}

/** Fields that are always written. */
const always = (name: string, number: number, codec: Codec) => singleField(number, name, codec, false);
const optional = (name: string, number: number, codec: Codec) => singleField(number, name, codec, true);

const zeroTimeSeconds = Date.parse('0001-01-01T00:00:00Z') / 1000;
const endOfTimeSeconds = Date.parse('+010000-01-01T00:00:00Z') / 1000;

/** The whole seconds of an RFC 3339 time in UTC. */
function secondsOf(text: string): number {
  return Date.parse(`${text.slice(0, 19)}Z`) / 1000;
}

/** `2006-01-02T15:04:05`. Throws ProtobufError for what no such text can say. */
function timeText(seconds: number): string {
  if (seconds < zeroTimeSeconds || seconds >= endOfTimeSeconds)
    throw new ProtobufError('year outside of range [1,9999]');
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** Seconds only: upstream drops the rest, as JSON has no place for it. Go's zero time is a message with nothing in it. */
function readTime({ seconds, nanos }: Fields): string | null {
  if (seconds === undefined && nanos === undefined) return null;
  const wholeSeconds = (seconds ?? 0) as number;
  return wholeSeconds === zeroTimeSeconds ? null : `${timeText(wholeSeconds)}Z`;
}

function readMicroTime({ seconds, nanos }: Fields): string | null {
  if (seconds === undefined && nanos === undefined) return null;
  const micros = Math.trunc(((nanos ?? 0) as number) / 1000);
  const wholeSeconds = ((seconds ?? 0) as number) + Math.floor(micros / 1e6);
  const rest = micros - Math.floor(micros / 1e6) * 1e6;
  if (wholeSeconds === zeroTimeSeconds && rest === 0) return null;
  return `${timeText(wholeSeconds)}.${String(rest).padStart(6, '0')}Z`;
}

const timestampFields = [optional('seconds', 1, int64Codec), optional('nanos', 2, int32Codec)];

const time = converted('Time', timestampFields, readTime, (value) =>
  value == null ? {} : { seconds: secondsOf(value as string), nanos: 0 },
);

const microTime = converted('MicroTime', timestampFields, readMicroTime, (value) =>
  value == null
    ? {}
    : { seconds: secondsOf(value as string), nanos: Number((value as string).slice(20, 26).padEnd(6, '0')) * 1000 },
);

function readQuantity({ string }: Fields): string {
  if (string === undefined) return '0';
  try {
    return canonicalQuantity(string);
  } catch (error) {
    if (error instanceof QuantityError) throw new ProtobufError(error.message);
    throw error;
  }
}

const quantity = converted('Quantity', [always('string', 1, stringCodec)], readQuantity, (value) => ({
  string: canonicalQuantity(value),
}));

const stringType = 1;

const intOrString = converted(
  'IntOrString',
  [always('type', 1, int64Codec), always('intVal', 2, int32Codec), always('strVal', 3, stringCodec)],
  ({ type = 0, intVal = 0, strVal = '' }) => {
    if (type !== 0 && type !== stringType) throw new ProtobufError('impossible IntOrString.Type');
    return type === stringType ? strVal : intVal;
  },
  (value) => (typeof value === 'string' ? { type: stringType, strVal: value } : { intVal: value }),
);

/** A message that holds JSON text (RawExtension, FieldsV1, apiextensions' JSON), escaped as Go escapes it: clients compare it as bytes. */
function jsonText(name: SpecialName): Codec {
  return converted(
    name,
    [optional('raw', 1, rawCodec)],
    ({ raw }) => (raw === undefined ? null : parseJson((raw as Buffer).toString('utf8'), name)),
    (value) => (value == null ? {} : { raw: Buffer.from(escapeHtml(JSON.stringify(value))) }),
  );
}

function parseJson(text: string, name: SpecialName): unknown {
  if (text === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtobufError(`${name}: the raw bytes are not JSON`);
  }
  if (textFacts(text).depth > maxDepth) throw new ProtobufError('exceeded max depth');
  return value;
}

/** apiextensions' "a schema or …". `schema` is the codec of JSONSchemaProps, whose own fields lead back to these. */
export function schemaCodecs(schema: Codec) {
  const schemaOrList = (name: SpecialName, listName: string, element: Codec): Codec =>
    converted(
      name,
      [optional('schema', 1, schema), listField(2, listName, element)],
      (fields) => fields[listName] ?? fields['schema'] ?? null,
      (value) => (Array.isArray(value) ? { [listName]: value } : { schema: value }),
    );
  return {
    JSONSchemaPropsOrBool: converted(
      'JSONSchemaPropsOrBool',
      [always('allows', 1, boolCodec), optional('schema', 2, schema)],
      (fields) => fields['schema'] ?? fields['allows'] ?? false,
      (value) => (typeof value === 'boolean' ? { allows: value } : { allows: value != null, schema: value }),
    ),
    JSONSchemaPropsOrArray: schemaOrList('JSONSchemaPropsOrArray', 'jSONSchemas', schema),
    JSONSchemaPropsOrStringArray: schemaOrList('JSONSchemaPropsOrStringArray', 'property', stringCodec),
  } as const;
}

export const plainCodecs = {
  Time: time,
  MicroTime: microTime,
  Quantity: quantity,
  IntOrString: intOrString,
  RawExtension: jsonText('RawExtension'),
  FieldsV1: jsonText('FieldsV1'),
  JSON: jsonText('JSON'),
} as const;
