// Measures a Kubernetes API server from outside, over HTTPS: `node bench/main.ts --help`. README.md says how to read the figures.
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ClusterOptions, deployment, rest } from './cluster.ts';
import type { BenchContext } from './context.ts';
import { custom } from './custom.ts';
import { dropNamespace } from './fixtures.ts';
import { cpuSeconds } from './process.ts';
import { memory, ownCommand, startup } from './processes.ts';
import { get, list } from './reads.ts';
import { type Figure, figureLine } from './report.ts';
import { openTarget, type TargetOptions } from './target.ts';
import { watch } from './watch.ts';
import { creates, updates } from './writes.ts';

interface Options extends TargetOptions {
  connections: number[];
  watchers: number[];
  writers: number;
  pods: number;
  duration: number;
  count?: number;
  warmup: number;
  limitDuration: number;
  runs: number;
  nodes?: number[];
  replicas: number;
  keep: boolean;
  json: boolean;
}

const benchmarks: Record<string, (context: BenchContext) => Promise<Figure[]>> = {
  creates,
  updates,
  get,
  list,
  watch,
  memory,
  custom,
};

/** Of a whole cluster, each with the numbers of nodes that it is measured with. */
const clusterBenchmarks: Record<string, { run: (options: ClusterOptions) => Promise<Figure[]>; nodes: number[] }> = {
  deployment: { run: deployment, nodes: [100] },
  rest: { run: rest, nodes: [0, 100, 1000] },
};

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function several(text: string): number[] {
  return text.split(',').map(positive);
}

function contextOf(options: Options, measured: Awaited<ReturnType<typeof openTarget>>): BenchContext {
  const { target, pids } = measured;
  return {
    target,
    pids,
    connections: options.connections,
    watchers: options.watchers,
    writers: options.writers,
    pods: options.pods,
    seconds: options.duration,
    count: options.count,
    warmupSeconds: options.warmup,
    limitSeconds: options.limitDuration,
    databaseUrl: options.databaseUrl,
    namespace: (purpose) => `bench-${purpose}-${process.pid}`,
    serverCpu: () => {
      const before = cpuSeconds(pids);
      return () => (pids.length === 0 ? undefined : cpuSeconds(pids) - before);
    },
    say: (figure) => say(figure, options),
    drop: async (namespace) => {
      if (!options.keep) await dropNamespace(target, namespace);
    },
  };
}

function clusterOptionsOf(options: Options, nodes: readonly number[]): ClusterOptions {
  return {
    nodes,
    replicas: options.replicas,
    seconds: options.duration,
    open: (count) => openTarget(options, ['up', '--nodes', String(count)]),
    say: (figure) => say(figure, options),
  };
}

function say(figure: Figure, options: Options): Figure {
  if (!options.json) process.stdout.write(`${figureLine(figure)}\n`);
  return figure;
}

async function run(name: string, command: string[], options: Options): Promise<void> {
  const names = name === 'all' ? ['startup', ...Object.keys(benchmarks), ...Object.keys(clusterBenchmarks)] : [name];
  const figures: Figure[] = [];
  for (const each of names) {
    if (each === 'startup') {
      const commandLine = command.length > 0 ? command : ownCommand;
      figures.push(
        ...(await startup({ command: commandLine, runs: options.runs, say: (figure) => say(figure, options) })),
      );
      continue;
    }
    const cluster = clusterBenchmarks[each];
    if (cluster !== undefined) {
      figures.push(...(await cluster.run(clusterOptionsOf(options, options.nodes ?? cluster.nodes))));
      continue;
    }
    // Each benchmark gets a server that has not been through another one, where the server is our own.
    const measured = await openTarget(options);
    try {
      figures.push(...(await benchmarks[each]!(contextOf(options, measured))));
    } finally {
      await measured.stop();
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
}

const program = new Command('bench')
  .description(
    'Measures a Kubernetes API server from outside. Without --url or --kubeconfig it starts a pgplane of its own.',
  )
  .argument(
    '<benchmark>',
    `one of ${[...Object.keys(benchmarks), ...Object.keys(clusterBenchmarks), 'startup', 'all'].join(', ')}`,
  )
  .argument(
    '[command...]',
    'startup: the server to start, after --, with {port} and {data} for a free port and a new folder',
  )
  .option('--url <url>', 'address of the server; its certificate is not verified')
  .option('--token <token>', 'bearer token, with --url')
  .option('--kubeconfig <file>', 'use the current context of this file')
  .option(
    '--database-url <url>',
    "PostgreSQL of the server: commits are measured there, and a pgplane of the benchmark's own uses it",
  )
  .addOption(
    new Option(
      '--pid <pid>',
      'a process tree of the server, for its processor time and memory; may be repeated',
    ).argParser((text, before: number[] | undefined) => [...(before ?? []), positive(text)]),
  )
  .option('--connections <list>', 'numbers of connections to measure at', several, [1, 64, 256])
  .option('--watchers <list>', 'numbers of watchers to measure at', several, [10, 200, 1000])
  .option('--writers <n>', 'connections that write while watchers watch', positive, 16)
  .option('--pods <n>', 'pods to list, and to measure memory with', positive, 24_000)
  .option('--duration <seconds>', 'of each run', positive, 10)
  .option('--count <n>', 'ends each run after so many requests, too', positive)
  .option('--warmup <seconds>', 'before each run', positive, 3)
  .option('--limit-duration <seconds>', 'of each measurement of a physical limit', positive, 3)
  .option('--runs <n>', 'of start-up', positive, 5)
  .option('--nodes <list>', 'deployment, rest: numbers of simulated nodes to measure with', (text: string) =>
    text.split(',').map(Number),
  )
  .option('--replicas <n>', 'deployment: replicas', positive, 1000)
  .option('--keep', 'leave the objects in the server', false)
  .option('--json', 'print the figures as JSON', false)
  .action(async (name: string, command: string[], options: Options) => {
    if (name !== 'all' && name !== 'startup' && !(name in benchmarks) && !(name in clusterBenchmarks))
      program.error(`unknown benchmark ${name}`);
    await run(name, command, options);
  });

// So that what waits for the exit of this process, the end of its servers, comes about.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await program.parseAsync();
