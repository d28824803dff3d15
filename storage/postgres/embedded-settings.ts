// How the embedded PostgreSQL is set up: for one small cluster on one machine, at rest next to nothing.
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProcessUser } from './embedded-binaries.ts';

export const embeddedUser = 'postgres';
export const embeddedDatabase = 'pgplane';

/** postgresql.conf settings, given on the command line: a data directory from an older version follows along. */
export const embeddedSettings: Record<string, string> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '100',
  // Little: reads come from the watch cache, and what PostgreSQL reads again is in the system's cache.
  shared_buffers: '32MB',
  // Acknowledged means on disk.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_wal_size: '1GB',
  wal_buffers: '8MB',
  checkpoint_timeout: '15min',
  // Processes that a small cluster has no work for.
  io_method: 'sync',
  max_logical_replication_workers: '0',
  max_parallel_workers: '0',
  max_worker_processes: '2',
  autovacuum_worker_slots: '2',
  autovacuum_max_workers: '2',
  // A table that fills within seconds gets its statistics soon.
  autovacuum_naptime: '15s',
  jit: 'off',
  huge_pages: 'off',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
};

export interface SocketDirectory {
  directory: string;
  remove(): void;
}

// sockaddr_un holds 108 bytes on Linux, 104 on macOS, with the closing NUL.
const longestSocketPath = 103;

/** The data directory itself, which only its owner can enter; where its path is too long for a socket, a temporary one. */
export function socketDirectoryFor(dataDirectory: string, user: ProcessUser | undefined): SocketDirectory {
  if (Buffer.byteLength(path.join(dataDirectory, '.s.PGSQL.5432.lock')) <= longestSocketPath) {
    return { directory: dataDirectory, remove: () => {} };
  }
  const directory = mkdtempSync(path.join(tmpdir(), 'pgplane-'));
  if (user) chownSync(directory, user.uid, user.gid);
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
