// The storage contract: what any backend must do, and what it means in the awkward cases.
// The words: a *revision* is one cluster-wide counter, dense and in commit order; a *key* is resource,
// namespace and name; a *value* is the object's JSON text as served but for metadata.resourceVersion.
// The revision of a storage that nothing was ever written to is 1, as in etcd, so that no list answers with "0".
// conformance/storage holds the suite that every backend passes.

/** `resource` is upstream's GroupResource string (`pods`, `deployments.apps`); `namespace` is '' for cluster scope. */
export interface Key {
  resource: string;
  namespace: string;
  name: string;
}

export interface StoredObject extends Key {
  /** metadata.uid, kept beside the value so that preconditions need no parsing. */
  uid: string;
  /** Revision of the last write to this key. */
  revision: number;
  value: string;
}

export interface Preconditions {
  /** The write applies only while the stored revision is this one. */
  revision?: number;
  /** The write applies only while the stored uid is this one. */
  uid?: string;
}

export interface CreateOperation {
  type: 'create';
  key: Key;
  uid: string;
  value: string;
}

/** An update whose value equals the stored text is a no-op: same revision, no event. */
export interface UpdateOperation {
  type: 'update';
  key: Key;
  value: string;
  preconditions?: Preconditions;
}

export interface DeleteOperation {
  type: 'delete';
  key: Key;
  preconditions?: Preconditions;
}

export type WriteOperation = CreateOperation | UpdateOperation | DeleteOperation;

export interface WriteResult {
  /** The revision of this write; for a no-op update the revision the object already had. */
  revision: number;
  /** The object as stored by this write; for a delete, as it was before, with the delete's revision. */
  object: StoredObject;
}

/** Why a storage call failed. `object` is the present state where the backend knows it. */
export type StorageErrorReason =
  /** create: the key is taken. */
  | 'KeyExists'
  /** update, delete: no such key. */
  | 'KeyNotFound'
  /** update, delete: a precondition does not hold; `object` is what is stored. */
  | 'Conflict'
  /** list, watch: the revision was compacted away; `revision` is the oldest that can still be asked for. */
  | 'Compacted'
  /** list, watch: the revision lies ahead of the newest; `revision` is the newest. */
  | 'FutureRevision'
  /** The backend cannot be reached. A write that failed this way may or may not have been applied. */
  | 'Unavailable'
  /** The storage was closed. */
  | 'Closed';

export class StorageError extends Error {
  readonly reason: StorageErrorReason;
  readonly object: StoredObject | undefined;
  readonly revision: number | undefined;

  constructor(
    reason: StorageErrorReason,
    message: string,
    more: { object?: StoredObject; revision?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'StorageError';
    this.reason = reason;
    this.object = more.object;
    this.revision = more.revision;
  }
}

export interface StorageEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For DELETED: the last state, with the revision of the delete. */
  object: StoredObject;
}

export interface ListOptions {
  resource: string;
  /** Only this namespace. Undefined: all of them. */
  namespace?: string;
  /** The exact revision to list at. Undefined: the newest. */
  revision?: number;
  /** At most this many objects. Undefined: all. */
  limit?: number;
  /** Only keys after this one, in (namespace, name) byte order. */
  after?: { namespace: string; name: string };
}

export interface ListResult {
  /** The revision that the list is exact at: the one asked for, or the newest. */
  revision: number;
  /** In (namespace, name) byte order (C collation). */
  items: StoredObject[];
  /** How many more match after the last item; 0 when the list is complete. */
  remaining: number;
}

export interface WatchOptions {
  /** Only this resource. Undefined: all. */
  resource?: string;
  /** Events with a revision greater than this one. */
  afterRevision: number;
  /**
   * Called in order, every event once; events of one revision are never split over two calls. `revision` is the
   * progress: every event up to and including it has now been delivered, even where it matched nothing (`events` may be empty).
   */
  onEvents(events: readonly StorageEvent[], revision: number): void;
  /** Called at most once, last: the watch has ended. */
  onError(error: StorageError): void;
}

export interface StorageWatch {
  /** Stops the watch; no callback is called after it returns. */
  close(): void;
}

export interface Storage {
  /**
   * Applies one write, durably when it resolves. Concurrent calls share a batch (group commit); each operation
   * succeeds or fails alone. Throws StorageError KeyExists, KeyNotFound, Conflict, Unavailable, Closed.
   */
  write(operation: WriteOperation): Promise<WriteResult>;
  /** The present state of a key, at least as new as every write acknowledged before the call. */
  get(key: Key): Promise<StoredObject | undefined>;
  /** Throws Compacted or FutureRevision for a `revision` that cannot be served. */
  list(options: ListOptions): Promise<ListResult>;
  /**
   * Everything that is stored, of every resource, exact at the one revision that it resolves to; `onPage` is called with
   * one page after the other, each in (resource, namespace, name) byte order. A watch after that revision misses nothing.
   */
  loadAll(onPage: (items: readonly StoredObject[]) => void): Promise<number>;
  /**
   * The newest revision, at least as new as every write (of any process) acknowledged before the call.
   * Concurrent calls share a query.
   */
  currentRevision(): Promise<number>;
  /** A watch from the past catches up from history and goes on live. Compacted and FutureRevision reach `onError`. */
  watch(options: WatchOptions): StorageWatch;
  /** Forgets history up to and including `revision`: lists at, and watches after, an older revision end with Compacted. */
  compact(revision: number): Promise<void>;
  /** The newest revision that compaction has taken; 0 when none. */
  compactedRevision(): Promise<number>;
  /** Resolves when the backend answers; used by /livez and /readyz. */
  ping(): Promise<void>;
  /** Ends all watches, fails what is queued with Closed, and frees every socket and timer. Idempotent. */
  close(): Promise<void>;
}
