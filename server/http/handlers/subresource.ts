// Subresources whose wire kind is not their parent's but which only show and change the parent: `/scale`.
import { decodeObject } from '../../../apimachinery/decode/decode.ts';
import { newInvalid } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { applyPatch } from '../../../apimachinery/patch/patch.ts';
import { newBadRequest } from '../../../apimachinery/status.ts';
import type { SubresourceDescriptor } from '../../registry/descriptor.ts';
import type { Store } from '../../registry/store.ts';
import type { ApiRequest } from '../api-request.ts';
import { negotiate } from '../negotiate.ts';
import { parseWriteOptions } from '../options.ts';
import { encode, tableOf, type View } from '../render.ts';
import { respond } from '../respond.ts';
import { patchTypeOf } from './patch.ts';
import { bodyFormat, maxBodyBytes, optionsObject, writeRequest } from './write.ts';

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
  const { object } = await store.update(
    writeRequest(request, namespace, options.dryRun, optionsObject('UpdateOptions', options)),
    (parent) => applyWritten(subresource, parent, written, name),
    { allowUnconditional: true },
  );
  await respond(request, 200, encode(subresource.read(object.parse()), request.errorFormat, request.pretty));
}

export async function patchView(
  request: ApiRequest,
  store: Store,
  subresource: ViewSubresource,
  namespace: string,
): Promise<void> {
  const options = parseWriteOptions(request.info.query, 'PatchOptions');
  const type = patchTypeOf(request);
  const body = await request.exchange.body(maxBodyBytes);
  const { fieldValidation, dryRun } = options;
  const { object } = await store.update(
    writeRequest(request, namespace, dryRun, optionsObject('PatchOptions', options)),
    (parent) => {
      const patched = applyPatch({
        type,
        body,
        current: (subresource.readForUpdate ?? subresource.read)(parent),
        kind: subresource.kind,
        fieldValidation,
      });
      request.warnings.push(...patched.warnings);
      return applyWritten(subresource, parent, patched.object, request.info.name);
    },
    { allowUnconditional: true },
  );
  await respond(request, 200, encode(subresource.read(object.parse()), request.errorFormat, request.pretty));
}
