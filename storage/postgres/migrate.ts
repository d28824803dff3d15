// Brings a database to the schema of this version, with kysely's migrator and under its advisory lock: any number of
// processes may start at once over an empty database.
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type MigrationProvider, Migrator } from 'kysely/migration';
import pg from 'pg';
import { readMigrations } from '../../migrations/migrations.ts';

const provider: MigrationProvider = {
  async getMigrations() {
    const migrations = readMigrations().map(({ name, sql: text }) => {
      return [
        name,
        {
          up: (database: Kysely<unknown>) =>
            sql
              .raw(text)
              .execute(database)
              .then(() => {}),
        },
      ] as const;
    });
    return Object.fromEntries(migrations);
  },
};

/**
 * Applies what is missing. An up-to-date database costs one query.
 * Throws what PostgreSQL or kysely's migrator throws; a migration that fails leaves nothing of itself behind.
 */
export async function migrate(connection: pg.ClientConfig): Promise<void> {
  const pool = new pg.Pool({ ...connection, max: 2 });
  // Connections on their way out may still be told that the server stops.
  pool.on('error', () => {});
  const database = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrateDatabase(database);
  } finally {
    await database.destroy();
    // kysely ends the pool only once it has used it.
    if (!pool.ended) await pool.end();
  }
}

/** The same through any dialect of PostgreSQL. */
export async function migrateDatabase(database: Kysely<unknown>): Promise<void> {
  if (await isUpToDate(database)) return;
  const { error } = await new Migrator({ db: database, provider }).migrateToLatest();
  if (error) throw error;
}

async function isUpToDate(database: Kysely<unknown>): Promise<boolean> {
  const newest = readMigrations().at(-1)!.name;
  try {
    const query = sql<{ name: string }>`SELECT name FROM kysely_migration WHERE name = ${newest}`;
    return (await query.execute(database)).rows.length === 1;
  } catch (error) {
    const undefinedTable = '42P01';
    if ((error as { code?: string }).code === undefinedTable) return false;
    throw error;
  }
}
