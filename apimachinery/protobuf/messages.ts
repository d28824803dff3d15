// The protobuf messages of the API's types, made from the facts in schemas/ when a type is first met.
import {
  type Definition,
  definitionNamed,
  definitionOf,
  type Field,
  type SpecialName,
  type Type,
} from '../../schemas/schemas.ts';
import type { GroupVersionKind } from '../object.ts';
import {
  boolCodec,
  bytesCodec,
  type Codec,
  doubleCodec,
  type Fields,
  int32Codec,
  int64Codec,
  Message,
  type MessageField,
  nestedMessage,
  stringCodec,
} from './codec.ts';
import { embeddedField, listField, mapField, singleField } from './fields.ts';
import { plainCodecs, schemaCodecs } from './specials.ts';

const messages = new Map<string, Message>();

/** The message of a struct type. */
export function messageOf(definition: Definition): Message {
  let message = messages.get(definition.name);
  if (message === undefined) {
    message = new Message(definition.shortName, fieldsOf(inMessages(definition)));
    messages.set(definition.name, message);
  }
  return message;
}

/** The message of a kind that goes over the wire by itself; undefined where upstream has none. */
export function messageOfKind(gvk: GroupVersionKind): Message | undefined {
  if (gvk.group === 'meta.k8s.io' && gvk.kind.startsWith('PartialObjectMetadata')) return partialMetadata()[gvk.kind];
  const definition = definitionOf(gvk);
  return definition === undefined ? undefined : messageOf(definition);
}

let partialMetadataMessages: Readonly<Record<string, Message>> | undefined;

/** metav1.PartialObjectMetadata and its list, which the OpenAPI documents do not have. */
function partialMetadata(): Readonly<Record<string, Message>> {
  if (partialMetadataMessages) return partialMetadataMessages;
  const metadata = (shortName: string) =>
    singleField(
      1,
      'metadata',
      nestedMessage(() => messageOf(definitionNamed(`io.k8s.apimachinery.pkg.apis.meta.v1.${shortName}`)!)),
      false,
    );
  const one = new Message('PartialObjectMetadata', [metadata('ObjectMeta')]);
  const items = listField(
    2,
    'items',
    nestedMessage(() => one),
  );
  partialMetadataMessages = {
    PartialObjectMetadata: one,
    PartialObjectMetadataList: new Message('PartialObjectMetadataList', [metadata('ListMeta'), items]),
  };
  return partialMetadataMessages;
}

/** A message's fields, or an embedded message's, by number. */
interface Layout {
  name: string;
  fields: Map<number, Field | Layout>;
}

/** Sorts fields into the embedded messages that their numbers lead through. */
function inMessages(definition: Definition): Layout {
  const layout: Layout = { name: definition.shortName, fields: new Map() };
  for (const field of definition.fields.values()) {
    // Upstream gives TypeMeta no number: the envelope says what kind it is, and parts of an object have none.
    if (field.proto === undefined || field.via.includes('TypeMeta')) continue;
    const path = typeof field.proto === 'number' ? [field.proto] : field.proto;
    let at = layout;
    path.slice(0, -1).forEach((number, depth) => {
      const inner = (at.fields.get(number) ?? { name: field.via[depth]!, fields: new Map() }) as Layout;
      at.fields.set(number, inner);
      at = inner;
    });
    at.fields.set(path.at(-1)!, field);
  }
  return layout;
}

function fieldsOf(layout: Layout): MessageField[] {
  return [...layout.fields].map(([number, field]) =>
    'fields' in field
      ? embeddedField(number, field.name, new Message(field.name, fieldsOf(field)))
      : fieldOf(number, field.name, field.type),
  );
}

function fieldOf(number: number, name: string, type: Type): MessageField {
  switch (type.kind) {
    case 'pointer':
      return singleField(number, name, codecOf(type.element), true);
    case 'bytes':
      return singleField(number, name, bytesCodec, true);
    case 'slice':
      return isListMessage(type)
        ? singleField(number, name, stringListCodec, true)
        : listField(number, name, codecOf(type.element));
    case 'map':
      return mapField(number, name, codecOf(type.element), zeroOf(type.element));
    default:
      return singleField(number, name, codecOf(type), false);
  }
}

/** Go types that name a list of strings (ExtraValue, Verbs) are messages with that list in them. */
function isListMessage(type: Type): boolean {
  return type.kind === 'slice' && type.element.kind === 'string' && !type.goName.startsWith('[]');
}

const stringList = nestedMessage(() => new Message('Items', [listField(1, 'items', stringCodec)]));

const stringListCodec: Codec = {
  wireType: stringList.wireType,
  read: (reader) => (stringList.read(reader) as Fields)['items'] ?? [],
  write: (writer, value) => stringList.write(writer, { items: value }),
};

function codecOf(type: Type): Codec {
  switch (type.kind) {
    case 'struct':
      return nestedMessage(() => messageOf(type.definition));
    case 'special': {
      const codec = specialCodecs[type.special];
      if (codec === undefined) throw new Error(`${type.special} has no protobuf form`);
      return codec;
    }
    case 'slice':
      if (isListMessage(type)) return stringListCodec;
      throw new Error(`a list cannot stand where ${type.goName} does in protobuf`);
    case 'pointer':
    case 'map':
      throw new Error(`${type.goName} cannot stand within a list or map in protobuf`);
    default:
      return scalarCodecs[type.kind];
  }
}

const jsonSchema = nestedMessage(() =>
  messageOf(definitionNamed('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')!),
);

/** Undefined for a type that no message has. */
const specialCodecs: Readonly<Partial<Record<SpecialName, Codec>>> = { ...plainCodecs, ...schemaCodecs(jsonSchema) };

const scalarCodecs = {
  string: stringCodec,
  bytes: bytesCodec,
  bool: boolCodec,
  int: int64Codec,
  int32: int32Codec,
  int64: int64Codec,
  float64: doubleCodec,
} as const;

/** What a map's entry without a value has. */
function zeroOf(type: Type): () => unknown {
  switch (type.kind) {
    case 'string':
    case 'bytes':
      return () => '';
    case 'bool':
      return () => false;
    case 'int':
    case 'int32':
    case 'int64':
    case 'float64':
      return () => 0;
    case 'struct':
      return () => ({});
    case 'slice':
      return () => [];
    default:
      return () => null;
  }
}
