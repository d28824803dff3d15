// The state of a cluster, kept to go back to: as ordinary writes, so that caches and watches see it happen.
import { type Storage, StorageError, type StoredObject, type WriteOperation } from '../storage/storage.ts';

export type Snapshot = ReadonlyMap<string, StoredObject>;

function keyOf({ resource, namespace, name }: StoredObject): string {
  return `${resource}\n${namespace}\n${name}`;
}

async function everything(storage: Storage): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>();
  await storage.loadAll((items) => {
    for (const item of items) objects.set(keyOf(item), item);
  });
  return objects;
}

export async function takeSnapshot(storage: Storage): Promise<Snapshot> {
  return everything(storage);
}

function difference(now: ReadonlyMap<string, StoredObject>, then: Snapshot): WriteOperation[] {
  const operations: WriteOperation[] = [];
  for (const [key, object] of now) {
    const before = then.get(key);
    if (before === undefined) operations.push({ type: 'delete', key: object });
    else if (before.uid !== object.uid) {
      operations.push(
        { type: 'delete', key: object },
        { type: 'create', key: before, uid: before.uid, value: before.value },
      );
    } else if (before.value !== object.value) operations.push({ type: 'update', key: before, value: before.value });
  }
  for (const [key, { uid, value, ...rest }] of then) {
    if (!now.has(key)) operations.push({ type: 'create', key: rest, uid, value });
  }
  return operations;
}

/** Puts everything back. What somebody else deletes or makes at the same moment is left as they want it. */
export async function restore(storage: Storage, snapshot: Snapshot): Promise<void> {
  const operations = difference(await everything(storage), snapshot);
  await Promise.all(
    operations.map(async (operation) => {
      try {
        await storage.write(operation);
      } catch (error) {
        const raced = error instanceof StorageError && (error.reason === 'KeyNotFound' || error.reason === 'KeyExists');
        if (!raced) throw error;
      }
    }),
  );
}
