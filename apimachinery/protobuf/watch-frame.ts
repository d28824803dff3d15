// A watch in protobuf is a row of frames: four bytes of length, then a metav1.WatchEvent without envelope whose object is a
// whole body (apimachinery/pkg/util/framer, apiserver/pkg/endpoints/handlers/watch.go).
import { Message, nestedMessage, rawCodec, stringCodec } from './codec.ts';
import { singleField } from './fields.ts';
import { Writer } from './writer.ts';

const rawExtension = new Message('RawExtension', [singleField(1, 'raw', rawCodec, true)]);

const watchEvent = new Message('WatchEvent', [
  singleField(1, 'type', stringCodec, false),
  singleField(
    2,
    'object',
    nestedMessage(() => rawExtension),
    false,
  ),
]);

/** One event. `body` is what encodeProtobuf makes of its object. */
export function watchFrame(type: 'ADDED' | 'BOOKMARK' | 'DELETED' | 'ERROR' | 'MODIFIED', body: Buffer): Buffer {
  const writer = new Writer(body.length + 64);
  watchEvent.writeFrom(writer, { type, object: { raw: body } });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(writer.size);
  writer.raw(length);
  return writer.finish();
}
