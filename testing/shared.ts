// What all clusters of one process share, whichever test file starts them: certificates, and a database that holds the default
// objects, to clone. The files live in one directory that goes with the last cluster.
import { EventEmitter } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropDatabase } from '../storage/postgres/databases.ts';
import { testPostgres } from '../storage/testing/test-postgres.ts';

interface Shared {
  clusters: number;
  directory: string | undefined;
  /** Certificates and keys by file name, so that a new directory gets the same: the template's objects name the CA. */
  certificates: Map<string, string>;
  template: Promise<string> | undefined;
}

// Jest gives each test file its own globals and modules; only Node's own modules are one per process.
const slots = EventEmitter as unknown as Record<symbol, Shared | undefined>;
const slot = Symbol.for('pgplane test clusters');

function shared(): Shared {
  slots[slot] ??= { clusters: 0, directory: undefined, certificates: new Map(), template: undefined };
  return slots[slot];
}

/** The directory for the files of the clusters that run; `releaseDirectory` is to be called once for each call. */
export async function acquireDirectory(): Promise<string> {
  const parts = shared();
  parts.clusters += 1;
  if (parts.directory === undefined) {
    parts.directory = mkdtempSync(join(tmpdir(), 'pgplane-clusters-'));
    const pki = join(parts.directory, 'pki');
    await mkdir(pki, { mode: 0o700 });
    await Promise.all([...parts.certificates].map(([name, text]) => writeFile(join(pki, name), text, { mode: 0o600 })));
  }
  return parts.directory;
}

/** Removes the directory with the last cluster; on a PostgreSQL that is not ours, the template too. */
export async function releaseDirectory(): Promise<void> {
  const parts = shared();
  parts.clusters -= 1;
  if (parts.clusters > 0 || parts.directory === undefined) return;
  const { directory, template } = parts;
  parts.directory = undefined;
  const pki = join(directory, 'pki');
  for (const name of readdirSync(pki)) parts.certificates.set(name, readFileSync(join(pki, name), 'utf8'));
  rmSync(directory, { recursive: true, force: true });
  if (template === undefined || !process.env['PGPLANE_TEST_DATABASE_URL']) return;
  parts.template = undefined;
  const [name, { admin }] = await Promise.all([template, testPostgres()]);
  await dropDatabase(admin, name);
}

/** The database to clone; `make` makes it for the first cluster that needs it. */
export function sharedTemplate(make: () => Promise<string>): Promise<string> {
  const parts = shared();
  parts.template ??= make().catch((error: unknown) => {
    parts.template = undefined;
    throw error;
  });
  return parts.template;
}

/** Writes a file that only its owner reads. */
export function writePrivateFile(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}
