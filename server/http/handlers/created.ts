// Create-only resources and subresources that answer at once and store nothing of their own kind.
import { decodeObject, writtenObject } from '../../../apimachinery/decode/decode.ts';
import {
  type GroupVersionKind,
  type JsonObject,
  type KubeObject,
  parseApiVersion,
} from '../../../apimachinery/object.ts';
import { fieldManagerOfKind } from '../../registry/field-managers.ts';
import { timestamp } from '../../registry/metadata.ts';
import type { ApiRequest } from '../api-request.ts';
import { parseWriteOptions, type WriteOptions } from '../options.ts';
import { encode } from '../render.ts';
import { respond } from '../respond.ts';
import { bodyFormat, maxBodyBytes, programOf } from './write.ts';

/** Reads the body of a POST. Its warnings go into the answer. */
export async function readPosted(
  request: ApiRequest,
  expected: GroupVersionKind,
): Promise<{ object: KubeObject; options: WriteOptions }> {
  const options = parseWriteOptions(request.info.query, 'CreateOptions');
  const body = await request.exchange.body(maxBodyBytes);
  const { object, warnings } = decodeObject({
    body,
    contentType: bodyFormat(request),
    expected,
    fieldValidation: options.fieldValidation,
  });
  request.warnings.push(...warnings);
  return { object, options };
}

/** Puts the fields of a posted object that is answered and not stored down to who posted it, as upstream does with every create. */
export function trackPosted(
  request: ApiRequest,
  object: KubeObject,
  kind: GroupVersionKind,
  { fieldManager }: WriteOptions,
  subresource = '',
): void {
  const write = { manager: fieldManager || programOf(request), now: timestamp() };
  const entries = fieldManagerOfKind(kind, subresource).update(undefined, object, write);
  if (entries !== undefined) object.metadata.managedFields = entries;
}

export async function respondCreated(request: ApiRequest, object: JsonObject | KubeObject): Promise<void> {
  const { apiVersion, kind } = object as KubeObject;
  const written = writtenObject(object as JsonObject, { ...parseApiVersion(apiVersion), kind });
  await respond(request, 201, encode(written, request.errorFormat, request.pretty));
}

/** metav1.Status of a POST that did what was asked. */
export const successStatus = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as const;
