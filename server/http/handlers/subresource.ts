// Subresources whose wire kind is not their parent's but which only show and change the parent: `/scale`.
import { decodeObject } from '../../../apimachinery/decode/decode.ts';
import { newInvalid } from '../../../apimachinery/field.ts';
import { parentFields, scaleFields } from '../../../apimachinery/managed-fields/scale-fields.ts';
import { apiVersionOf, type JsonObject, type KubeObject } from '../../../apimachinery/object.ts';
import { applyPatch } from '../../../apimachinery/patch/patch.ts';
import { newBadRequest } from '../../../apimachinery/status.ts';
import type { SubresourceDescriptor } from '../../registry/descriptor.ts';
import { timestamp } from '../../registry/metadata.ts';
import type { Store } from '../../registry/store.ts';
import type { WriteRequest } from '../../registry/write-request.ts';
import type { ApiRequest } from '../api-request.ts';
import { negotiate } from '../negotiate.ts';
import { parseApplyOptions, parseWriteOptions, type WriteOptions } from '../options.ts';
import { encode, tableOf, type View } from '../render.ts';
import { respond } from '../respond.ts';
import { appliedObject } from './apply.ts';
import { applyPatchType, patchTypeOf } from './patch.ts';
import { bodyFormat, maxBodyBytes, optionsObject, programOf, writeRequest } from './write.ts';

/** A subresource that can be read and written through its parent. */
export type ViewSubresource = SubresourceDescriptor & Required<Pick<SubresourceDescriptor, 'kind' | 'read' | 'write'>>;

export function isViewSubresource(subresource: SubresourceDescriptor): subresource is ViewSubresource {
  return subresource.kind !== undefined && subresource.read !== undefined && subresource.write !== undefined;
}

export async function getView(
  request: ApiRequest,
  store: Store,
  subresource: ViewSubresource,
  namespace: string,
): Promise<void> {
  const parent = await store.get(namespace, request.info.name, true);
  const shown = subresource.read(parent.parse());
  const accepted = negotiate(request.exchange.headers, subresource.kind);
  const { printer } = subresource;
  const view: View = {
    descriptor: { ...store.descriptor, ...(printer ? { printer } : {}) },
    version: store.descriptor.version,
    accepted,
    pretty: request.pretty,
    includeObject: 'Metadata',
  };
  const document = accepted.as === 'Table' ? tableOf([shown], {}, view) : shown;
  await respond(request, 200, encode(document, accepted, request.pretty));
}

/** Changes a copy of the parent as `written` says; resourceVersion and uid of the written object are preconditions on the parent. */
function applyWritten(subresource: ViewSubresource, parent: KubeObject, written: KubeObject, name: string): KubeObject {
  const { kind } = subresource;
  const errors = subresource.write(parent, written);
  if (errors.length > 0) throw newInvalid(kind, name, errors);
  const { resourceVersion, uid } = written.metadata;
  if (resourceVersion) parent.metadata.resourceVersion = resourceVersion;
  if (uid) parent.metadata.uid = uid;
  return parent;
}

function setManagedFields(object: KubeObject, entries: JsonObject[] | undefined): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: entries === undefined ? metadata : { ...metadata, managedFields: entries } };
}

/**
 * Shows `change` the view of the parent, with the part of managedFields that is about it, and writes back what it returns. Answers
 * with the view.
 */
async function updateView(
  request: ApiRequest,
  store: Store,
  subresource: ViewSubresource,
  write: WriteRequest,
  change: (live: KubeObject) => KubeObject,
): Promise<void> {
  const { group, version, name } = request.info;
  const paths = subresource.replicasPaths ?? {};
  const readForUpdate = subresource.readForUpdate ?? subresource.read;
  const { object } = await store.update(
    write,
    (parent) => {
      const before = parent.metadata.managedFields;
      const written = change(setManagedFields(readForUpdate(parent), scaleFields(before, paths)));
      const entries = parentFields(before, written.metadata.managedFields, apiVersionOf(group, version), paths);
      return setManagedFields(applyWritten(subresource, parent, written, name), entries);
    },
    { allowUnconditional: true },
  );
  await respond(request, 200, encode(subresource.read(object.parse()), request.errorFormat, request.pretty));
}

/** `written` with the managedFields that an update of the view gives it. */
function trackView(
  request: ApiRequest,
  store: Store,
  subresource: ViewSubresource,
  options: WriteOptions,
): (live: KubeObject, written: KubeObject) => KubeObject {
  const fields = store.fieldManagers.for(request.info.version, subresource);
  const manager = options.fieldManager || programOf(request);
  return (live, written) => setManagedFields(written, fields.update(live, written, { manager, now: timestamp() }));
}

export async function putView(
  request: ApiRequest,
  store: Store,
  subresource: ViewSubresource,
  namespace: string,
): Promise<void> {
  const options = parseWriteOptions(request.info.query, 'UpdateOptions');
  const { name } = request.info;
  const { object: written, warnings } = decodeObject({
    body: await request.exchange.body(maxBodyBytes),
    contentType: bodyFormat(request),
    expected: subresource.kind,
    fieldValidation: options.fieldValidation,
  });
  request.warnings.push(...warnings);
  if ((written.metadata.name || name) !== name) {
    throw newBadRequest(
      `the name of the object (${written.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const write = writeRequest(request, namespace, options.dryRun, optionsObject('UpdateOptions', options));
  const track = trackView(request, store, subresource, options);
  await updateView(request, store, subresource, write, (live) => track(live, written));
}

export async function patchView(
  request: ApiRequest,
  store: Store,
  subresource: ViewSubresource,
  namespace: string,
): Promise<void> {
  const type = patchTypeOf(request);
  if (type === applyPatchType) return applyView(request, store, subresource, namespace);
  const options = parseWriteOptions(request.info.query, 'PatchOptions');
  const body = await request.exchange.body(maxBodyBytes);
  const { fieldValidation, dryRun } = options;
  const write = writeRequest(request, namespace, dryRun, optionsObject('PatchOptions', options));
  const track = trackView(request, store, subresource, options);
  await updateView(request, store, subresource, write, (live) => {
    const patched = applyPatch({ type, body, current: live, kind: subresource.kind, fieldValidation });
    request.warnings.push(...patched.warnings);
    return track(live, patched.object);
  });
}

async function applyView(
  request: ApiRequest,
  store: Store,
  subresource: ViewSubresource,
  namespace: string,
): Promise<void> {
  const options = parseApplyOptions(request.info.query);
  const body = await request.exchange.body(maxBodyBytes);
  const write = writeRequest(request, namespace, options.dryRun, optionsObject('PatchOptions', options));
  const fields = store.fieldManagers.for(request.info.version, subresource);
  await updateView(request, store, subresource, write, (live) =>
    appliedObject({ request, body, fields, live, kind: subresource.kind, options }),
  );
}
