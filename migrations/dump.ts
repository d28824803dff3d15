// The schema of a database as text, in a form that two databases with the same schema share: what the migrations add
// up to, for review. `node migrations/dump.ts` writes schema.sql anew after a migration was added.
import { writeFileSync } from 'node:fs';
import type { ClientBase } from 'pg';

// Partitions come and go; kysely's own tables are its own matter.
const ours = `n.nspname = 'public' AND NOT c.relispartition OR c.relname IN ('history_main', 'history_transient')`;

const queries = {
  tables: `SELECT c.oid, c.relname AS name, pg_get_partkeydef(c.oid) AS partitioned_by, pg_get_expr(c.relpartbound, c.oid) AS bound,
      array_to_string(c.reloptions, ', ') AS options,
      (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid) AS parent
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND (${ours}) AND c.relname NOT LIKE 'kysely%' ORDER BY c.relname`,
  columns: `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
      pg_get_expr(d.adbin, d.adrelid) AS default_value, nullif(co.collname, 'default') AS collation,
      CASE a.attstorage WHEN ty.typstorage THEN NULL WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' WHEN 'x' THEN 'EXTENDED' ELSE 'PLAIN' END AS storage
    FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation co ON co.oid = a.attcollation
    WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  constraints: `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE conrelid = $1 AND contype <> 'n' ORDER BY conname`,
  indexes: `SELECT pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i
    WHERE i.indrelid = $1 AND NOT i.indisprimary ORDER BY 1`,
  functions: `SELECT pg_get_functiondef(p.oid) AS definition FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' ORDER BY p.proname`,
};

interface Table {
  oid: number;
  name: string;
  partitioned_by: string | null;
  bound: string | null;
  options: string | null;
  parent: string | null;
}

interface Column {
  name: string;
  type: string;
  required: boolean;
  default_value: string | null;
  collation: string | null;
  /** Where it is not the type's own. */
  storage: string | null;
}

/** Reads the catalogs of the database that the client is connected to. */
export async function dumpSchema(client: ClientBase): Promise<string> {
  const { rows: tables } = await client.query<Table>(queries.tables);
  const parts = [
    '-- Made by migrations/dump.ts from the migrations in this folder. Not to be edited, not run by anything.\n',
  ];
  for (const table of tables) parts.push(await dumpTable(client, table));
  const { rows: functions } = await client.query<{ definition: string }>(queries.functions);
  for (const { definition } of functions) parts.push(`${definition.trimEnd()};\n`);
  return parts.join('\n');
}

async function dumpTable(client: ClientBase, table: Table): Promise<string> {
  const read = async <Row>(text: string) => (await client.query(text, [table.oid])).rows as Row[];
  const columns = (await read<Column>(queries.columns)).map(columnText);
  const constraints = await read<{ name: string; definition: string }>(queries.constraints);
  const lines = [...columns, ...constraints.map(({ name, definition }) => `  CONSTRAINT ${name} ${definition}`)];
  const suffixes = [
    table.bound ? ` /* partition of ${table.parent} ${table.bound} */` : '',
    table.partitioned_by ? ` PARTITION BY ${table.partitioned_by}` : '',
    table.options ? ` WITH (${table.options})` : '',
  ];
  const indexes = (await read<{ definition: string }>(queries.indexes)).map(({ definition }) => `${definition};\n`);
  return `CREATE TABLE ${table.name} (\n${lines.join(',\n')}\n)${suffixes.join('')};\n${indexes.join('')}`;
}

function columnText({ name, type, required, default_value: value, collation, storage }: Column): string {
  const collate = collation ? ` COLLATE "${collation}"` : '';
  const stored = storage ? ` STORAGE ${storage}` : '';
  return `  ${name} ${type}${stored}${collate}${required ? ' NOT NULL' : ''}${value === null ? '' : ` DEFAULT ${value}`}`;
}

export const schemaFile = `${import.meta.dirname}/schema.sql`;

async function main(): Promise<void> {
  const { createTestDatabase } = await import('../storage/testing/test-postgres.ts');
  const { default: pg } = await import('pg');
  const database = await createTestDatabase();
  const client = new pg.Client(database.connection);
  await client.connect();
  writeFileSync(schemaFile, await dumpSchema(client));
  await client.end();
  await database.drop();
}

if (import.meta.main) await main();
