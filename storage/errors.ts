// The failures that every backend words alike.
import { StorageError, type StoredObject, type WriteOperation } from './storage.ts';

export function closedError(): StorageError {
  return new StorageError('Closed', 'the storage is closed');
}

export function futureRevisionError(revision: number, newest: number): StorageError {
  return new StorageError('FutureRevision', `revision ${revision} is ahead of ${newest}`, { revision: newest });
}

export function compactedError(revision: number, oldest: number): StorageError {
  const message = `revision ${revision} was compacted away, the oldest is ${oldest}`;
  return new StorageError('Compacted', message, { revision: oldest });
}

const problems = { KeyExists: 'exists', KeyNotFound: 'not found', Conflict: 'does not meet the preconditions' };

/** `object` is what is stored under the operation's key. */
export function refusal(
  reason: keyof typeof problems,
  { key }: WriteOperation,
  object: StoredObject | undefined,
): StorageError {
  const message = `${key.resource} ${key.namespace}/${key.name} ${problems[reason]}`;
  return new StorageError(reason, message, object ? { object } : {});
}
