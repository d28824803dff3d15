// PostgreSQL for tests: the server named by PGPLANE_TEST_DATABASE_URL, else the embedded one, started once per process
// when the first test asks for it. It and everything in it vanishes with the process; nothing needs to be stopped.
import { EventEmitter } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClientConfig } from 'pg';
import { cloneDatabase, createTemplateDatabase, dropDatabase, withDatabase } from '../postgres/databases.ts';
import { startEmbeddedPostgres } from '../postgres/embedded.ts';

export interface TestPostgres {
  /** A database to connect to while others are created and dropped. */
  admin: ClientConfig;
  /** The migrated database to clone. */
  template: string;
}

export interface TestDatabase {
  name: string;
  connection: ClientConfig;
  /** Ends what is still connected. */
  drop(): Promise<void>;
}

// Jest gives each test file its own globals and modules; only Node's own modules are one per process.
const shared = EventEmitter as unknown as Record<symbol, Promise<TestPostgres> | undefined>;
const slot = Symbol.for('pgplane test postgres');

/** The server that this process' tests share. */
export function testPostgres(): Promise<TestPostgres> {
  shared[slot] ??= start();
  return shared[slot];
}

async function start(): Promise<TestPostgres> {
  const url = process.env['PGPLANE_TEST_DATABASE_URL'];
  if (url) {
    const admin = { connectionString: url };
    const template = 'pgplane_test_template';
    await createTemplateDatabase(admin, template);
    return { admin, template };
  }
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'pgplane-test-'));
  const { connection } = await startEmbeddedPostgres({ dataDirectory, ephemeral: true });
  return { admin: withDatabase(connection, 'template1'), template: connection.database };
}

let clones = 0;

/** A fresh, migrated database of its own. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { admin, template } = await testPostgres();
  clones += 1;
  const name = `pgplane_test_${process.pid}_${Date.now().toString(36)}_${clones}`;
  const connection = await cloneDatabase(admin, template, name);
  return { name, connection, drop: () => dropDatabase(admin, name) };
}
