// A run of the correctness test: two servers in this process and one in its own, clients and watchers on each, and
// faults among them: connections that end, answers that are lost, a process that stands still, compaction all the while, partitions that are
// dropped. Afterwards the model judges every answer.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startMaintenance } from '../../../storage/maintenance.ts';
import { createPgDriver } from '../../../storage/postgres/pg-driver.ts';
import { openPostgresStorage, SqlStorage } from '../../../storage/postgres/postgres-storage.ts';
import type { Storage } from '../../../storage/storage.ts';
import { Recorder } from '../../../storage/testing/recorder.ts';
import { createTestDatabase, type TestDatabase } from '../../../storage/testing/test-postgres.ts';
import { terminateBackends } from '../support/postgres-backend.ts';
import { openProcessStorage, type ProcessStorage } from '../support/process-storage.ts';
import { losingAnswers } from '../support/unreliable-driver.ts';
import { type Participant, runClient, runWatcher } from './client.ts';
import { judge } from './model.ts';
import { Observer, type WatchRecord } from './observations.ts';
import { Random } from './random.ts';

export interface ScenarioOptions {
  seed: number;
  durationMs: number;
}

export interface ScenarioResult {
  problems: string[];
  /** How much happened, by kind: calls by method and outcome, watches by how they ended, faults by kind. */
  counts: Record<string, number>;
}

const clientsPerServer = 3;

/** Needs PostgreSQL, see test-postgres.ts. Rejects when a server cannot be started; what it finds is in the result. */
export async function runScenario({ seed, durationMs }: ScenarioOptions): Promise<ScenarioResult> {
  const database = await createTestDatabase();
  const start = await startNearPartitionEnd(database);
  const reference = await openPostgresStorage({ connection: database.connection });
  const servers: Storage[] = [
    await openUnreliable(database, new Random(seed + 1)),
    await openUnreliable(database, new Random(seed + 2)),
    await openProcessStorage(database.connection),
  ];
  const random = new Random(seed);
  const observer = new Observer(start);
  const log = new Recorder(reference, start);
  const end = Date.now() + durationMs;
  const stopped = () => Date.now() >= end;
  const participants = servers.flatMap((storage, server) =>
    Array.from({ length: clientsPerServer }, (_, client): Participant => {
      return { storage, observer, random: new Random(random.below(2 ** 31)), id: `${server}.${client}` };
    }),
  );
  const faults = new Faults(database, servers[2] as ProcessStorage, random);
  const [watches] = await Promise.all([
    Promise.all(participants.map((participant) => runWatcher(participant, stopped, delay))),
    ...participants.map((participant) => runClient(participant, stopped)),
    compactAllTheWhile(servers[0]!, observer, random, stopped),
    faults.run(stopped),
  ]);
  await log.reaches(await reference.currentRevision());
  const records = watches.flat();
  const problems = [...log.problems, ...judge({ log: log.events, start, calls: observer.calls, watches: records })];
  await Promise.all([reference, ...servers].map((storage) => storage.close()));
  await database.drop();
  return { problems, counts: count(observer, records, faults) };
}

async function openUnreliable({ connection }: TestDatabase, random: Random): Promise<Storage> {
  const driver = createPgDriver({ connection, poolSize: 4, onPoolError: () => {} });
  const loss = () => random.weighted({ none: 50, after: 1, during: 1 });
  const storage = new SqlStorage(losingAnswers(driver, loss));
  await storage.start();
  return storage;
}

/** So that a run of seconds crosses the end of a partition, and compaction comes to drop one. */
async function startNearPartitionEnd({ connection }: TestDatabase): Promise<number> {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client.query(
    'UPDATE counter SET revision = (SELECT min(past) - 500 FROM history_partitions) RETURNING revision',
  );
  await client.end();
  return Number(rows[0].revision);
}

/** By hand to random revisions, every 100 to 200 ms as etcd's robustness tests do. */
async function compactAllTheWhile(
  storage: Storage,
  observer: Observer,
  random: Random,
  stopped: () => boolean,
): Promise<void> {
  while (!stopped()) {
    await delay(100 + random.below(100));
    const revision = observer.newest - random.below(80);
    observer.compacted = Math.max(observer.compacted, revision);
    await storage.compact(revision).catch(() => {});
  }
}

class Faults {
  readonly counts: Record<string, number> = {};
  #database: TestDatabase;
  #process: ProcessStorage;
  #random: Random;

  constructor(database: TestDatabase, process: ProcessStorage, random: Random) {
    this.#database = database;
    this.#process = process;
    this.#random = random;
  }

  async run(stopped: () => boolean): Promise<void> {
    // Its rounds drop the partitions that lie below the compactions by hand; by time it forgets nothing.
    const storage = await openPostgresStorage({ connection: this.#database.connection });
    const never = 3_600_000;
    const timing = { intervalMs: 150, electionMs: 50, retentionMs: never, transientRetentionMs: never };
    const maintenance = startMaintenance({ storage, ...timing });
    while (!stopped()) {
      await delay(50 + this.#random.below(250));
      const kind = this.#random.weighted({ writer: 3, listener: 3, all: 1, pause: 2 });
      this.counts[kind] = (this.counts[kind] ?? 0) + 1;
      if (kind === 'pause') await this.#pause();
      else await terminateBackends(this.#database.name, kind);
    }
    this.counts['maintenance rounds'] = maintenance.rounds;
    await maintenance.close();
    await storage.close();
  }

  async #pause(): Promise<void> {
    this.#process.signal('SIGSTOP');
    await delay(50 + this.#random.below(300));
    this.#process.signal('SIGCONT');
  }
}

function count(observer: Observer, watches: readonly WatchRecord[], faults: Faults): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const { method, outcome } of observer.calls)
    add(`${method} ${outcome.kind === 'refused' ? outcome.reason : outcome.kind}`);
  for (const { error } of watches) add(`watch ${error ?? 'closed'}`);
  for (const [kind, times] of Object.entries(faults.counts)) counts[`fault ${kind}`] = times;
  return counts;
}
