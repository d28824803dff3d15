// The numbered SQL files beside this one, in order. A file that was released never changes; the schema that they add
// up to is in schema.sql, so that a migration's effect shows in review.
import { readdirSync, readFileSync } from 'node:fs';

export interface SqlMigration {
  /** The file's name without .sql, such as `0001_objects_and_history`. */
  name: string;
  sql: string;
}

/** Reads the migrations from disk, in the order in which they apply. */
export function readMigrations(): SqlMigration[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => /^\d{4}_.*\.sql$/.test(file))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.sql'.length),
      sql: readFileSync(`${import.meta.dirname}/${file}`, 'utf8'),
    }));
}
