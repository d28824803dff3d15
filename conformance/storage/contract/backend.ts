// What the contract suite needs to know of a backend, and the helpers that its tests share.
import type { Key, Storage, StorageError } from '../../../storage/storage.ts';

export interface StorageBackend {
  name: string;
  /** What OpenBackend has beyond the storage; the tests that need it exist only then. */
  features: { peers: boolean; connections: boolean; reads: boolean };
  /** A storage that nothing was written to yet. */
  open(): Promise<OpenBackend>;
}

export interface OpenBackend {
  storage: Storage;
  /** `peers`: another storage on the same data, as another server has it. */
  openPeer?(): Promise<Storage>;
  /** `connections`: ends connections of all storages that were opened here, in the middle of whatever they do. */
  breakConnections?(which: 'all' | 'listener' | 'writer'): Promise<unknown>;
  /** `reads`: statements sent so far by all storages here, but for those of writers and listeners. */
  countReads?(): number;
  /** Closes the storages and removes the data. */
  dispose(): Promise<void>;
}

export function key(name: string, namespace = 'default', resource = 'pods'): Key {
  return { resource, namespace, name };
}

/** The error that a call fails with; fails when it does not. */
export async function errorOf(call: Promise<unknown>): Promise<StorageError> {
  try {
    await call;
  } catch (error) {
    return error as StorageError;
  }
  throw new Error('the call should have failed');
}

/** Writes objects one after the other; returns the revision of the last. */
export async function createAll(storage: Storage, keys: readonly Key[], value = '{}'): Promise<number> {
  let revision = 0;
  for (const each of keys) {
    ({ revision } = await storage.write({ type: 'create', key: each, uid: `uid-${each.name}`, value }));
  }
  return revision;
}
