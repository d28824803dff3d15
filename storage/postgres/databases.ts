// Whole databases: a migrated template, and clones of it. A test gets a cluster of its own this way in milliseconds.
import pg from 'pg';
import { migrate } from './migrate.ts';

/** Makes a migrated database to clone from, where it is missing. `admin` connects to any other database of the server. */
export async function createTemplateDatabase(admin: pg.ClientConfig, template: string): Promise<void> {
  await withClient(admin, async (client) => {
    await client.query(`SELECT pg_advisory_lock(hashtext('pgplane template'))`);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 1) return;
    const building = `${template}_building`;
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(building)}`);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(building)} ENCODING 'UTF8' TEMPLATE template0`);
    await migrate(withDatabase(admin, building));
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(building)} RENAME TO ${pg.escapeIdentifier(template)}`);
  });
}

/** Copies a database that nobody is connected to. Returns how to reach the copy. */
export async function cloneDatabase(admin: pg.ClientConfig, template: string, name: string): Promise<pg.ClientConfig> {
  await withClient(admin, (client) =>
    client.query(
      `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)} STRATEGY ${cloneStrategy}`,
    ),
  );
  return withDatabase(admin, name);
}

// 40 ms on a busy machine with two cores; FILE_COPY, which asks for two checkpoints, takes 20 to 400 ms.
const cloneStrategy = 'WAL_LOG';

/** Drops a database, ending whatever is connected to it. Nothing happens where there is none. */
export async function dropDatabase(admin: pg.ClientConfig, name: string): Promise<void> {
  await withClient(admin, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`),
  );
}

/**
 * Empties a database under running servers: every watch ends with Compacted, and what loads everything anew finds nothing.
 * Revisions go on from where they were.
 */
export async function resetDatabase(connection: pg.ClientConfig): Promise<void> {
  // One string of statements is one transaction. The counter comes first, as in apply_batch.
  const script = `SELECT FROM counter FOR UPDATE;
    TRUNCATE objects, history;
    UPDATE counter SET revision = revision + 1, compacted = revision + 1, compacted_transient = revision + 1;
    SELECT pg_notify('pgplane_revision', revision::text) FROM counter`;
  await withClient(connection, (client) => client.query(script));
}

/** The same server and user, another database. */
export function withDatabase({ connectionString, ...connection }: pg.ClientConfig, database: string): pg.ClientConfig {
  if (!connectionString) return { ...connection, database };
  const url = new URL(connectionString);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { ...connection, connectionString: url.href };
}

async function withClient<Result>(
  connection: pg.ClientConfig,
  action: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}
