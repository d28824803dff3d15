// Objects as protobuf bodies, for clients that prefer them: Kubernetes' own components and kubectl's typed commands. What is
// encoded here is in the form in which it is served as JSON.
import { definitionNamed } from '../../schemas/schemas.ts';
import { type JsonObject, type KubeObject, parseApiVersion } from '../object.ts';
import { type Fields, type Message, nestedMessage } from './codec.ts';
import { sealEnvelope } from './envelope.ts';
import { singleField } from './fields.ts';
import { messageOf, messageOfKind } from './messages.ts';
import { ProtobufError, wire } from './reader.ts';
import { Writer } from './writer.ts';

/**
 * A whole body, byte for byte what upstream writes. `object` may be a list, a Status or a PartialObjectMetadata too. Throws
 * ProtobufError for a kind that has no protobuf form (custom resources, Table).
 */
export function encodeProtobuf(object: JsonObject | KubeObject): Buffer {
  const { apiVersion, kind } = object as KubeObject;
  const message = messageFor(apiVersion, kind);
  return sealEnvelope(apiVersion, kind, (writer) => message.writeFrom(writer, object as Fields));
}

/** The object's message alone: an item of a list, or what encodeBody makes a body of. Throws ProtobufError. */
export function encodeMessage(object: KubeObject): Buffer {
  const writer = new Writer();
  messageFor(object.apiVersion, object.kind).writeFrom(writer, object);
  return writer.finish();
}

/** A whole body of a message that is encoded already. */
export function encodeBody(apiVersion: string, kind: string, message: Buffer): Buffer {
  return sealEnvelope(apiVersion, kind, (writer) => writer.raw(message), message.length + frameBytes);
}

/** More than an envelope takes, and more than the tag and the length of a list's item. */
const frameBytes = 256;
const itemFrameBytes = 12;

const listNumbers = { metadata: 1, items: 2 } as const;

/** A whole list of messages that are encoded already. `kind` is the list's. */
export function encodeList(apiVersion: string, kind: string, metadata: object, items: readonly Buffer[]): Buffer {
  let capacity = frameBytes;
  for (const item of items) capacity += item.length + itemFrameBytes;
  const writeRaw = (writer: Writer): void => {
    for (let i = items.length - 1; i >= 0; i--) {
      writer.bytes(items[i]!);
      writer.tag(listNumbers.items, wire.bytes);
    }
    listMetadata.write(writer, { metadata });
  };
  return sealEnvelope(apiVersion, kind, writeRaw, capacity);
}

const listMetadata = singleField(
  listNumbers.metadata,
  'metadata',
  nestedMessage(() => messageOf(definitionNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta')!)),
  false,
);

function messageFor(apiVersion: string, kind: string): Message {
  const message = messageOfKind({ ...parseApiVersion(apiVersion), kind });
  if (message !== undefined) return message;
  throw new ProtobufError(
    `${kind} in ${apiVersion} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
  );
}
