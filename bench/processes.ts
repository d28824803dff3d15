// Start-up time and resident memory of a server's processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchContext } from './context.ts';
import { fill, makeNamespace, podsPath } from './fixtures.ts';
import { request } from './http.ts';
import { startBareServer } from './limits.ts';
import { closedLoop } from './load.ts';
import { residentBytes } from './process.ts';
import type { Figure } from './report.ts';
import { percentiles } from './statistics.ts';
import { endWithThisProcess, freePort, ready } from './target.ts';

export interface StartupOptions {
  /** The command line of the server; `{port}` and `{data}` stand for a free port and an empty folder's future name. */
  command: readonly string[];
  runs: number;
  say(figure: Figure): Figure;
}

const main = fileURLToPath(new URL('../cli/pgplane.mjs', import.meta.url));

/** What is measured where no command is given. */
export const ownCommand: readonly string[] = [
  process.execPath,
  main,
  'server',
  '--data-dir',
  '{data}',
  '--secure-port',
  '{port}',
];

/**
 * Time from starting a command to the first 200 of `/readyz`, each run with an empty data directory of its own; then how long the
 * server takes to end on SIGTERM. The limit is the time in which a bare `node:https` server comes up.
 */
export async function startup(options: StartupOptions): Promise<Figure[]> {
  const bare = await bareStartMs();
  const starts: number[] = [];
  const stops: number[] = [];
  for (let run = 0; run < options.runs; run++) {
    const { startMs, stopMs } = await startOnce(options.command);
    starts.push(startMs);
    stops.push(stopMs);
  }
  const latencyMs = percentiles(starts);
  const limit = { name: 'starting a bare node:https server', value: bare, unit: 'ms' };
  const more = { 'stop p50 ms': percentiles(stops).p50 };
  return [
    options.say({
      name: 'start-up with an empty data directory',
      value: latencyMs.p50,
      unit: 'ms',
      latencyMs,
      limit,
      ratio: latencyMs.p50 / bare,
      more,
    }),
  ];
}

async function bareStartMs(): Promise<number> {
  const start = performance.now();
  const server = await startBareServer(100);
  await ready(server.target, 20, server.process);
  const taken = performance.now() - start;
  await server.stop();
  return taken;
}

async function startOnce(command: readonly string[]): Promise<{ startMs: number; stopMs: number }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-bench-'));
  const port = await freePort();
  const [program, ...args] = command.map((word) =>
    word.replaceAll('{port}', String(port)).replaceAll('{data}', path.join(folder, 'data')),
  );
  const start = performance.now();
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  endWithThisProcess(child);
  await ready({ host: '127.0.0.1', port }, 120, child);
  const startMs = performance.now() - start;
  const stopping = performance.now();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  const stopMs = performance.now() - stopping;
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  return { startMs, stopMs };
}

/** Resident bytes (PSS) of the server's process trees: as it is, with `context.pods` pods, and after they were listed five times. */
export async function memory(context: BenchContext): Promise<Figure[]> {
  if (context.pids.length === 0) throw new Error('memory needs --pid, once for each process tree of the server');
  const { target } = context;
  const measure = (name: string): Figure =>
    context.say({ name: `resident memory, ${name}`, value: residentBytes(context.pids) / 1e6, unit: 'MB' });
  const figures = [measure('before')];
  const namespace = context.namespace('memory');
  await makeNamespace(target, namespace);
  await fill(target, namespace, 0, context.pods);
  figures.push(measure(`${context.pods} pods`));
  const whole = request(target, 'GET', podsPath(namespace));
  const lists = await closedLoop(target, { connections: 1, count: 5, request: () => whole });
  const dataMegabytes = lists.bytes / lists.requests / 1e6;
  const after = residentBytes(context.pids) / 1e6;
  const limit = { name: 'the bytes of one list of them', value: dataMegabytes, unit: 'MB' };
  figures.push(
    context.say({
      name: 'resident memory, after 5 lists',
      value: after,
      unit: 'MB',
      limit,
      ratio: after / dataMegabytes,
    }),
  );
  await context.drop(namespace);
  return figures;
}
