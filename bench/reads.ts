// GET of one object and LIST of many, against a bare `node:https` server that answers as many bytes.
import type { BenchContext } from './context.ts';
import { fill, makeNamespace, podName, podsPath } from './fixtures.ts';
import { call, request } from './http.ts';
import { bareReads } from './limits.ts';
import { closedLoop } from './load.ts';
import { type Figure, loadFigure } from './report.ts';

/** Pods that GETs go round. */
const readPods = 100;

/** GET of one pod: consistent (no resourceVersion: as new as every acknowledged write) and from the cache (resourceVersion=0). */
export async function get(context: BenchContext): Promise<Figure[]> {
  const { target } = context;
  const namespace = context.namespace('get');
  await makeNamespace(target, namespace);
  await fill(target, namespace, 0, readPods);
  const bytes = Buffer.byteLength(await call(target, request(target, 'GET', `${podsPath(namespace)}/${podName(0)}`)));
  const figures: Figure[] = [];
  for (const connections of context.connections) {
    const limit = await bareReads(bytes, connections, context.limitSeconds);
    for (const [kind, query] of [
      ['consistent', ''],
      ['resourceVersion=0', '?resourceVersion=0'],
    ] as const) {
      const gets = Array.from({ length: readPods }, (_, i) =>
        request(target, 'GET', `${podsPath(namespace)}/${podName(i)}${query}`),
      );
      const work = { connections, count: context.count, request: (index: number) => gets[index % readPods]! };
      await closedLoop(target, { ...work, seconds: context.warmupSeconds });
      const cpu = context.serverCpu();
      const load = await closedLoop(target, { ...work, seconds: context.seconds });
      figures.push(context.say(loadFigure(`GET ${kind}, ${connections} connections`, load, cpu(), limit)));
    }
  }
  await context.drop(namespace);
  return figures;
}

/** LIST of `context.pods` pods whole, one at a time and two at once, in MB of JSON per second. */
export async function list(context: BenchContext): Promise<Figure[]> {
  const { target } = context;
  const namespace = context.namespace('list');
  await makeNamespace(target, namespace);
  await fill(target, namespace, 0, context.pods);
  const figures: Figure[] = [];
  let limit: Awaited<ReturnType<typeof bareReads>> | undefined;
  for (const [kind, query] of [
    ['consistent', ''],
    ['resourceVersion=0', '?resourceVersion=0'],
  ] as const) {
    for (const connections of [1, 2]) {
      const whole = request(target, 'GET', podsPath(namespace) + query);
      const work = { connections, request: () => whole };
      const warm = await closedLoop(target, { ...work, count: connections });
      limit ??= await bareReads(Math.round(warm.bytes / warm.requests), 1, context.limitSeconds);
      const cpu = context.serverCpu();
      const load = await closedLoop(target, { ...work, seconds: context.seconds, count: context.count });
      const value = load.bytes / 1e6 / load.seconds;
      const figure = loadFigure(`LIST of ${context.pods} pods, ${kind}, ${connections} at once`, load, cpu());
      const bare = { name: limit.name, value: limit.megabytesPerSecond, unit: 'MB/s' };
      figures.push(context.say({ ...figure, value, unit: 'MB/s', limit: bare, ratio: value / bare.value }));
    }
  }
  await context.drop(namespace);
  return figures;
}
