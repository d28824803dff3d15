// Stored objects as protobuf messages, kept with the object: informers of Kubernetes' components list all of a resource, and
// encoding it takes some 20 µs an object.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { apiVersionOf } from '../../apimachinery/object.ts';
import { protobufMediaType } from '../../apimachinery/protobuf/decode.ts';
import { encodeBody, encodeList, encodeMessage } from '../../apimachinery/protobuf/encode.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import { conversionOf, type ListMetadata, type Rendered, type View } from './render.ts';

/** True when the view is of protobuf messages of what is stored. */
export function servesMessages({ accepted, descriptor, version }: View): boolean {
  return (
    accepted.mediaType === protobufMediaType &&
    accepted.as === undefined &&
    conversionOf(descriptor, version) === undefined
  );
}

const messages = new WeakMap<CachedObject, Buffer>();

function messageOf(object: CachedObject): Buffer {
  let message = messages.get(object);
  if (message === undefined) {
    // A copy: what the encoder returns is the end of a larger buffer.
    message = Buffer.from(encodeMessage(object.parse()));
    messages.set(object, message);
  }
  return message;
}

/** The whole body of an object, from its message. */
export function bodyOf(object: CachedObject, { descriptor, version }: View): Buffer {
  return encodeBody(apiVersionOf(descriptor.group, version), descriptor.kind, messageOf(object));
}

/** So many objects are encoded before other requests get their turn: some 2 ms. */
const turnObjects = 100;

/** A list in protobuf, of a view that serves messages. */
export async function renderMessages(
  objects: readonly CachedObject[],
  metadata: ListMetadata,
  { descriptor, version }: View,
): Promise<Rendered> {
  const items: Buffer[] = [];
  let encoded = 0;
  for (const object of objects) {
    if (!messages.has(object) && ++encoded % turnObjects === 0) await nextTurn();
    items.push(messageOf(object));
  }
  const body = encodeList(apiVersionOf(descriptor.group, version), `${descriptor.kind}List`, metadata, items);
  return { contentType: protobufMediaType, body };
}
