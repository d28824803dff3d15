// What is written down while a run goes on: each call with what it was told, each watch with what it delivered. Moments
// are counts of an event counter; the floor of a call is the newest revision that anyone had been told of when it began.
import type {
  Key,
  ListOptions,
  Storage,
  StorageErrorReason,
  StorageEvent,
  StoredObject,
  WriteOperation,
} from '../../../storage/storage.ts';
import { StorageError } from '../../../storage/storage.ts';

export type Outcome =
  | { kind: 'written'; object: StoredObject }
  | { kind: 'object'; object: StoredObject | undefined }
  | { kind: 'list'; revision: number; items: StoredObject[]; remaining: number }
  | { kind: 'revision'; revision: number }
  | { kind: 'refused'; reason: StorageErrorReason; object: StoredObject | undefined }
  /** The fate of the call is unknown. */
  | { kind: 'unavailable' };

interface Moments {
  sentAt: number;
  answeredAt: number;
  floor: number;
  /** The newest revision that anyone had asked to compact when the answer came. */
  compacted: number;
  outcome: Outcome;
}

export type Call = Moments &
  (
    | { method: 'write'; argument: WriteOperation }
    | { method: 'get'; argument: Key }
    | { method: 'list'; argument: ListOptions }
    | { method: 'currentRevision'; argument: undefined }
  );

export interface WatchRecord {
  after: number;
  resource: string | undefined;
  events: readonly StorageEvent[];
  progress: number;
  error: StorageErrorReason | undefined;
  /** What the recorder found wrong by itself: order, repetition, progress that goes back. */
  problems: readonly string[];
  floor: number;
  compacted: number;
}

export class Observer {
  readonly calls: Call[] = [];
  /** The newest revision that anyone has been told of. */
  newest: number;
  /** The newest revision that a compaction was asked for. */
  compacted = 0;
  #moment = 0;

  constructor(newest: number) {
    this.newest = newest;
  }

  saw(revision: number): void {
    this.newest = Math.max(this.newest, revision);
  }

  async write(storage: Storage, argument: WriteOperation): Promise<Outcome> {
    return this.#observe('write', argument, async () => ({
      kind: 'written',
      object: (await storage.write(argument)).object,
    }));
  }

  async get(storage: Storage, argument: Key): Promise<Outcome> {
    return this.#observe('get', argument, async () => ({ kind: 'object', object: await storage.get(argument) }));
  }

  async list(storage: Storage, argument: ListOptions): Promise<Outcome> {
    return this.#observe('list', argument, async () => ({ kind: 'list', ...(await storage.list(argument)) }));
  }

  async currentRevision(storage: Storage): Promise<Outcome> {
    return this.#observe('currentRevision', undefined, async () => ({
      kind: 'revision',
      revision: await storage.currentRevision(),
    }));
  }

  async #observe(method: Call['method'], argument: unknown, call: () => Promise<Outcome>): Promise<Outcome> {
    const sentAt = ++this.#moment;
    const floor = this.newest;
    const outcome = await call().catch(refusalOf);
    const { compacted } = this;
    this.calls.push({ method, argument, sentAt, answeredAt: ++this.#moment, floor, compacted, outcome } as Call);
    if ('revision' in outcome) this.saw(outcome.revision);
    if ('object' in outcome && outcome.object) this.saw(outcome.object.revision);
    return outcome;
  }
}

function refusalOf(error: unknown): Outcome {
  if (!(error instanceof StorageError)) throw error;
  if (error.reason === 'Unavailable') return { kind: 'unavailable' };
  return { kind: 'refused', reason: error.reason, object: error.object };
}
