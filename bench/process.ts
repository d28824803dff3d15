// What the kernel says about the server's processes (Linux /proc): processor time and memory of whole process trees.
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of times in /proc/PID/stat, 100 on every Linux that Node supports. */
const ticksPerSecond = 100;

interface ProcessStat {
  pid: number;
  /** It has ended, and its parent has not asked yet how. */
  zombie: boolean;
  parent: number;
  cpuSeconds: number;
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { pid, zombie: fields[0] === 'Z', parent: Number(fields[1]), cpuSeconds: ticks / ticksPerSecond };
  } catch {
    return undefined; // The process ended between being listed and being read.
  }
}

/** The processes in `roots` and all their descendants that are alive. */
export function processTree(roots: readonly number[]): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? [])
    .filter(({ zombie }) => !zombie);
  const found = new Set(all.filter(({ pid }) => roots.includes(pid)).map(({ pid }) => pid));
  for (let grown = true; grown; ) {
    const children = all.filter(({ pid, parent }) => found.has(parent) && !found.has(pid));
    grown = children.length > 0;
    for (const { pid } of children) found.add(pid);
  }
  return [...found];
}

/** Processor seconds, user and system, that the trees' living processes have used since they started. */
export function cpuSeconds(roots: readonly number[]): number {
  return processTree(roots).reduce((sum, pid) => sum + (readStat(pid)?.cpuSeconds ?? 0), 0);
}

/**
 * Resident bytes of the trees as PSS: a page shared by several processes (PostgreSQL's buffers) counts once in all.
 * Processes of another user can only be read by root; where PSS is not readable the process counts with its RSS.
 */
export function residentBytes(roots: readonly number[]): number {
  return processTree(roots).reduce((sum, pid) => sum + readResident(pid), 0);
}

function readResident(pid: number): number {
  for (const [file, field] of [
    ['smaps_rollup', /^Pss: +(\d+) kB/m],
    ['status', /^VmRSS:\s+(\d+) kB/m],
  ] as const) {
    try {
      const found = field.exec(readFileSync(`/proc/${pid}/${file}`, 'latin1'))?.[1];
      if (found !== undefined) return Number(found) * 1024;
    } catch {
      // Not ours to read, or gone: try the next, then count nothing.
    }
  }
  return 0;
}
