// What upstream puts around every protobuf body: four bytes of magic and a runtime.Unknown that names the kind
// (apimachinery/pkg/runtime/serializer/protobuf, apimachinery/pkg/runtime/generated.proto).
import { type Fields, Message, nestedMessage, rawCodec, stringCodec } from './codec.ts';
import { singleField } from './fields.ts';
import { ProtobufError, Reader, wire } from './reader.ts';
import { Writer } from './writer.ts';

/** A body of which the kind is known and the message not yet read. */
export interface Envelope {
  apiVersion: string;
  kind: string;
  /** The encoded message of that kind. */
  raw: Buffer;
}

const magic = Buffer.from('k8s\0');

const typeMeta = new Message('TypeMeta', [
  singleField(1, 'apiVersion', stringCodec, false),
  singleField(2, 'kind', stringCodec, false),
]);

const numbers = { typeMeta: 1, raw: 2, contentEncoding: 3, contentType: 4 } as const;

const unknown = new Message('Unknown', [
  singleField(
    numbers.typeMeta,
    'typeMeta',
    nestedMessage(() => typeMeta),
    false,
  ),
  singleField(numbers.raw, 'raw', rawCodec, true),
]);

/** Opens a body. Throws ProtobufError. */
export function readEnvelope(body: Buffer): Envelope {
  if (body.length === 0) throw new ProtobufError('empty data');
  if (!body.subarray(0, magic.length).equals(magic)) {
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`,
    );
  }
  if (body.length === magic.length) throw new ProtobufError('empty body');
  const fields: Fields = {};
  unknown.readInto(new Reader(body, magic.length), fields);
  const { apiVersion = '', kind = '' } = (fields['typeMeta'] ?? {}) as { apiVersion?: string; kind?: string };
  return { apiVersion, kind, raw: (fields['raw'] as Buffer | undefined) ?? Buffer.alloc(0) };
}

/** A whole body: what `writeRaw` writes, as a message of that kind. `capacity`: what it will take, in bytes, where that is known. */
export function sealEnvelope(
  apiVersion: string,
  kind: string,
  writeRaw: (writer: Writer) => void,
  capacity?: number,
): Buffer {
  const writer = new Writer(capacity);
  for (const number of [numbers.contentType, numbers.contentEncoding]) {
    writer.string('');
    writer.tag(number, wire.bytes);
  }
  const beforeRaw = writer.size;
  writeRaw(writer);
  writer.lengthSince(beforeRaw);
  writer.tag(numbers.raw, wire.bytes);
  const beforeType = writer.size;
  typeMeta.writeFrom(writer, { apiVersion, kind });
  writer.lengthSince(beforeType);
  writer.tag(numbers.typeMeta, wire.bytes);
  writer.raw(magic);
  return writer.finish();
}
