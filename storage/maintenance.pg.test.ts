import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { type Maintenance, type MaintenanceOptions, startMaintenance } from './maintenance.ts';
import { openPostgresStorage, type SqlStorage } from './postgres/postgres-storage.ts';
import { Recorder } from './testing/recorder.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-postgres.ts';
import { until } from './testing/until.ts';

describe('maintenance', () => {
  let database: TestDatabase;
  let admin: pg.Client;
  let storages: SqlStorage[];
  let running: Maintenance[];

  beforeEach(async () => {
    database = await createTestDatabase();
    admin = new pg.Client(database.connection);
    await admin.connect();
    storages = [];
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((maintenance) => maintenance.close()));
    await Promise.all(storages.map((storage) => storage.close()));
    await admin.end();
    await database.drop();
  });

  async function open(): Promise<SqlStorage> {
    const storage = await openPostgresStorage({ connection: database.connection });
    storages.push(storage);
    return storage;
  }

  function start(storage: SqlStorage, options: Partial<MaintenanceOptions> = {}): Maintenance {
    const maintenance = startMaintenance({ storage, intervalMs: 20, electionMs: 20, ...options });
    running.push(maintenance);
    return maintenance;
  }

  const event = (name: string) => ({ resource: 'events', namespace: 'default', name });
  const partitions = async () => {
    const { rows } = await admin.query(`SELECT relid::text FROM pg_partition_tree('history') WHERE isleaf ORDER BY 1`);
    return rows.map(({ relid }) => relid as string);
  };

  test('of several processes exactly one leads, and another follows when its connection dies', async () => {
    const all = [start(await open()), start(await open()), start(await open())];
    const leaders = () => all.filter(({ state }) => state === 'leading');
    await until(() => leaders().length === 1);
    const [first] = leaders();
    await until(() => first!.rounds > 2);
    expect(all.map(({ rounds }) => rounds > 0).filter(Boolean)).toHaveLength(1);
    const holder = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await admin.query(`SELECT pg_terminate_backend(pid) FROM (${holder}) holder`);
    const rounds = all.map((each) => each.rounds);
    await until(() => all.some((each, index) => each.state === 'leading' && each.rounds > rounds[index]! + 1));
    expect(leaders()).toHaveLength(1);
  });

  test('the next process leads when the leader closes', async () => {
    const first = start(await open());
    await until(() => first.state === 'leading');
    const second = start(await open());
    await first.close();
    await until(() => second.state === 'leading');
    expect(first.state).toBe('closed');
  });

  test('an event is deleted once its last write is older than the time to live; others stay', async () => {
    const storage = await open();
    for (const name of ['old', 'touched', 'young']) {
      await storage.write({ type: 'create', key: event(name), uid: name, value: '1' });
    }
    await storage.write({ type: 'create', key: { ...event('old'), resource: 'pods' }, uid: 'p', value: '1' });
    await admin.query(`UPDATE objects SET written_at = now() - interval '2 hours' WHERE name <> 'young'`);
    await storage.write({ type: 'update', key: event('touched'), value: '2' });
    const watch = new Recorder(storage, await storage.currentRevision());
    const maintenance = start(storage, { eventTtlMs: 3_600_000 });
    await until(() => maintenance.rounds > 2);
    expect((await storage.list({ resource: 'events' })).items.map(({ name }) => name)).toEqual(['touched', 'young']);
    expect((await storage.list({ resource: 'pods' })).items).toHaveLength(1);
    await watch.reaches(await storage.currentRevision());
    expect(watch.summary).toEqual(['DELETED old@7']);
  });

  test('history older than the retention is forgotten; heartbeats and events sooner than the rest', async () => {
    const storage = await open();
    await storage.write({ type: 'create', key: { ...event('a'), resource: 'pods' }, uid: 'u', value: '1' });
    await storage.write({ type: 'create', key: event('a'), uid: 'u', value: '1' });
    const maintenance = start(storage, { retentionMs: 3_600_000, transientRetentionMs: 0 });
    await until(() => maintenance.rounds > 1);
    expect(await storage.compactedRevision()).toBe(0);
    await expect(storage.list({ resource: 'events', revision: 2 })).rejects.toMatchObject({ reason: 'Compacted' });
    expect((await storage.list({ resource: 'pods', revision: 2 })).items).toHaveLength(1);
    expect(await new Recorder(storage, 1, 'events').ends()).toMatchObject({ reason: 'Compacted' });
    await new Recorder(storage, 1, 'pods').reaches(3);
  });

  test('partitions below the compacted revision are dropped; the states above it stay exact, watches go on', async () => {
    const pod = (name: string) => ({ resource: 'pods', namespace: 'default', name });
    const before = await open();
    for (const name of ['changed', 'deleted', 'kept', 'later']) {
      await before.write({ type: 'create', key: pod(name), uid: name, value: 'old' });
    }
    // Close to the end of the first partition.
    await admin.query('UPDATE counter SET revision = 16383');
    const storage = await open();
    const watch = new Recorder(storage, 16383);
    await storage.write({ type: 'update', key: pod('kept'), value: 'new' });
    await watch.reaches(16384);
    await storage.compact(16384);
    await storage.write({ type: 'update', key: pod('changed'), value: 'new' });
    await storage.write({ type: 'delete', key: pod('deleted') });
    const exact = await storage.list({ resource: 'pods', revision: 16384 });
    expect(await partitions()).toContain('history_main_0');

    const maintenance = start(storage, { retentionMs: 3_600_000, transientRetentionMs: 3_600_000 });
    await until(() => maintenance.rounds > 1);
    expect((await partitions()).filter((name) => name.endsWith('_0'))).toEqual([]);
    expect(await storage.list({ resource: 'pods', revision: 16384 })).toEqual(exact);
    expect(exact.items.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'changed=old',
      'deleted=old',
      'kept=new',
      'later=old',
    ]);

    await storage.write({ type: 'update', key: pod('later'), value: 'new' });
    expect(await storage.list({ resource: 'pods', revision: 16384 })).toEqual(exact);
    await watch.reaches(16387);
    expect(watch.summary).toHaveLength(4);
    expect(watch.problems).toEqual([]);
  });

  test('a reader of history that does not end holds up neither writers nor new partitions', async () => {
    const storage = await open();
    await storage.write({ type: 'create', key: event('a'), uid: 'u', value: '1' });
    await admin.query('UPDATE counter SET revision = 16400');
    const second = await open();
    await second.write({ type: 'create', key: event('b'), uid: 'u', value: '1' });
    await second.compact(16401);
    const reader = new pg.Client(database.connection);
    await reader.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM history');
    const maintenance = start(second, { retentionMs: 3_600_000, transientRetentionMs: 3_600_000 });
    const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'pgplane maintenance' AND wait_event_type = 'Lock'
      AND datname = current_database()`;
    await until(async () => (await admin.query(waiting)).rowCount === 1);
    const { revision } = await second.write({ type: 'create', key: event('c'), uid: 'u', value: '1' });
    expect(revision).toBe(16402);
    await reader.query('COMMIT');
    await reader.end();
    await until(() => maintenance.rounds > 1);
    expect((await partitions()).filter((name) => name.endsWith('_0'))).toEqual([]);
  });
});
