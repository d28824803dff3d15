// PostgreSQL as part of pgplane: the programs that npm ships, on a data directory of ours, reached by a Unix socket.
// It ends with the process that started it, even one that is killed; should a postmaster have been left on the data
// directory all the same, the next start ends it and takes over. Two processes cannot share a data directory.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ClientConfig } from 'pg';
import { findPostgresBinaries, unprivilegedUser } from './embedded-binaries.ts';
import { endOrphan, startPostmaster } from './embedded-process.ts';
import { embeddedDatabase, embeddedSettings, embeddedUser, socketDirectoryFor } from './embedded-settings.ts';
import { copyTemplate, prepareEmbeddedTemplate, syncDataDirectory } from './embedded-template.ts';

export interface EmbeddedPostgresOptions {
  /** Absent or empty: a new cluster is made, migrated already. PostgreSQL's log is `postgres.log` in it. */
  dataDirectory: string;
  log?: (message: string) => void;
  /** For tests: removes the data directory at the end, and waits for no disk. */
  ephemeral?: boolean;
}

export interface EmbeddedPostgres {
  /** How to reach the database `pgplane` as superuser. */
  connection: ClientConfig & { host: string; user: string; database: string };
  pid: number;
  /** Resolves when PostgreSQL has ended, by stop() or by itself. */
  exited: Promise<void>;
  /** Shuts down within about 2 s; idempotent. */
  stop(): Promise<void>;
}

/**
 * Resolves when PostgreSQL accepts connections, about 0.2 s after an empty directory and less for one with data. Throws
 * when the directory belongs to a living process or another major version, or when PostgreSQL's user cannot reach it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDirectory = path.resolve(options.dataDirectory);
  const binaries = findPostgresBinaries();
  const user = unprivilegedUser();
  await createDataDirectory(dataDirectory, options.ephemeral ?? false);
  checkVersion(dataDirectory, binaries.version);
  const release = takeOwnership(dataDirectory);
  try {
    await endOrphan(dataDirectory);
    const socket = socketDirectoryFor(dataDirectory, user);
    const settings = options.ephemeral ? { ...embeddedSettings, ...ephemeralSettings } : embeddedSettings;
    const ephemeral = options.ephemeral ?? false;
    const postmaster = await startPostmaster({
      binaries,
      user,
      dataDirectory,
      socketDirectory: socket.directory,
      settings,
      ephemeral,
    });
    const exited = postmaster.exited.then(() => {
      socket.remove();
      release();
      if (ephemeral) rmSync(dataDirectory, { recursive: true, force: true });
    });
    options.log?.(`PostgreSQL ${binaries.version} runs in ${dataDirectory}`);
    const connection = { host: socket.directory, user: embeddedUser, database: embeddedDatabase };
    const stop = once(async () => {
      await postmaster.stop();
      await exited;
    });
    return { connection, pid: postmaster.pid, exited, stop };
  } catch (error) {
    release();
    if (options.ephemeral) rmSync(dataDirectory, { recursive: true, force: true });
    throw error;
  }
}

const ephemeralSettings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= action();
    return result;
  };
}

/** A new cluster is copied beside its place, flushed to disk and renamed into place, so no half of one is ever used. */
async function createDataDirectory(dataDirectory: string, ephemeral: boolean): Promise<void> {
  if (existsSync(path.join(dataDirectory, 'PG_VERSION'))) return;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  if (readdirSync(dataDirectory).length > 0) {
    throw new Error(`${dataDirectory} is neither empty nor the data directory of a PostgreSQL`);
  }
  const template = await prepareEmbeddedTemplate();
  const copy = `${dataDirectory}.new`;
  rmSync(copy, { recursive: true, force: true });
  await copyTemplate(template, copy);
  if (!ephemeral) await syncDataDirectory(copy);
  renameSync(copy, dataDirectory);
  if (!ephemeral) syncDirectory(path.dirname(dataDirectory));
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function checkVersion(dataDirectory: string, version: string): void {
  const found = readFileSync(path.join(dataDirectory, 'PG_VERSION'), 'utf8').trim();
  const ours = version.split('.')[0];
  if (found !== ours) {
    throw new Error(
      `${dataDirectory} was made by PostgreSQL ${found}; this is ${ours}: dump and restore it, or use pg_upgrade`,
    );
  }
}

/** Marks the directory as ours, by process id and start time. Returns what takes the mark away. */
function takeOwnership(dataDirectory: string): () => void {
  const file = path.join(dataDirectory, 'pgplane.owner');
  const mark = `${process.pid} ${startTime(process.pid)}\n`;
  for (;;) {
    try {
      writeFileSync(file, mark, { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(readFileSync(file, 'utf8').split(' ')[0]);
    if (readFileSync(file, 'utf8') === `${owner} ${startTime(owner)}\n`) {
      throw new Error(`the data directory ${dataDirectory} is in use by process ${owner}`);
    }
    rmSync(file, { force: true });
  }
}

/** Tells a process from a later one with the same number; `gone` when there is none. */
function startTime(pid: number): string {
  if (process.platform === 'linux') {
    try {
      // proc(5): the third field is the state, the 22nd the start time; the second may hold spaces and parentheses.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      return fields[0] === 'Z' ? 'gone' : fields[19]!;
    } catch {
      return 'gone';
    }
  }
  try {
    process.kill(pid, 0);
    return 'running';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : 'gone';
  }
}
