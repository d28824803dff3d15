// Objects as protobuf bodies, for clients that prefer them (client-go's components do).
import { type JsonObject, type KubeObject, parseApiVersion } from '../object.ts';
import type { Fields } from './codec.ts';
import { sealEnvelope } from './envelope.ts';
import { messageOfKind } from './messages.ts';
import { ProtobufError } from './reader.ts';

/**
 * A whole body, byte for byte what upstream writes. `object` is in the form in which it is served as JSON; it may be a list, a
 * Status or a PartialObjectMetadata. Throws ProtobufError for a kind that has no protobuf form (custom resources, Table).
 */
export function encodeProtobuf(object: JsonObject | KubeObject): Buffer {
  const { apiVersion, kind } = object as KubeObject;
  const message = messageOfKind({ ...parseApiVersion(apiVersion), kind });
  if (message === undefined) {
    throw new ProtobufError(
      `${kind} in ${apiVersion} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
    );
  }
  return sealEnvelope(apiVersion, kind, message, object as Fields);
}
