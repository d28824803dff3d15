// Group commit: the writes of a process wait in one queue, and whatever waits goes out as one batch, one round trip and
// one commit, as soon as the batch before has returned. A lone write goes out at once. Order within the queue is kept
// per key: a second operation on a key waits for the next batch, since apply_batch takes each key once.
//
// A connection that breaks in the middle of a batch leaves its fate open. The next connection asks (settle_batch): what
// was applied is answered from history, the rest goes out again. Only when no connection comes back within
// `unavailableAfterMs` do writes fail with Unavailable; one that had been sent may then have been applied or not.
import { closedError, refusal } from '../errors.ts';
import { keyString } from '../keys.ts';
import type { StorageError, StorageEvent, StoredObject, WriteOperation, WriteResult } from '../storage.ts';
import type { Driver, Row, Session } from './driver.ts';
import { isConnectionError, isRetryable, unavailable } from './errors.ts';
import { applyBatch, readRevisions, settleBatch } from './statements.ts';

export interface WriterOptions {
  driver: Driver;
  /** Names this process among the writers of the database. */
  id: string;
  /** Called before the writes of the batch resolve, with what it changed, in order. */
  onApplied: (events: readonly StorageEvent[]) => void;
  onConnectionLost: (error: Error) => void;
  /** How long a write waits for a connection, in milliseconds. */
  unavailableAfterMs: number;
}

interface Pending {
  operation: WriteOperation;
  key: string;
  size: number;
  enqueuedAt: number;
  resolve: (result: WriteResult) => void;
  reject: (error: unknown) => void;
}

type Change = 'ADDED' | 'MODIFIED' | 'DELETED';
type Refusal = 'KeyExists' | 'KeyNotFound' | 'Conflict';

interface OutcomeRow extends Row {
  place: number;
  outcome: Change | 'Unchanged' | Refusal;
  revision: number | null;
  uid: string | null;
  value: string | null;
}

const maxBatchOperations = 512;
const maxBatchCharacters = 4 * 1024 * 1024;
const reconnectPauseMs = { first: 10, longest: 1000 };

export class Writer {
  #options: WriterOptions;
  #queue: Pending[] = [];
  #session: Session | undefined;
  #batch = 0;
  #running: Promise<void> | undefined;
  #closed = false;
  #pauseMs = reconnectPauseMs.first;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Writes that wait for the batch under way. */
  get queued(): number {
    return this.#queue.length;
  }

  write(operation: WriteOperation): Promise<WriteResult> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const size = operation.type === 'delete' ? 0 : operation.value.length;
      const key = keyString(operation.key);
      this.#queue.push({ operation, key, size, enqueuedAt: Date.now(), resolve, reject });
      // Not at once: calls of the same turn share the batch.
      this.#running ??= Promise.resolve().then(() => this.#run());
    });
  }

  /** Fails what is queued; a batch under way is answered first. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rejectQueued(closedError());
    await this.#running;
    await this.#session?.close().catch(() => {});
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      await this.#send(batch);
    }
    this.#running = undefined;
  }

  #takeBatch(): Pending[] {
    const batch: Pending[] = [];
    const keys = new Set<string>();
    const left: Pending[] = [];
    let size = 0;
    for (const [index, pending] of this.#queue.entries()) {
      if (batch.length === maxBatchOperations || (batch.length > 0 && size + pending.size > maxBatchCharacters)) {
        left.push(...this.#queue.slice(index));
        break;
      }
      if (keys.has(pending.key)) {
        left.push(pending);
        continue;
      }
      keys.add(pending.key);
      size += pending.size;
      batch.push(pending);
    }
    this.#queue = left;
    return batch;
  }

  /** Settles every operation of the batch: resolved, rejected, or back in the queue. */
  async #send(batch: Pending[]): Promise<void> {
    let session: Session;
    try {
      session = await this.#connected();
    } catch (error) {
      await this.#wait(batch, error);
      return;
    }
    const number = ++this.#batch;
    try {
      this.#settle(batch, await session.query<OutcomeRow>(applyBatch, this.#parameters(number, batch)));
    } catch (error) {
      if (isConnectionError(error)) await this.#recover(number, batch, error);
      else await this.#refuse(batch, error);
    }
  }

  #parameters(number: number, batch: readonly Pending[]): unknown[] {
    const { driver, id } = this.#options;
    const texts = (pick: (operation: WriteOperation) => string | null) =>
      driver.textArray(batch.map(({ operation }) => pick(operation)));
    const preconditions = (operation: WriteOperation) =>
      operation.type === 'create' ? undefined : operation.preconditions;
    return [
      id,
      number,
      texts(({ type }) => type),
      texts(({ key }) => key.resource),
      texts(({ key }) => key.namespace),
      texts(({ key }) => key.name),
      texts((operation) => (operation.type === 'create' ? operation.uid : null)),
      texts((operation) => (operation.type === 'delete' ? null : operation.value)),
      driver.bigintArray(batch.map(({ operation }) => preconditions(operation)?.revision ?? null)),
      texts((operation) => preconditions(operation)?.uid ?? null),
    ];
  }

  /** Tells the tail, then the callers: a caller whose write has resolved finds it in the caches of its process. */
  #settle(batch: readonly Pending[], rows: readonly OutcomeRow[]): void {
    const events: StorageEvent[] = [];
    const answers: (() => void)[] = [];
    for (const row of rows) {
      const { operation, resolve, reject } = batch[row.place - 1]!;
      const stored = storedObject(operation, row);
      if (isRefusal(row.outcome)) {
        const error = refusal(row.outcome, operation, stored);
        answers.push(() => reject(error));
      } else {
        if (row.outcome !== 'Unchanged') events.push({ type: row.outcome, object: stored! });
        answers.push(() => resolve({ revision: stored!.revision, object: stored! }));
      }
    }
    events.sort((left, right) => left.object.revision - right.object.revision);
    if (events.length > 0) this.#options.onApplied(events);
    for (const answer of answers) answer();
  }

  /** The server refused the whole batch. One operation may be to blame, so each is tried by itself. */
  async #refuse(batch: Pending[], error: unknown): Promise<void> {
    if (isRetryable(error)) this.#queue.unshift(...batch);
    else if (batch.length === 1) batch[0]!.reject(unavailable(error));
    else for (const pending of batch) await this.#send([pending]);
  }

  /** The connection broke under the batch: finds out what became of it. */
  async #recover(number: number, batch: Pending[], lost: unknown): Promise<void> {
    this.#dropSession();
    const deadline = Date.now() + this.#options.unavailableAfterMs;
    while (!this.#closed && Date.now() < deadline) {
      try {
        const session = await this.#connected();
        type Settled = { first_revision: number; last_revision: number };
        const [settled] = await session.query<Settled>(settleBatch, [this.#options.id, number]);
        const unanswered = settled ? await this.#answerFromHistory(session, batch, settled) : batch;
        this.#queue.unshift(...unanswered);
        return;
      } catch {
        this.#dropSession();
        await this.#pause();
      }
    }
    for (const pending of batch) pending.reject(unavailable(lost));
  }

  /** There is no connection: the batch goes back into the queue, but for what has waited long enough. */
  async #wait(batch: Pending[], error: unknown): Promise<void> {
    const oldest = Date.now() - this.#options.unavailableAfterMs;
    const waiting = batch.filter(({ enqueuedAt }) => enqueuedAt > oldest && !this.#closed);
    for (const pending of batch) if (!waiting.includes(pending)) pending.reject(unavailable(error));
    this.#queue.unshift(...waiting);
    await this.#pause();
  }

  /**
   * Answers what the batch changed. Returns the operations that changed nothing: they are tried again, which is as good.
   * Where that part of history is dropped already, which takes an outage of many minutes, nobody can tell.
   */
  async #answerFromHistory(
    session: Session,
    batch: Pending[],
    { first_revision: first, last_revision: last }: { first_revision: number; last_revision: number },
  ): Promise<Pending[]> {
    if (last < first) return batch;
    const rows = await session.query<StoredObject & { type: StorageEvent['type'] } & Row>(readRevisions, [first, last]);
    const isWhole = rows.length === last - first + 1;
    const events = new Map(rows.map(({ type, ...object }) => [keyString(object), { type, object }]));
    if (isWhole) this.#options.onApplied([...events.values()]);
    return batch.filter(({ key, resolve, reject }) => {
      const event = events.get(key);
      if (event) resolve({ revision: event.object.revision, object: event.object });
      else if (!isWhole) reject(unavailable(new Error('the answer to this write was lost')));
      return !event && isWhole;
    });
  }

  async #connected(): Promise<Session> {
    if (this.#session) return this.#session;
    const { driver, onConnectionLost } = this.#options;
    const session = await driver.connect('writer', (error) => {
      if (this.#session === session) this.#session = undefined;
      onConnectionLost(error);
    });
    this.#session = session;
    this.#pauseMs = reconnectPauseMs.first;
    return session;
  }

  #dropSession(): void {
    void this.#session?.close().catch(() => {});
    this.#session = undefined;
  }

  async #pause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    this.#pauseMs = Math.min(this.#pauseMs * 2, reconnectPauseMs.longest);
  }

  #rejectQueued(error: StorageError): void {
    const queued = this.#queue;
    this.#queue = [];
    for (const { reject } of queued) reject(error);
  }
}

function isRefusal(outcome: OutcomeRow['outcome']): outcome is Refusal {
  return outcome === 'KeyExists' || outcome === 'KeyNotFound' || outcome === 'Conflict';
}

function storedObject({ key, ...operation }: WriteOperation, row: OutcomeRow): StoredObject | undefined {
  if (row.revision === null) return undefined;
  const { resource, namespace, name } = key;
  const uid = row.uid ?? (operation as { uid: string }).uid;
  const value = row.value ?? (operation as { value: string }).value;
  return { resource, namespace, name, uid, revision: row.revision, value };
}
