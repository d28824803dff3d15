// POST and PUT: decode, default, convert, and hand to the store.

import { decodeObject } from '../../../apimachinery/decode/decode.ts';
import { apiVersionOf, type JsonObject, type KubeObject } from '../../../apimachinery/object.ts';
import { protobufMediaType } from '../../../apimachinery/protobuf/decode.ts';
import { newBadRequest, newUnsupportedMediaType } from '../../../apimachinery/status.ts';
import type { ResourceDescriptor, SubresourceDescriptor } from '../../registry/descriptor.ts';
import type { Store } from '../../registry/store.ts';
import type { WriteRequest } from '../../registry/write-request.ts';
import type { ApiRequest } from '../api-request.ts';
import { parseWriteOptions, type WriteOptions } from '../options.ts';
import { conversionOf, renderObject, type View } from '../render.ts';
import { respond } from '../respond.ts';

/** Upstream's MaxRequestBodyBytes. */
export const maxBodyBytes = 3 * 1024 * 1024;

export function writeRequest(
  request: ApiRequest,
  namespace: string,
  dryRun: boolean,
  options: JsonObject,
): WriteRequest {
  return {
    user: request.user,
    namespace,
    name: request.info.name,
    dryRun,
    options,
    warn: (message) => void request.warnings.push(message),
  };
}

/** Upstream's FieldManagerMaxLength. */
const maxManagerBytes = 128;

/** As `writeRequest`; what the write changes is put down to the manager that the client names, or to its program. */
export function trackedRequest(
  request: ApiRequest,
  namespace: string,
  kind: string,
  options: WriteOptions,
  version: string,
): WriteRequest {
  return {
    ...writeRequest(request, namespace, options.dryRun, optionsObject(kind, options)),
    fields: { manager: options.fieldManager || programOf(request), version },
  };
}

/** The name of the client's program: its User-Agent up to the first slash, printable characters only, 128 bytes at most. */
export function programOf(request: ApiRequest): string {
  const name = String(request.exchange.headers['user-agent'] ?? '').split('/', 1)[0]!;
  if (name.length <= maxManagerBytes && /^[\x20-\x7e]*$/.test(name)) return name;
  let program = '';
  let bytes = 0;
  for (const character of name) {
    // Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the plain space.
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > maxManagerBytes) break;
    program += character;
  }
  return program;
}

/** `options` as admission sees them. */
export function optionsObject(kind: string, options: WriteOptions): JsonObject {
  const { dryRun, fieldManager, fieldValidation } = options;
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(fieldManager === '' ? {} : { fieldManager }),
    fieldValidation,
  };
}

/** An object in the version of the URL, as it is stored: converted, with its defaults. */
export function toStored(object: KubeObject, descriptor: ResourceDescriptor, version: string): KubeObject {
  const conversion = conversionOf(descriptor, version);
  const stored = conversion === undefined ? object : conversion.toStored(object);
  descriptor.setDefaults?.(stored);
  return stored;
}

/** Decodes a body of the resource's own kind. */
export function decodeBody(
  request: ApiRequest,
  body: Buffer,
  view: View,
  fieldValidation: WriteOptions['fieldValidation'],
): KubeObject {
  const { descriptor, version } = view;
  const { object, warnings } = decodeObject({
    body,
    contentType: bodyFormat(request),
    expected: { group: descriptor.group, version, kind: descriptor.kind },
    fieldValidation,
    schema: descriptor.custom?.schema,
  });
  for (const warning of warnings) request.warnings.push(warning);
  object.apiVersion = apiVersionOf(descriptor.group, version);
  if (descriptor.custom === undefined) object.kind = descriptor.kind;
  return toStored(object, descriptor, version);
}

/** The media type of the body without its parameters; JSON where the client does not say. */
export function mediaTypeOf(request: ApiRequest): string {
  const header = request.exchange.headers['content-type'];
  if (typeof header !== 'string' || header === '') return 'application/json';
  const semicolon = header.indexOf(';');
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
}

const bodyFormats = ['application/json', 'application/yaml', protobufMediaType] as const;
export type BodyFormat = (typeof bodyFormats)[number];

/** The format of a body that is an object. Throws 415. */
export function bodyFormat(request: ApiRequest): BodyFormat {
  const mediaType = mediaTypeOf(request);
  const format = bodyFormats.find((known) => known === mediaType);
  if (format !== undefined) return format;
  throw newUnsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${bodyFormats.join(', ')}`,
  );
}

/** The name in an object must be the URL's (checkName in upstream's endpoints/handlers/rest.go). Throws 400. */
export function checkName(object: KubeObject, name: string): void {
  const said = object.metadata.name ?? '';
  if (said === name) return;
  if (said === '')
    throw newBadRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  throw newBadRequest(`the name of the object (${said}) does not match the name on the URL (${name})`);
}

/** An object may leave its namespace to the URL, but not contradict it. Throws 400. */
export function settleNamespace(object: KubeObject, namespace: string): void {
  const { metadata } = object;
  if (namespace === '') {
    delete metadata.namespace;
    return;
  }
  metadata.namespace ||= namespace;
  if (metadata.namespace !== namespace) {
    throw newBadRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/**
 * What is stored anew has no resourceVersion yet. Upstream's storage refuses it, and answers 500 with these words; what is no number it
 * passes over. Throws 400.
 */
function refuseResourceVersion({ metadata }: KubeObject): void {
  const { resourceVersion = '' } = metadata;
  if (/^\d+$/.test(resourceVersion) && Number(resourceVersion) !== 0)
    throw newBadRequest('resourceVersion should not be set on objects to be created');
}

export async function create(request: ApiRequest, store: Store, view: View, namespace: string): Promise<void> {
  const options = parseWriteOptions(request.info.query, 'CreateOptions');
  const body = await request.exchange.body(maxBodyBytes);
  const object = decodeBody(request, body, view, options.fieldValidation);
  settleNamespace(object, namespace);
  if (!options.dryRun) refuseResourceVersion(object);
  const created = await store.create(
    object,
    trackedRequest(request, namespace, 'CreateOptions', options, view.version),
  );
  await respond(request, 201, renderObject(created, view));
}

/** PUT of the object itself, or of a subresource that reads and writes the object. */
export async function update(
  request: ApiRequest,
  store: Store,
  view: View,
  namespace: string,
  subresource?: SubresourceDescriptor,
): Promise<void> {
  const options = parseWriteOptions(request.info.query, 'UpdateOptions');
  const body = await request.exchange.body(maxBodyBytes);
  const { name } = request.info;
  const decode = (): KubeObject => {
    const object = decodeBody(request, body, view, options.fieldValidation);
    settleNamespace(object, namespace);
    checkName(object, name);
    return object;
  };
  // The first attempt uses what was decoded (and checked) before anything is looked up; a retry decodes anew, since attempts change it.
  let decoded: KubeObject | undefined = decode();
  const take = (): KubeObject => {
    const object = decoded ?? decode();
    decoded = undefined;
    return object;
  };
  const { object, created } = await store.update(
    trackedRequest(request, namespace, 'UpdateOptions', options, view.version),
    take,
    subresource === undefined && store.descriptor.allowCreateOnUpdate
      ? { replaces: true, createFrom: take }
      : { replaces: true, ...(subresource ? { subresource } : {}) },
  );
  await respond(request, created ? 201 : 200, renderObject(object, view));
}
