// One postmaster as a child process: spawned as the right user, watched until it is ready, stopped, and never left
// behind. A watchdog, a shell that reads a pipe from us, shuts PostgreSQL down when our end of the pipe closes, however we died.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandAs, type PostgresBinaries, type ProcessUser } from './embedded-binaries.ts';

export interface PostmasterOptions {
  binaries: PostgresBinaries;
  user: ProcessUser | undefined;
  dataDirectory: string;
  socketDirectory: string;
  settings: Record<string, string>;
  /** The data directory is removed when the postmaster has ended, even if we are killed before. */
  ephemeral: boolean;
}

export interface Postmaster {
  pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  exited: Promise<void>;
  /** Fast shutdown; immediate shutdown (which the next start recovers from) when that takes over 4 s. */
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;
const fastShutdownMs = 4_000;

/** Resolves once it accepts connections. Throws with the end of its log when it exits before. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { dataDirectory } = options;
  const child = spawnPostgres(options);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  if (child.pid === undefined) return await failed;
  const watchdog = spawnWatchdog(child.pid, options.ephemeral ? dataDirectory : undefined);
  let running = true;
  void exited.then(() => {
    running = false;
    watchdog.kill('SIGKILL');
  });
  await Promise.race([failed, becomesReady(dataDirectory, () => running)]);
  return { pid: child.pid, exited, stop: () => stopPostmaster(child, exited) };
}

function spawnPostgres({ binaries, user, dataDirectory, socketDirectory, settings }: PostmasterOptions): ChildProcess {
  const flags = Object.entries({ ...settings, unix_socket_directories: socketDirectory }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const reached = [binaries.postgres, path.join(dataDirectory, 'PG_VERSION')];
  const command = commandAs(user, reached, binaries.postgres, ['-D', dataDirectory, ...flags]);
  const log = openSync(logFile(dataDirectory), 'a', 0o600);
  const child = spawn(command.file, command.args, {
    ...command.user,
    // A session of its own: Ctrl-C at the terminal is for us to answer, in our order.
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  closeSync(log);
  child.unref();
  return child;
}

function logFile(dataDirectory: string): string {
  return path.join(dataDirectory, 'postgres.log');
}

/** postmaster.pid says `ready` in its eighth line (src/include/utils/pidfile.h); pg_ctl waits for the same. */
async function becomesReady(dataDirectory: string, isRunning: () => boolean): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (isRunning()) {
    if (postmasterStatus(dataDirectory) === 'ready') return;
    if (Date.now() > deadline) throw new Error(`PostgreSQL was not ready in ${startTimeoutMs / 1000} s`);
    await delay(3);
  }
  const log = readFileSync(logFile(dataDirectory), 'utf8').trimEnd().split('\n').slice(-10).join('\n');
  throw new Error(`PostgreSQL did not start; the end of its log (${logFile(dataDirectory)}):\n${log}`);
}

function postmasterStatus(dataDirectory: string): string | undefined {
  return readPidFile(dataDirectory)?.[7]?.trim();
}

function readPidFile(dataDirectory: string): string[] | undefined {
  try {
    return readFileSync(path.join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
}

function spawnWatchdog(pid: number, directoryToRemove: string | undefined): ChildProcess {
  const script = 'read -r _; kill -INT "$0"; [ -z "$1" ] || { while kill -0 "$0"; do sleep 0.05; done; rm -rf "$1"; }';
  const watchdog = spawn('sh', ['-c', script, String(pid), directoryToRemove ?? ''], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  (watchdog.stdin as unknown as { unref(): void }).unref();
  watchdog.on('error', () => {});
  return watchdog;
}

async function stopPostmaster(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), fastShutdownMs);
  child.ref();
  await exited;
  clearTimeout(timer);
}

/**
 * Ends a postmaster that an earlier process of ours left on the data directory (both it and its watchdog's shell were
 * out of reach when it died), and removes the lock files of one that was killed: their number may long be another
 * process's, or one that nobody has reaped yet. Before, its backends must be gone: the pid file is what they are known by.
 */
export async function endOrphan(dataDirectory: string): Promise<void> {
  const pid = Number(readPidFile(dataDirectory)?.[0]);
  if (!pid) return;
  const signal = (name: NodeJS.Signals) => {
    if (isPostmasterOf(pid, dataDirectory)) process.kill(pid, name);
  };
  signal('SIGINT');
  const deadline = Date.now() + fastShutdownMs;
  let immediate = false;
  while (isPostmasterOf(pid, dataDirectory)) {
    if (!immediate && Date.now() > deadline) {
      immediate = true;
      signal('SIGQUIT');
    }
    await delay(10);
  }
  while (backendsIn(dataDirectory) > 0) await delay(10);
  for (const name of ['postmaster.pid', '.s.PGSQL.5432.lock']) rmSync(path.join(dataDirectory, name), { force: true });
}

/** Processes of PostgreSQL that work in the data directory. A backend ends by itself when its postmaster has. */
function backendsIn(dataDirectory: string): number {
  if (process.platform !== 'linux') return 0;
  const directory = realpathSync(dataDirectory);
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === directory && isPostgres(name);
    } catch {
      return false; // It has ended, or is not ours to look into.
    }
  }).length;
}

/** A shell that somebody opened in the directory is no backend. */
function isPostgres(pid: string): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
}

/** A postmaster's working directory is its data directory. Without /proc any living process with that number counts. */
function isPostmasterOf(pid: number, dataDirectory: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory);
  } catch {
    return false;
  }
}
