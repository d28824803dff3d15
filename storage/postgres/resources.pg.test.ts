import { expect, test } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase } from '../testing/test-postgres.ts';
import { oldestRevision } from './resources.ts';

test('which resources are transient is the same in SQL and here', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client(database.connection);
  await client.connect();
  const resources = ['pods', 'events', 'leases.coordination.k8s.io', 'leases', 'events.events.k8s.io', 'secrets'];
  const { rows } = await client.query(
    'SELECT is_transient(resource) AS transient FROM unnest($1::text[]) AS resource',
    [resources],
  );
  const ours = resources.map((resource) => oldestRevision(resource, { compacted: 1, compacted_transient: 2 }) === 2);
  expect(rows.map(({ transient }) => transient)).toEqual(ours);
  await client.end();
  await database.drop();
});
