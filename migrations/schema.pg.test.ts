import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { withDatabase } from '../storage/postgres/databases.ts';
import { migrate } from '../storage/postgres/migrate.ts';
import { createTestDatabase, type TestDatabase, testPostgres } from '../storage/testing/test-postgres.ts';
import { dumpSchema, schemaFile } from './dump.ts';
import { readMigrations } from './migrations.ts';

describe('migrations', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeEach(async () => {
    database = await createTestDatabase();
    client = new pg.Client(database.connection);
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  test('add up to schema.sql (after a new one: node migrations/dump.ts)', async () => {
    expect(await dumpSchema(client)).toBe(readFileSync(schemaFile, 'utf8'));
  });

  test('of several processes that start over an empty database, each finds it migrated', async () => {
    const { admin } = await testPostgres();
    const name = `${database.name}_empty`;
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
    const connection = withDatabase(admin, name);
    await Promise.all([migrate(connection), migrate(connection), migrate(connection)]);
    const empty = new pg.Client(connection);
    await empty.connect();
    const { rows } = await empty.query('SELECT name FROM kysely_migration ORDER BY name');
    expect(rows.map(({ name }) => name)).toEqual(readMigrations().map(({ name }) => name));
    expect(await dumpSchema(empty)).toBe(readFileSync(schemaFile, 'utf8'));
    await empty.end();
    await client.query(`DROP DATABASE ${name}`);
  });

  test('their numbers are consecutive', () => {
    expect(readMigrations().map(({ name }) => Number(name.slice(0, 4)))).toEqual(
      readMigrations().map((_, index) => index + 1),
    );
  });
});
