// Deletes every object of a custom resource whose definition is being deleted (apiextensions-apiserver pkg/controller/finalizer). As far as it
// is the server itself that deletes, admission sees it, and finalizers hold objects as ever.
import { StatusError } from '../../apimachinery/status.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import { writeRequestOf } from '../registry/server-writer.ts';
import type { Store } from '../registry/store.ts';

/** How many objects are deleted at the same time. */
const workers = 64;

/** Resolves when every object is deleted or waits for its finalizers, with the first failure where there was one. */
export async function deleteInstances(store: Store): Promise<Error | undefined> {
  const objects: CachedObject[] = [];
  for (const [slice] of store.cache.slices(undefined)) objects.push(...slice);
  let next = 0;
  let failure: Error | undefined;
  const worker = async (): Promise<void> => {
    while (next < objects.length) {
      const { namespace, name } = objects[next++]!;
      try {
        await store.delete(writeRequestOf(store, namespace, name), {});
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'NotFound') continue;
        failure ??= error instanceof Error ? error : new Error(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, objects.length) }, worker));
  return failure;
}
