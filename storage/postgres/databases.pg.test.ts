import { expect, test } from '@jest/globals';
import type { Storage } from '../storage.ts';
import { Recorder } from '../testing/recorder.ts';
import { createTestDatabase, testPostgres } from '../testing/test-postgres.ts';
import { cloneDatabase, createTemplateDatabase, dropDatabase, resetDatabase } from './databases.ts';
import { openPostgresStorage } from './postgres-storage.ts';

async function create(storage: Storage, ...names: string[]): Promise<void> {
  for (const name of names) {
    await storage.write({ type: 'create', key: { resource: 'pods', namespace: 'ns', name }, uid: name, value: '{}' });
  }
}

test('a clone has the template as it was, and changes of it stay its own', async () => {
  const { admin } = await testPostgres();
  const template = `pgplane_test_${process.pid}_template`;
  await Promise.all([createTemplateDatabase(admin, template), createTemplateDatabase(admin, template)]);
  const names = [`${template}_a`, `${template}_b`];
  const storages = [];
  for (const name of names) {
    storages.push(await openPostgresStorage({ connection: await cloneDatabase(admin, template, name) }));
  }
  await create(storages[0]!, 'a');
  expect(await storages[0]!.currentRevision()).toBe(2);
  expect(await storages[1]!.currentRevision()).toBe(1);
  for (const storage of storages) await storage.close();
  for (const name of [...names, template]) await dropDatabase(admin, name);
  await dropDatabase(admin, template);
});

test('a reset under a running server ends its watches, leaves nothing, and revisions go on', async () => {
  const database = await createTestDatabase();
  const storage = await openPostgresStorage({ connection: database.connection });
  await create(storage, 'a', 'b');
  const watch = new Recorder(storage, 1);
  await watch.reaches(3);
  await resetDatabase(database.connection);
  expect(await watch.ends()).toMatchObject({ reason: 'Compacted' });
  const pages: unknown[] = [];
  expect(await storage.loadAll((page) => pages.push(page))).toBe(4);
  expect(pages).toEqual([]);
  const next = new Recorder(storage, 4);
  await create(storage, 'a');
  await next.reaches(5);
  expect(next.summary).toEqual(['ADDED a@5']);
  await storage.close();
  await database.drop();
});
