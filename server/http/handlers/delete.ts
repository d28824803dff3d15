// DELETE of one object and of a collection.
import { decodeObject } from '../../../apimachinery/decode/decode.ts';
import type { JsonObject } from '../../../apimachinery/object.ts';
import { StatusError } from '../../../apimachinery/status.ts';
import type { DeleteOptions } from '../../registry/deletion.ts';
import type { Store } from '../../registry/store.ts';
import type { ApiRequest } from '../api-request.ts';
import { checkDeleteOptions, deleteOptionsOfQuery } from '../options.ts';
import { encode, renderObject, type View } from '../render.ts';
import { respond } from '../respond.ts';
import { type Page, renderPage } from './list.ts';
import { bodyFormat, maxBodyBytes, writeRequest } from './write.ts';

/** How many objects of a collection are deleted at the same time. */
const collectionWorkers = 64;

/** DeleteOptions may be written in the resource's own group and version or in core v1: they are the same in all. */
function decodeDeleteOptions(request: ApiRequest, body: Buffer): JsonObject {
  const { object } = decodeObject({
    body,
    contentType: bodyFormat(request),
    expected: { group: '', version: 'v1', kind: 'DeleteOptions' },
    fieldValidation: 'Ignore',
  });
  return object as JsonObject;
}

/** DeleteOptions from the body where there is one, otherwise from the query. */
async function readDeleteOptions(request: ApiRequest): Promise<DeleteOptions & { dryRun: boolean; raw: JsonObject }> {
  const body = await request.exchange.body(maxBodyBytes);
  const raw = body.length === 0 ? deleteOptionsOfQuery(request.info.query) : decodeDeleteOptions(request, body);
  return { ...checkDeleteOptions(raw), raw: raw as JsonObject };
}

/** What a delete of this kind is warned of, whatever comes of it. */
function warnOfDelete(request: ApiRequest, store: Store, options: DeleteOptions): void {
  const asked = options.propagationPolicy ?? (options.orphanDependents === undefined ? undefined : 'orphanDependents');
  request.warnings.push(...(store.descriptor.deleteWarnings?.(asked) ?? []));
}

export async function remove(request: ApiRequest, store: Store, view: View, namespace: string): Promise<void> {
  const { dryRun, raw, ...options } = await readDeleteOptions(request);
  warnOfDelete(request, store, options);
  const { object, done } = await store.delete(writeRequest(request, namespace, dryRun, raw), options);
  const accepted = !done && options.orphanDependents === false;
  if (done && !store.descriptor.returnsDeletedObject) {
    return respond(request, 200, encode(store.deletedStatus(object), request.errorFormat, request.pretty));
  }
  return respond(request, accepted ? 202 : 200, renderObject(object, view));
}

/** Deletes what `select` reads, and answers with the list as it was read (store.go DeleteCollection). */
export async function removeCollection(
  request: ApiRequest,
  store: Store,
  view: View,
  select: () => Promise<Page>,
): Promise<void> {
  const { dryRun, raw, ...options } = await readDeleteOptions(request);
  warnOfDelete(request, store, options);
  const page = await select();
  const { objects } = page;
  let next = 0;
  const worker = async () => {
    while (next < objects.length) {
      const object = objects[next++]!;
      const one = { ...writeRequest(request, object.namespace, dryRun, raw), name: object.name };
      try {
        await store.delete(one, options);
      } catch (error) {
        // Somebody else deleted it first: that is what was asked for.
        if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(collectionWorkers, objects.length) }, worker));
  return respond(request, 200, await renderPage(page, view));
}
