// Kubernetes' protobuf bodies: how clients built on client-go send and get built-in kinds. Everything is derived from the field
// numbers and types in schemas/; an object here is what it would be in JSON.
import { type Definition, definitionOf } from '../../schemas/schemas.ts';
import { normalize } from '../decode/normalize.ts';
import { type JsonObject, type KubeObject, parseApiVersion } from '../object.ts';
import type { Fields } from './codec.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { messageOf, messageOfKind } from './messages.ts';
import { ProtobufError, Reader } from './reader.ts';

/**
 * The fields of an encoded message of that definition. What JSON leaves out may be there, empty, and what JSON always has may
 * be missing: normalize.ts settles that. Unknown fields are passed over. Throws ProtobufError.
 */
export function readMessage(raw: Buffer, definition: Definition): JsonObject {
  const fields: Fields = {};
  messageOf(definition).readInto(new Reader(raw), fields);
  return fields as JsonObject;
}

/** Decodes a whole body of a kind in schemas/ into the form that it has in JSON. Throws ProtobufError. */
export function decodeProtobuf(body: Buffer): KubeObject {
  const { apiVersion, kind, raw } = openEnvelope(body);
  const definition = definitionOf({ ...parseApiVersion(apiVersion), kind });
  if (definition === undefined) throw notMarshalable(apiVersion, kind);
  return normalize({ ...readMessage(raw, definition), apiVersion, kind }, definition) as KubeObject;
}

/**
 * A whole body, byte for byte what upstream writes. `object` is in the form in which it is served as JSON; it may be a list, a
 * Status or a PartialObjectMetadata. Throws ProtobufError for a kind that has no protobuf form (custom resources, Table).
 */
export function encodeProtobuf(object: JsonObject | KubeObject): Buffer {
  const { apiVersion, kind } = object as KubeObject;
  const message = messageOfKind({ ...parseApiVersion(apiVersion), kind });
  if (message === undefined) throw notMarshalable(apiVersion, kind);
  return sealEnvelope(apiVersion, kind, message, object as Fields);
}

function notMarshalable(apiVersion: string, kind: string): ProtobufError {
  return new ProtobufError(
    `${kind} in ${apiVersion} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
  );
}
