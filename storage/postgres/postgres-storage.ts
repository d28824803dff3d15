// The storage contract on PostgreSQL. Writes go through one Writer (group commit), reads through a bounded pool, watches
// hang on one Tail per process. The SQL is in migrations/ and statements.ts; PGlite runs the same through another driver.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { closedError, compactedError, futureRevisionError } from '../errors.ts';
import type {
  Key,
  ListOptions,
  ListResult,
  Storage,
  StorageEvent,
  StorageWatch,
  StoredObject,
  WatchOptions,
  WriteOperation,
  WriteResult,
} from '../storage.ts';
import { type HistoryRange, WatchHub } from '../watches.ts';
import type { Driver, Row, Statement } from './driver.ts';
import { isConnectionError, unavailable } from './errors.ts';
import { listStatement } from './list-statement.ts';
import { PartitionKeeper } from './partition-keeper.ts';
import { createPgDriver } from './pg-driver.ts';
import { type CompactedRevisions, oldestRevision } from './resources.ts';
import { SharedCall } from './shared-call.ts';
import * as statements from './statements.ts';
import { type HistoryRow, storageEvent, Tail, type TailHealth } from './tail.ts';
import { Writer } from './writer.ts';

export type StorageLog = (level: 'info' | 'warn' | 'error', message: string) => void;

export interface PostgresStorageOptions {
  connection: pg.ClientConfig;
  /** Connections at most, of which one writes and one listens. At least 3; 10 when not given. */
  maxConnections?: number;
  /** How often to look for a lost notification, in milliseconds; 5000 when not given. */
  pollMs?: number;
  /** How long a call waits for a lost database before it fails with Unavailable, in milliseconds; 10,000 when not given. */
  unavailableAfterMs?: number;
  log?: StorageLog;
}

export interface StorageHealth extends TailHealth {
  /** Writes that wait for the batch under way. */
  queuedWrites: number;
  /** The last error of a connection, with its time. */
  lastConnectionError: { message: string; at: Date } | undefined;
}

/** Connects to a migrated database (see migrate). Throws what `pg` throws when it cannot. */
export async function openPostgresStorage(options: PostgresStorageOptions): Promise<SqlStorage> {
  const { connection, maxConnections = 10 } = options;
  const onPoolError = (error: Error) => storage.connectionLost(error);
  const driver = createPgDriver({ connection, poolSize: Math.max(1, maxConnections - 2), onPoolError });
  const storage = new SqlStorage(driver, options);
  try {
    await storage.start();
  } catch (error) {
    await storage.close();
    throw error;
  }
  return storage;
}

type CounterRow = Row & { revision: number } & CompactedRevisions;

export class SqlStorage implements Storage {
  #driver: Driver;
  #log: StorageLog;
  #unavailableAfterMs: number;
  #writer: Writer;
  #tail: Tail;
  #hub: WatchHub;
  #counter: SharedCall<CounterRow>;
  #catchUps = new Limit(2);
  #partitions: PartitionKeeper;
  #lastConnectionError: StorageHealth['lastConnectionError'];
  #closing: Promise<void> | undefined;

  constructor(driver: Driver, options: Omit<PostgresStorageOptions, 'connection' | 'maxConnections'> = {}) {
    const { log = () => {}, pollMs = 5000, unavailableAfterMs = 10_000 } = options;
    this.#driver = driver;
    this.#unavailableAfterMs = unavailableAfterMs;
    this.#log = log;
    this.#counter = new SharedCall(async () => (await this.#query<CounterRow>(statements.readCounter))[0]!);
    this.#hub = new WatchHub(0, {
      readHistory: (range) => this.#catchUps.run(() => this.#readHistory(range)),
      currentRevision: () => this.currentRevision(),
    });
    this.#partitions = new PartitionKeeper(driver);
    this.#tail = new Tail({ driver, hub: this.#hub, log, pollMs });
    this.#writer = new Writer({
      driver,
      id: randomUUID(),
      onApplied: (events) => this.#applied(events),
      onConnectionLost: (error) => this.connectionLost(error),
      unavailableAfterMs,
    });
  }

  /** Opens the connections that are kept. */
  async start(): Promise<void> {
    await this.#tail.start();
  }

  /** The driver, for maintenance, which keeps a connection of its own. */
  get driver(): Driver {
    return this.#driver;
  }

  connectionLost(error: Error): void {
    if (this.#closing) return;
    this.#lastConnectionError = { message: error.message, at: new Date() };
    this.#log('warn', `a connection was lost: ${error.message}`);
  }

  health(): StorageHealth {
    return {
      ...this.#tail.health,
      queuedWrites: this.#writer.queued,
      lastConnectionError: this.#lastConnectionError,
    };
  }

  #applied(events: readonly StorageEvent[]): void {
    this.#partitions.reached(events.at(-1)!.object.revision);
    this.#tail.applied(events);
  }

  write(operation: WriteOperation): Promise<WriteResult> {
    return this.#writer.write(operation);
  }

  async get({ resource, namespace, name }: Key): Promise<StoredObject | undefined> {
    const rows = await this.#query<StoredObject & Row>(statements.getObject, [resource, namespace, name]);
    return rows[0];
  }

  async list(options: ListOptions): Promise<ListResult> {
    const { statement, values } = listStatement(options);
    type ItemRow = Row & CompactedRevisions & { newest: number; total: number | null } & StoredObject;
    const rows = await this.#query<ItemRow>(statement, values);
    const { newest, total, ...revisions } = rows[0]!;
    const revision = options.revision ?? newest;
    if (revision > newest) throw futureRevisionError(revision, newest);
    const oldest = oldestRevision(options.resource, revisions);
    if (revision < oldest) throw compactedError(revision, oldest);
    const items = rows[0]!.name === null ? [] : rows.map((row) => storedObject({ ...row, resource: options.resource }));
    return { revision, items, remaining: total === null ? 0 : total - items.length };
  }

  async loadAll(onPage: (items: readonly StoredObject[]) => void): Promise<number> {
    this.#checkOpen();
    let revision = 0;
    try {
      await this.#driver.stream<Row & StoredObject & { newest: number }>(statements.loadAll, (rows) => {
        revision = rows[0]!.newest;
        if (rows[0]!.name !== null) onPage(rows.map(storedObject));
      });
    } catch (error) {
      throw unavailable(error);
    }
    return revision;
  }

  async currentRevision(): Promise<number> {
    return (await this.#counter.get()).revision;
  }

  watch(options: WatchOptions): StorageWatch {
    return this.#hub.watch(options);
  }

  async #readHistory({ resource, after, upTo, limit }: HistoryRange): Promise<StorageEvent[]> {
    const rows = await this.#query<HistoryRow>(statements.readHistory, [after, upTo, resource ?? null, limit]);
    const oldest = oldestRevision(resource, rows[0]!);
    if (after < oldest) throw compactedError(after, oldest);
    return rows[0]!.type === null ? [] : rows.map(storageEvent);
  }

  async compact(revision: number): Promise<void> {
    const newest = await this.currentRevision();
    if (revision > newest) throw futureRevisionError(revision, newest);
    await this.#query(statements.compact, [revision, revision]);
  }

  async compactedRevision(): Promise<number> {
    return (await this.#counter.get()).compacted;
  }

  async ping(): Promise<void> {
    this.#checkOpen();
    await this.#driver.query(statements.readCounter).catch((error) => {
      throw unavailable(error);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#hub.close(closedError());
    await this.#writer.close();
    await this.#tail.close();
    await this.#driver.close();
  }

  #checkOpen(): void {
    if (this.#closing) throw closedError();
  }

  /** Reads may be repeated: one whose connection breaks is, until it has waited as long as a write would. */
  async #query<Result extends Row>(statement: Statement, values?: readonly unknown[]): Promise<Result[]> {
    const deadline = Date.now() + this.#unavailableAfterMs;
    for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 500)) {
      this.#checkOpen();
      try {
        return await this.#driver.query<Result>(statement, values);
      } catch (error) {
        if (this.#closing) throw closedError();
        if (!isConnectionError(error) || Date.now() + pauseMs > deadline) throw unavailable(error);
      }
      await delay(pauseMs);
    }
  }
}

function storedObject({ resource, namespace, name, uid, revision, value }: StoredObject): StoredObject {
  return { resource, namespace, name, uid, revision, value };
}

/** Lets at most so many run at once, so that watches which catch up leave the pool to others. */
class Limit {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async run<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
