import type { Storage, StorageError, StorageEvent } from '../storage.ts';

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
