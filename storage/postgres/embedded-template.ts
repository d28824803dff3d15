// A data directory that is initialised and migrated already, kept in a cache and copied for each new cluster: initdb
// and the migrations take 1 s, a copy 0.05 s.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { readMigrations } from '../../migrations/migrations.ts';
import { commandAs, findPostgresBinaries, type PostgresBinaries, unprivilegedUser } from './embedded-binaries.ts';
import { startPostmaster } from './embedded-process.ts';
import { embeddedDatabase, embeddedSettings, embeddedUser, socketDirectoryFor } from './embedded-settings.ts';
import { migrate } from './migrate.ts';

const run = promisify(execFile);

const initdbOptions = [
  `--username=${embeddedUser}`,
  // Nobody else can enter the directory of the socket, and no other way leads in.
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
  '--no-sync',
  // Filled with zeros and flushed before use, which the writes that need it wait for.
  '--wal-segsize=4',
];

/**
 * Makes the template where it is missing and returns its path. A set-up script may call it so that the first start is
 * as fast as any other; the first start calls it otherwise.
 */
export async function prepareEmbeddedTemplate(): Promise<string> {
  const binaries = findPostgresBinaries();
  const template = path.join(cacheDirectory(), templateName(binaries));
  if (!existsSync(template)) await buildTemplate(binaries, template);
  return template;
}

/** Copies a template, sharing the blocks where the file system can. The target must not exist. */
export async function copyTemplate(template: string, target: string): Promise<void> {
  try {
    await run('cp', ['-a', '--reflink=auto', template, target]);
  } catch {
    rmSync(target, { recursive: true, force: true });
    await run('cp', ['-a', template, target]);
  }
}

/** Anything that makes another template another name; users cannot read each other's. */
function templateName({ version }: PostgresBinaries): string {
  const content = JSON.stringify([version, initdbOptions, readMigrations()]);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return `postgres-${version}-${hash}-user${unprivilegedUser()?.uid ?? process.getuid?.() ?? 0}`;
}

function cacheDirectory(): string {
  const modules = path.resolve(findPostgresBinaries().postgres, '../../../../../');
  const userCache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const candidates = [path.join(modules, '.cache'), userCache, tmpdir()].map((each) => path.join(each, 'pgplane'));
  const directory = candidates.find(isWritable);
  if (!directory) throw new Error(`none of ${candidates.join(', ')} can be written to`);
  return directory;
}

function isWritable(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Builds beside its final place and renames: of two who build at once, the first wins and the other throws its own away. */
async function buildTemplate(binaries: PostgresBinaries, template: string): Promise<void> {
  removeAbandoned(path.dirname(template));
  const directory = mkdtempSync(path.join(path.dirname(template), 'building-'));
  const user = unprivilegedUser();
  if (user) chownSync(directory, user.uid, user.gid);
  try {
    await runInitdb([...initdbOptions, `--pgdata=${directory}`], directory);
    await migrateTemplate(binaries, directory);
    await syncDataDirectory(directory);
    if (!existsSync(template)) renameSync(directory, template);
  } catch (error) {
    if (!existsSync(template)) throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What builders left that were killed; a living one takes seconds. */
function removeAbandoned(cache: string): void {
  const abandonedAfterMs = 10 * 60_000;
  for (const name of readdirSync(cache).filter((each) => each.startsWith('building-'))) {
    const directory = path.join(cache, name);
    const { mtimeMs } = statSync(directory, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (mtimeMs < Date.now() - abandonedAfterMs) rmSync(directory, { recursive: true, force: true });
  }
}

async function migrateTemplate(binaries: PostgresBinaries, dataDirectory: string): Promise<void> {
  const user = unprivilegedUser();
  const socket = socketDirectoryFor(dataDirectory, user);
  const settings = { ...embeddedSettings, fsync: 'off' };
  const socketDirectory = socket.directory;
  const postmaster = await startPostmaster({
    binaries,
    user,
    dataDirectory,
    socketDirectory,
    settings,
    ephemeral: false,
  });
  try {
    const connection = { host: socket.directory, user: embeddedUser, database: 'template1' };
    const client = new pg.Client(connection);
    await client.connect();
    // Not one database more: each is 300 files to copy at every first start.
    await client.query(`ALTER DATABASE postgres RENAME TO ${embeddedDatabase}`);
    await client.end();
    await migrate({ ...connection, database: embeddedDatabase });
  } finally {
    await postmaster.stop();
    socket.remove();
    rmSync(path.join(dataDirectory, 'postgres.log'), { force: true });
  }
}

/**
 * Flushes a data directory that no PostgreSQL runs on to disk: by one syncfs(2) where the machine has coreutils, else
 * file by file, which takes seconds for its thousand files while others write to the same disk.
 */
export async function syncDataDirectory(dataDirectory: string): Promise<void> {
  try {
    await run('sync', ['-f', dataDirectory]);
  } catch {
    await runInitdb(['--sync-only', `--pgdata=${dataDirectory}`], dataDirectory);
  }
}

async function runInitdb(args: string[], dataDirectory: string): Promise<void> {
  const { initdb } = findPostgresBinaries();
  const reached = [initdb, path.join(dataDirectory, 'PG_VERSION')];
  const command = commandAs(unprivilegedUser(), reached, initdb, args);
  await run(command.file, command.args, { ...command.user, env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
}
