// Each published failure of a Postgres-backed store of Kubernetes objects, as a test that ours does not have it.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { type Maintenance, startMaintenance } from '../../storage/maintenance.ts';
import type { Driver, Session } from '../../storage/postgres/driver.ts';
import { createPgDriver } from '../../storage/postgres/pg-driver.ts';
import { SqlStorage } from '../../storage/postgres/postgres-storage.ts';
import { Recorder } from '../../storage/testing/recorder.ts';
import { createTestDatabase, type TestDatabase } from '../../storage/testing/test-postgres.ts';
import { until } from '../../storage/testing/until.ts';
import { createAll, errorOf, key } from './contract/backend.ts';
import { losingAnswers } from './support/unreliable-driver.ts';

jest.setTimeout(60_000);

describe('published failures of other stores', () => {
  let database: TestDatabase;
  let closing: (() => Promise<unknown>)[];

  beforeEach(async () => {
    database = await createTestDatabase();
    closing = [];
  });
  afterEach(async () => {
    for (const close of closing.reverse()) await close();
    await database.drop();
  });

  async function open(change: (driver: Driver) => Driver = (driver) => driver, pollMs = 5000): Promise<SqlStorage> {
    const driver = createPgDriver({ connection: database.connection, poolSize: 4, onPoolError: () => {} });
    const storage = new SqlStorage(change(driver), { pollMs });
    closing.push(() => storage.close());
    await storage.start();
    return storage;
  }

  async function client(): Promise<pg.Client> {
    const connected = new pg.Client(database.connection);
    await connected.connect();
    closing.push(() => connected.end());
    return connected;
  }

  test('kine#676: a transaction that pauses between drawing its revision and commit loses no event', async () => {
    const storage = await open();
    const watch = new Recorder(storage, 1);
    const paused = await client();
    await paused.query('BEGIN');
    const batch = `SELECT revision FROM apply_batch('paused', 1, '{create}', '{pods}', '{default}', '{first}', '{u}', '{1}', '{null}', '{null}')`;
    expect((await paused.query(batch)).rows).toEqual([{ revision: '2' }]);
    const second = storage.write({ type: 'create', key: key('second'), uid: 'u', value: '2' });
    const observer = await client();
    const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'pgplane writer' AND wait_event_type = 'Lock' AND datname = current_database()`;
    await until(async () => (await observer.query(waiting)).rowCount === 1);
    // Nobody is shown a revision while an older one may still appear.
    expect(await storage.currentRevision()).toBe(1);
    expect((await storage.list({ resource: 'pods' })).revision).toBe(1);
    expect(watch.events).toEqual([]);
    await paused.query('COMMIT');
    expect((await second).revision).toBe(3);
    await watch.reaches(3);
    expect(watch.summary).toEqual(['ADDED first@2', 'ADDED second@3']);
  });

  test('kine#754, #759: refused inserts and transactions that roll back burn no revision', async () => {
    const storage = await open();
    const watch = new Recorder(storage, 1);
    await createAll(storage, [key('a')]);
    const refused = Array.from({ length: 200 }, (_, index) =>
      errorOf(storage.write({ type: 'create', key: key('a'), uid: `u${index}`, value: '{}' })),
    );
    expect((await Promise.all(refused)).every(({ reason }) => reason === 'KeyExists')).toBe(true);
    const other = await client();
    for (let batch = 1; batch <= 5; batch++) {
      await other.query('BEGIN');
      await other.query(
        `SELECT apply_batch('other', $1, '{create}', '{pods}', '{default}', '{x}', '{u}', '{1}', '{null}', '{null}')`,
        [batch],
      );
      await other.query('ROLLBACK');
    }
    await createAll(storage, [key('b')]);
    await watch.reaches(3);
    expect(watch.summary).toEqual(['ADDED a@2', 'ADDED b@3']);
  });

  test('kine#759: two servers writing, with refusals on both: the watches of both go on', async () => {
    const storages = [await open(), await open()];
    const watches = storages.map((storage) => new Recorder(storage, 1));
    const writes = Array.from({ length: 600 }, (_, index) =>
      storages[index % 2]!.write({
        type: 'create',
        key: key(`k${Math.floor(index / 4)}`),
        uid: `u${index}`,
        value: '{}',
      }).catch(() => {}),
    );
    await Promise.all(writes);
    expect(await storages[0]!.currentRevision()).toBe(151);
    for (const watch of watches) {
      await watch.reaches(151);
      expect(watch.events.map(({ object }) => object.revision)).toEqual(
        Array.from({ length: 150 }, (_, index) => index + 2),
      );
    }
  });

  test('kine#754: with several servers, one runs expiry, and each event is deleted once', async () => {
    const storages = [await open(), await open(), await open()];
    await createAll(
      storages[0]!,
      Array.from({ length: 300 }, (_, index) => key(`e${index}`, 'default', 'events')),
    );
    const watch = new Recorder(storages[2]!, 301);
    const maintenances = storages.map((storage) =>
      startMaintenance({ storage, intervalMs: 10, electionMs: 10, eventTtlMs: 0 }),
    );
    closing.push(...maintenances.map((maintenance: Maintenance) => () => maintenance.close()));
    await watch.reaches(601);
    await until(() => maintenances.some(({ rounds }) => rounds > 3));
    expect(maintenances.filter(({ rounds }) => rounds > 0)).toHaveLength(1);
    expect(await storages[0]!.currentRevision()).toBe(601);
    expect(new Set(watch.events.map(({ type, object }) => `${type} ${object.name}`)).size).toBe(300);
  });

  test('ark#1587, #1763: lost notifications cost time, never an event', async () => {
    const deaf = (driver: Driver): Driver => ({
      ...driver,
      async connect(role, onLost): Promise<Session> {
        const session = await driver.connect(role, onLost);
        return { ...session, listen: (channel) => session.listen(channel, () => {}) };
      },
    });
    const storage = await open(deaf, 20);
    const writer = await open();
    const watch = new Recorder(storage, 1);
    await createAll(writer, [key('a'), key('b')]);
    await watch.reaches(3);
    await createAll(writer, [key('c')]);
    await watch.reaches(4);
    expect(watch.summary).toEqual(['ADDED a@2', 'ADDED b@3', 'ADDED c@4']);
    expect(storage.health().missedNotifications).toBeGreaterThan(0);
    // A pooler in transaction mode looks just like this, and is told apart by a notification sent to ourselves.
    await until(() => storage.health().notificationsCarried === false);
    await until(() => writer.health().notificationsCarried === true);
  });

  test('ark#1587: what is written while nobody listens is read on reconnection', async () => {
    const storage = await open();
    const writer = await open();
    const watch = new Recorder(storage, 1);
    await createAll(writer, [key('a')]);
    await watch.reaches(2);
    const admin = await client();
    const listeners = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgplane listener' AND datname = current_database()`;
    await admin.query(listeners);
    await createAll(
      writer,
      Array.from({ length: 50 }, (_, index) => key(`b${index}`)),
    );
    await admin.query(listeners);
    await watch.reaches(52);
    expect(watch.events).toHaveLength(51);
    expect(watch.problems).toEqual([]);
  });

  test('ark#1576: a value far beyond the 8,000 bytes of a notification reaches the watches of other servers', async () => {
    const storage = await open();
    const writer = await open();
    const watch = new Recorder(storage, 1);
    const value = JSON.stringify('x'.repeat(1_000_000));
    await writer.write({ type: 'create', key: key('big'), uid: 'u', value });
    await watch.reaches(2);
    expect(watch.events[0]!.object.value).toBe(value);
  });

  test('ark#1470, #2683: a thousand watches take no connection and no query each', async () => {
    const reads = { count: 0, running: 0, most: 0 };
    const counted = (driver: Driver): Driver => ({
      ...driver,
      async query(statement, values) {
        if (statement.name !== 'read_history') return driver.query(statement, values);
        reads.count += 1;
        reads.running += 1;
        reads.most = Math.max(reads.most, reads.running);
        try {
          return await driver.query(statement, values);
        } finally {
          reads.running -= 1;
        }
      },
    });
    const storage = await open(counted);
    await createAll(storage, [key('a')]);
    const watches = Array.from({ length: 1000 }, () => new Recorder(storage, 1));
    const answered = storage.get(key('a'));
    expect((await answered)?.name).toBe('a');
    for (const watch of watches) await watch.reaches(2);
    // The get went past those that were waiting to catch up.
    expect(reads.most).toBe(2);
    const before = reads.count;
    await createAll(
      storage,
      Array.from({ length: 20 }, (_, index) => key(`b${index}`)),
    );
    for (const watch of watches) await watch.reaches(22);
    expect(reads.count).toBe(before);
  });

  test.each(['after', 'during'] as const)(
    'a batch whose answer is lost (%s it is applied) is applied once, and answered',
    async (loss) => {
      let batches = 0;
      const storage = await open((driver) => losingAnswers(driver, () => (batches++ % 2 === 0 ? loss : 'none')));
      const observer = await open();
      const watches = [new Recorder(storage, 1), new Recorder(observer, 1)];
      for (let index = 0; index < 40; index++) {
        const each = key(`k${index}`);
        const created = await storage.write({ type: 'create', key: each, uid: 'u', value: '1' });
        const [updated, refused] = await Promise.all([
          storage.write({ type: 'update', key: each, value: '2', preconditions: { revision: created.revision } }),
          errorOf(storage.write({ type: 'create', key: key('k0'), uid: 'u', value: '1' })),
        ]);
        expect([created.revision, updated.revision]).toEqual([2 * index + 2, 2 * index + 3]);
        expect(updated.object).toEqual({ ...each, uid: 'u', revision: updated.revision, value: '2' });
        expect(refused.reason).toBe('KeyExists');
      }
      for (const watch of watches) {
        await watch.reaches(81);
        expect(watch.events).toHaveLength(80);
        expect(watch.problems).toEqual([]);
      }
    },
  );

  test('kine#311, etcd#17780: a watch that starts below a compaction is told so, at whatever moment that falls', async () => {
    const storage = await open();
    await createAll(storage, [key('a')]);
    let writing = true;
    const compacting = (async () => {
      while (writing) await storage.compact(await storage.currentRevision());
    })();
    const outcomes = new Set<string>();
    for (let index = 0; index < 200; index++) {
      const { revision } = await storage.write({ type: 'update', key: key('a'), value: `${index}` });
      const after = revision - (index % 3);
      const watch = new Recorder(storage, after);
      await watch.until(() => watch.progress >= revision || watch.error !== undefined);
      if (watch.error) expect(watch.error.reason).toBe('Compacted');
      else
        expect(watch.events.map(({ object }) => object.revision).filter((each) => each <= revision)).toHaveLength(
          revision - after,
        );
      outcomes.add(watch.error ? 'compacted' : 'delivered');
      watch.close();
    }
    writing = false;
    await compacting;
    expect(outcomes.has('delivered')).toBe(true);
  });
});
