// kill -9 of everything that an embedded PostgreSQL consists of, at once.
import { readFileSync } from 'node:fs';

/** Kills the postmaster and all its children before any of them can react. Linux only: it reads /proc. */
export function killPostgres(postmaster: number): void {
  // Stopped first, so that it starts no child while we look.
  process.kill(postmaster, 'SIGSTOP');
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  for (const pid of [postmaster, ...children.map(Number)]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
