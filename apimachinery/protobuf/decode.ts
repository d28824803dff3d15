// Protobuf bodies as JSON values: kubectl's typed commands and everything built on client-go write built-in kinds so. All is
// derived from the field numbers and types in schemas/; an object here is what it would be in JSON.
import { type Definition, definitionOf } from '../../schemas/schemas.ts';
import { normalize } from '../decode/normalize.ts';
import { type JsonObject, type KubeObject, parseApiVersion } from '../object.ts';
import type { Fields } from './codec.ts';
import { readEnvelope } from './envelope.ts';
import { messageOf } from './messages.ts';
import { ProtobufError, Reader } from './reader.ts';

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

export { readEnvelope } from './envelope.ts';

/**
 * The fields of an encoded message of that definition. What JSON leaves out may be there, empty, and what JSON always has may
 * be missing: normalize.ts settles that. Unknown fields are passed over. Throws ProtobufError.
 */
export function decodeMessage(message: Buffer, definition: Definition): JsonObject {
  const fields: Fields = {};
  messageOf(definition).readInto(new Reader(message), fields);
  return fields as JsonObject;
}

/** Decodes a whole body of a kind in schemas/ into the form that it has in JSON. Throws ProtobufError. */
export function decodeProtobuf(body: Buffer): KubeObject {
  const { apiVersion, kind, raw } = readEnvelope(body);
  const definition = definitionOf({ ...parseApiVersion(apiVersion), kind });
  if (definition === undefined) throw new ProtobufError(`no kind ${JSON.stringify(kind)} is known in ${apiVersion}`);
  return normalize({ ...decodeMessage(raw, definition), apiVersion, kind }, definition) as KubeObject;
}
