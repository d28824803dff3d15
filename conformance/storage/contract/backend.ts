// What the contract suite needs to know of a backend, and the helpers that its tests share.
import type { Key, Storage, StorageError, StorageEvent } from '../../../storage/storage.ts';

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

/** Collects what a watch delivers, and checks as it comes that the contract's promises on order hold. */
export class Recorder {
  readonly events: StorageEvent[] = [];
  error: StorageError | undefined;
  /** The newest revision that was reported as delivered. */
  progress: number;
  readonly problems: string[] = [];
  #closed = false;
  #close: () => void;
  #waiting: { done: () => boolean; resolve: () => void }[] = [];

  constructor(storage: Storage, afterRevision: number, resource?: string) {
    this.progress = afterRevision;
    const watch = storage.watch({
      ...(resource === undefined ? {} : { resource }),
      afterRevision,
      onEvents: (events, revision) => this.#onEvents(events, revision),
      onError: (error) => this.#onError(error),
    });
    this.#close = () => watch.close();
  }

  #onEvents(events: readonly StorageEvent[], revision: number): void {
    if (this.#closed || this.error) this.problems.push(`called at ${revision} after the end`);
    if (revision < this.progress) this.problems.push(`progress went back from ${this.progress} to ${revision}`);
    let last = this.progress;
    for (const event of events) {
      if (event.object.revision <= last) this.problems.push(`event ${event.object.revision} after ${last}`);
      last = event.object.revision;
      this.events.push(event);
    }
    if (last > revision) this.problems.push(`event ${last} beyond the progress ${revision}`);
    this.progress = Math.max(this.progress, revision);
    this.#wake();
  }

  #onError(error: StorageError): void {
    if (this.error) this.problems.push('a second error');
    this.error = error;
    this.#wake();
  }

  #wake(): void {
    this.#waiting = this.#waiting.filter(({ done, resolve }) => {
      if (done()) resolve();
      return !done();
    });
  }

  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ done, resolve }));
  }

  /** Resolves when everything up to the revision has been delivered. Throws when the watch ended before. */
  async reaches(revision: number): Promise<this> {
    await this.until(() => this.progress >= revision || this.error !== undefined);
    if (this.progress < revision) throw this.error;
    return this;
  }

  async ends(): Promise<StorageError> {
    await this.until(() => this.error !== undefined);
    return this.error!;
  }

  close(): void {
    this.#closed = true;
    this.#close();
  }

  /** `TYPE name@revision` of each event. */
  get summary(): string[] {
    return this.events.map(({ type, object }) => `${type} ${object.name}@${object.revision}`);
  }
}
