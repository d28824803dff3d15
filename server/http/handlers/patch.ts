// PATCH: JSON patch, merge patch and strategic merge patch, computed on the version of the URL and retried on conflict; server-side
// apply is in apply.ts.
import { applyPatch, type PatchType, patchTypes } from '../../../apimachinery/patch/patch.ts';
import { StatusError } from '../../../apimachinery/status.ts';
import type { SubresourceDescriptor } from '../../registry/descriptor.ts';
import type { Store } from '../../registry/store.ts';
import type { ApiRequest } from '../api-request.ts';
import { parseWriteOptions } from '../options.ts';
import { inVersion, renderObject, type View } from '../render.ts';
import { respond } from '../respond.ts';
import { apply } from './apply.ts';
import { checkName, maxBodyBytes, mediaTypeOf, settleNamespace, toStored, trackedRequest } from './write.ts';

export const applyPatchType = 'application/apply-patch+yaml';

/** The kind of patch that the request sends. Throws 415. */
export function patchTypeOf(request: ApiRequest): PatchType | typeof applyPatchType {
  const mediaType = mediaTypeOf(request);
  if (mediaType === applyPatchType) return mediaType;
  const type = patchTypes.find((known) => known === mediaType);
  if (type !== undefined) return type;
  throw new StatusError('UnsupportedMediaType', '415: Unsupported Media Type', {});
}

export async function patch(
  request: ApiRequest,
  store: Store,
  view: View,
  namespace: string,
  subresource?: SubresourceDescriptor,
): Promise<void> {
  const type = patchTypeOf(request);
  if (type === applyPatchType) return apply(request, store, view, namespace, subresource);
  const options = parseWriteOptions(request.info.query, 'PatchOptions');
  const { descriptor, version } = view;
  const gvk = { group: descriptor.group, version, kind: descriptor.kind };
  const body = await request.exchange.body(maxBodyBytes);
  const { fieldValidation } = options;
  const { object } = await store.update(
    trackedRequest(request, namespace, 'PatchOptions', options, version),
    (current) => {
      const patched = applyPatch({
        type,
        body,
        current: inVersion(current, view),
        kind: gvk,
        fieldValidation,
        schema: descriptor.custom?.schema,
      });
      request.warnings.push(...patched.warnings);
      settleNamespace(patched.object, namespace);
      checkName(patched.object, request.info.name);
      return toStored(patched.object, descriptor, version);
    },
    // A patch that names no resourceVersion carries the one it was computed on, so it is never unconditional.
    { allowUnconditional: true, ...(subresource ? { subresource } : {}) },
  );
  await respond(request, 200, renderObject(object, view));
}
