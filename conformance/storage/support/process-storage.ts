// A storage in a process of its own, used from here as if it were ours: the second server of the contract suite, and a
// process to pause or to kill.
import { type ChildProcess, fork } from 'node:child_process';
import type { ClientConfig } from 'pg';
import {
  type Storage,
  StorageError,
  type StorageErrorReason,
  type StorageEvent,
  type StorageWatch,
  type StoredObject,
  type WatchOptions,
} from '../../../storage/storage.ts';

/** From here to the process: a call of a method of its storage, the start or the end of a watch. */
export type Request =
  | { id: number; method: CallableMethod; argument: unknown }
  | { watch: number; resource: string | undefined; afterRevision: number }
  | { unwatch: number };

export type CallableMethod = Exclude<keyof Storage, 'watch'>;

/** And back. */
export type Response =
  | { ready: true }
  | { id: number; result: unknown }
  | { id: number; error: SentError }
  | { watch: number; events: StorageEvent[]; revision: number }
  | { watch: number; error: SentError };

export interface SentError {
  reason: StorageErrorReason;
  message: string;
  object: StoredObject | undefined;
  revision: number | undefined;
}

export interface ProcessStorage extends Storage {
  pid: number;
  signal(name: NodeJS.Signals): void;
}

/** Starts the process and resolves when its storage is open. */
export async function openProcessStorage(connection: ClientConfig): Promise<ProcessStorage> {
  const child = fork(`${import.meta.dirname}/storage-process.ts`, [JSON.stringify(connection)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
  });
  const client = new Client(child);
  await client.ready;
  return client;
}

interface Call {
  resolve: (result: never) => void;
  reject: (error: StorageError) => void;
}

class Client implements ProcessStorage {
  readonly ready: Promise<void>;
  #child: ChildProcess;
  #calls = new Map<number, Call>();
  #watches = new Map<number, WatchOptions>();
  #last = 0;
  #exited: Promise<void>;

  constructor(child: ChildProcess) {
    this.#child = child;
    let isReady = () => {};
    this.ready = new Promise((resolve) => {
      isReady = resolve;
    });
    child.on('message', (response: Response) => {
      if ('ready' in response) isReady();
      else if ('watch' in response) this.#watched(response);
      else this.#answered(response);
    });
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    void this.#exited.then(() => this.#fail());
  }

  get pid(): number {
    return this.#child.pid!;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  write: Storage['write'] = (operation) => this.#call('write', operation);
  get: Storage['get'] = (key) => this.#call('get', key);
  list: Storage['list'] = (options) => this.#call('list', options);
  currentRevision: Storage['currentRevision'] = () => this.#call('currentRevision', undefined);
  compact: Storage['compact'] = (revision) => this.#call('compact', revision);
  compactedRevision: Storage['compactedRevision'] = () => this.#call('compactedRevision', undefined);
  ping: Storage['ping'] = () => this.#call('ping', undefined);

  async loadAll(onPage: (items: readonly StoredObject[]) => void): Promise<number> {
    const { revision, items } = await this.#call<{ revision: number; items: StoredObject[] }>('loadAll', undefined);
    if (items.length > 0) onPage(items);
    return revision;
  }

  watch(options: WatchOptions): StorageWatch {
    const watch = ++this.#last;
    this.#watches.set(watch, options);
    this.#send({ watch, resource: options.resource, afterRevision: options.afterRevision });
    return {
      close: () => {
        this.#watches.delete(watch);
        this.#send({ unwatch: watch });
      },
    };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGCONT');
    await this.#call('close', undefined).catch(() => {});
    await this.#exited;
  }

  #call<Result>(method: CallableMethod, argument: unknown): Promise<Result> {
    const id = ++this.#last;
    return new Promise<Result>((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#send({ id, method, argument });
    });
  }

  #send(request: Request): void {
    if (!this.#child.connected) this.#fail();
    else this.#child.send(request);
  }

  #answered(response: Extract<Response, { id: number }>): void {
    const call = this.#calls.get(response.id)!;
    this.#calls.delete(response.id);
    if ('error' in response) call.reject(received(response.error));
    else call.resolve(response.result as never);
  }

  #watched(response: Extract<Response, { watch: number }>): void {
    const options = this.#watches.get(response.watch);
    if (!options) return;
    if ('events' in response) options.onEvents(response.events, response.revision);
    else {
      this.#watches.delete(response.watch);
      options.onError(received(response.error));
    }
  }

  /** The process is gone: what it had not answered may have been applied or not. */
  #fail(): void {
    const error = new StorageError('Unavailable', 'the process has ended');
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
    for (const { onError } of this.#watches.values()) onError(error);
    this.#watches.clear();
  }
}

function received({ reason, message, object, revision }: SentError): StorageError {
  return new StorageError(reason, message, {
    ...(object ? { object } : {}),
    ...(revision === undefined ? {} : { revision }),
  });
}
