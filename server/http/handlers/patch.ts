// PATCH: JSON patch, merge patch and strategic merge patch, computed on the version of the URL and retried on conflict.
import { apiVersionOf, type JsonObject, type KubeObject } from '../../../apimachinery/object.ts';
import { checkPatched } from '../../../apimachinery/decode/decode.ts';
import { type Patch, parsePatch, type PatchType } from '../../../apimachinery/patch/patch.ts';
import { newUnsupportedMediaType } from '../../../apimachinery/status.ts';
import type { SubresourceDescriptor } from '../../registry/descriptor.ts';
import type { Store } from '../../registry/store.ts';
import type { ApiRequest } from '../api-request.ts';
import { parseWriteOptions, requireFieldManager } from '../options.ts';
import { inVersion, renderObject, type View } from '../render.ts';
import { respond } from '../respond.ts';
import { maxBodyBytes, mediaTypeOf, optionsObject, toStored, writeRequest } from './write.ts';

const patchTypes: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};
const applyPatchType = 'application/apply-patch+yaml';

/** The kind of patch that the request sends. Throws 415. */
export function patchTypeOf(request: ApiRequest): PatchType {
  const mediaType = mediaTypeOf(request);
  const type = patchTypes[mediaType];
  if (type !== undefined) return type;
  if (mediaType === applyPatchType) {
    requireFieldManager(request.info.query);
    throw newUnsupportedMediaType('server-side apply is not served yet; use application/strategic-merge-patch+json or client-side apply');
  }
  const accepted = Object.keys(patchTypes).join(', ');
  throw newUnsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${accepted}`);
}

/** Reads the patch of a request. */
export async function readPatch(request: ApiRequest, gvk: { group: string; version: string; kind: string }): Promise<Patch> {
  const type = patchTypeOf(request);
  return parsePatch(type, await request.exchange.body(maxBodyBytes), gvk);
}

export async function patch(request: ApiRequest, store: Store, view: View, namespace: string, subresource?: SubresourceDescriptor): Promise<void> {
  const options = parseWriteOptions(request.info.query, 'PatchOptions');
  const { descriptor, version } = view;
  const gvk = { group: descriptor.group, version, kind: descriptor.kind };
  const apply = await readPatch(request, gvk);
  const warned = new Set<string>();
  const { object } = await store.update(
    writeRequest(request, namespace, options.dryRun, optionsObject('PatchOptions', options)),
    (current) => {
      const patched = apply(inVersion(current, view) as JsonObject);
      const { object: checked, warnings } = checkPatched(patched, gvk, options.fieldValidation);
      for (const warning of warnings) if (!warned.has(warning)) request.warnings.push(warning);
      for (const warning of warnings) warned.add(warning);
      const typed: KubeObject = checked;
      typed.apiVersion = apiVersionOf(descriptor.group, version);
      typed.kind = descriptor.kind;
      return toStored(typed, descriptor, version);
    },
    // A patch that names no resourceVersion carries the one it was computed on, so it is never unconditional.
    { allowUnconditional: true, ...(subresource ? { subresource } : {}) },
  );
  await respond(request, 200, renderObject(object, view));
}
