// Creates and updates: how many per second, each durable when it is acknowledged.
import type { BenchContext } from './context.ts';
import { createRequests, fill, makeNamespace, updateRequests } from './fixtures.ts';
import { commitRate, syncRate } from './limits.ts';
import { closedLoop } from './load.ts';
import { type Figure, loadFigure } from './report.ts';

/** Pods that updates go round, so that concurrent updates rarely meet on one. */
const updatedPods = 1000;

/** PostgreSQL connections that commits are measured with at most: more of them commit no faster. */
const maxCommitters = 64;

/** Creates pods at each number of connections, and compares with single-row commits at the same number and with bare syncs. */
export function creates(context: BenchContext): Promise<Figure[]> {
  return writes(context, 'creates', async (namespace) => {
    const create = createRequests(context.target, namespace);
    let created = 0;
    return () => create(created++);
  });
}

/** Replaces pods whole (PUT without a precondition). */
export function updates(context: BenchContext): Promise<Figure[]> {
  return writes(context, 'updates', async (namespace) => {
    await fill(context.target, namespace, 0, updatedPods);
    const update = await updateRequests(context.target, namespace, updatedPods);
    let updated = 0;
    return () => update(updated++);
  });
}

async function writes(
  context: BenchContext,
  name: string,
  requests: (namespace: string) => Promise<(index: number) => Buffer>,
): Promise<Figure[]> {
  const namespace = context.namespace(name);
  await makeNamespace(context.target, namespace);
  const request = await requests(namespace);
  await closedLoop(context.target, { connections: 32, seconds: context.warmupSeconds, count: context.count, request });
  const figures: Figure[] = [];
  for (const connections of context.connections) {
    const cpu = context.serverCpu();
    const load = await closedLoop(context.target, {
      connections,
      seconds: context.seconds,
      count: context.count,
      request,
    });
    const used = cpu();
    const limit = await commitRate(Math.min(connections, maxCommitters), context.limitSeconds, context.databaseUrl);
    figures.push(context.say(loadFigure(`${name}, ${connections} connections`, load, used, limit)));
  }
  const sync = syncRate(context.limitSeconds);
  figures.push(context.say({ name: sync.name, value: sync.value, unit: sync.unit }));
  await context.drop(namespace);
  return figures;
}
