// What one process does for all: compaction, dropping old history, expiry of events. Each process stands for it with a
// session advisory lock; PostgreSQL frees the lock when the holder's connection ends, and the next one takes over.
//   waiting   another process holds the lock (or there is no connection); asks again every `electionMs`
//   leading   holds the lock; works every `intervalMs`
import type { Session } from './postgres/driver.ts';
import { compactByTime, dropPartitions, readFloors } from './postgres/history-maintenance.ts';
import type { SqlStorage, StorageLog } from './postgres/postgres-storage.ts';
import type { Key } from './storage.ts';
import { StorageError } from './storage.ts';

export interface MaintenanceOptions {
  storage: SqlStorage;
  /** Time between two rounds of compaction and expiry, in milliseconds; 5 minutes when not given, as upstream's --etcd-compaction-interval. */
  intervalMs?: number;
  /** How long history is kept, in milliseconds; 5 minutes when not given. */
  retentionMs?: number;
  /** The same for heartbeats (leases) and events; 1 minute when not given. */
  transientRetentionMs?: number;
  /** How long an event lives after its last write, in milliseconds; 1 hour when not given, as upstream's --event-ttl. */
  eventTtlMs?: number;
  /** How often a waiting process asks for the lock, in milliseconds; 2000 when not given. */
  electionMs?: number;
  log?: StorageLog;
}

export interface Maintenance {
  readonly state: 'waiting' | 'leading' | 'closed';
  /** Rounds that this process has completed. */
  readonly rounds: number;
  /** Gives the lock up. */
  close(): Promise<void>;
}

const statementTimeoutMs = 30_000;
const expireAtOnce = 256;

/** Never throws: what fails is logged and tried again. */
export function startMaintenance(options: MaintenanceOptions): Maintenance {
  const maintenance = new MaintenanceLoop(options);
  maintenance.start();
  return maintenance;
}

class MaintenanceLoop implements Maintenance {
  state: Maintenance['state'] = 'waiting';
  rounds = 0;
  #options: Required<MaintenanceOptions>;
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  /** How far compaction had come one round ago: what lies below may be dropped. */
  #oldFloors: { main: number; transient: number } | undefined;

  constructor(options: MaintenanceOptions) {
    const minute = 60_000;
    this.#options = {
      intervalMs: 5 * minute,
      retentionMs: 5 * minute,
      transientRetentionMs: minute,
      eventTtlMs: 60 * minute,
      electionMs: 2000,
      log: () => {},
      ...options,
    };
  }

  start(): void {
    this.#working = this.#step();
  }

  async close(): Promise<void> {
    this.state = 'closed';
    clearTimeout(this.#timer);
    await this.#session?.close().catch(() => {});
    await this.#working;
  }

  /** One election or one round, whichever is due; then waits for the next. */
  async #step(): Promise<void> {
    const { electionMs, intervalMs, log } = this.#options;
    try {
      if (this.state === 'waiting') await this.#stand();
      if (this.state === 'leading') await this.#round(this.#session!);
    } catch (error) {
      if (!this.#isClosed()) log('warn', `maintenance: ${(error as Error).message}`);
    }
    this.#schedule(this.state === 'leading' ? intervalMs : electionMs);
  }

  #schedule(afterMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed()) return;
    this.#timer = setTimeout(() => {
      this.#working = this.#step();
    }, afterMs);
  }

  #isClosed(): boolean {
    return this.state === 'closed';
  }

  async #stand(): Promise<void> {
    this.#session ??= await this.#connect();
    const text = `SELECT pg_try_advisory_lock(hashtext('pgplane maintenance')) AS leading`;
    const [row] = await this.#session.query<{ leading: boolean }>({ text });
    if (!row!.leading || this.#isClosed()) return;
    this.state = 'leading';
    this.#oldFloors = undefined;
    this.#options.log('info', 'this process runs compaction and expiry');
  }

  async #connect(): Promise<Session> {
    const session = await this.#options.storage.driver.connect('maintenance', () => {
      if (this.#session !== session) return;
      this.#session = undefined;
      if (this.state !== 'leading') return;
      // Whoever holds the lock now works; we stand again.
      this.state = 'waiting';
      this.#schedule(this.#options.electionMs);
    });
    await session.query({ text: `SET statement_timeout = ${statementTimeoutMs}` });
    return session;
  }

  async #round(session: Session): Promise<void> {
    const { retentionMs, transientRetentionMs, log } = this.#options;
    if (this.#oldFloors) {
      const dropped = await dropPartitions(session, this.#oldFloors);
      if (dropped > 0) log('info', `dropped ${dropped} partitions of history`);
    }
    await compactByTime(session, { retentionMs, transientRetentionMs });
    this.#oldFloors = await readFloors(session);
    await this.#expireEvents(session);
    await session.query({ text: `DELETE FROM writers WHERE seen_at < clock_timestamp() - interval '1 day'` });
    this.rounds += 1;
  }

  /** Deletes like any client, so that watchers see it; only what nobody has written to since it was found. */
  async #expireEvents(session: Session): Promise<void> {
    const { storage, eventTtlMs } = this.#options;
    for (;;) {
      const expired = await session.query<{ namespace: string; name: string; revision: number }>(
        {
          text: `SELECT namespace, name, revision FROM objects
            WHERE resource = 'events' AND written_at < clock_timestamp() - $1 * interval '1 ms' LIMIT ${expireAtOnce}`,
        },
        [eventTtlMs],
      );
      const deletions = expired.map(({ namespace, name, revision }) =>
        deleteUnlessChanged(storage, { resource: 'events', namespace, name }, revision),
      );
      await Promise.all(deletions);
      if (expired.length < expireAtOnce || this.state !== 'leading') return;
    }
  }
}

async function deleteUnlessChanged(storage: SqlStorage, key: Key, revision: number): Promise<void> {
  try {
    await storage.write({ type: 'delete', key, preconditions: { revision } });
  } catch (error) {
    if (error instanceof StorageError && (error.reason === 'Conflict' || error.reason === 'KeyNotFound')) return;
    throw error;
  }
}
