// Watch fan-out: many watchers of one namespace while writers go on. How many events reach them per second in all, and how long
// after its write was sent an event arrives. Writers and watchers are one process, so both times are of one clock: each write
// carries its time of sending, in microseconds, in a label.
import type { BenchContext } from './context.ts';
import { fill, makeNamespace, podsPath, updateRequests } from './fixtures.ts';
import { Connection, call, request, type Target } from './http.ts';
import { bareReads } from './limits.ts';
import { closedLoop, type LoadResult } from './load.ts';
import { sequenceLabel } from './pod.ts';
import type { Figure } from './report.ts';
import { percentiles, Samples } from './statistics.ts';

const updatedPods = 1000;
/** Watchers whose events are looked into for their lag; the others' events are only counted. */
const sampledWatchers = 10;
/** About the size of one event; what the bare server answers each request with. */
const eventBytes = 2600;
const newline = 0x0a;
const marker = Buffer.from(`"${sequenceLabel}":"`);
/** Labels have eight digits: tens of microseconds since the benchmark's start. */
const tickMs = 0.01;

/** Counts the events of one watch and, where it is sampled, takes the lag of each. */
class Watcher {
  events = 0;
  lastMs = 0;
  readonly #connection: Connection;
  readonly #lags: Samples | undefined;
  /** The end of the last piece, where a marker may have been cut. */
  #tail = Buffer.alloc(0);

  private constructor(connection: Connection, lags: Samples | undefined) {
    this.#connection = connection;
    this.#lags = lags;
  }

  static async open(target: Target, path: string, lags: Samples | undefined, onEnd: () => void): Promise<Watcher> {
    const watcher = new Watcher(await Connection.open(target), lags);
    const stream = watcher.#connection.stream(request(target, 'GET', path), (part) => watcher.#receive(part));
    stream.then(onEnd, onEnd);
    return watcher;
  }

  close(): void {
    this.#connection.close();
  }

  #receive(part: Buffer): void {
    this.lastMs = performance.now();
    for (let at = part.indexOf(newline); at >= 0; at = part.indexOf(newline, at + 1)) this.events++;
    if (this.#lags === undefined) return;
    const text = this.#tail.length > 0 ? Buffer.concat([this.#tail, part]) : part;
    let from = 0;
    for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, from)) {
      const digits = at + marker.length;
      if (digits + 8 > text.length) break;
      this.#lags.add(this.lastMs - Number(text.toString('latin1', digits, digits + 8)) * tickMs);
      from = digits + 8;
    }
    this.#tail = Buffer.from(text.subarray(Math.max(from, text.length - marker.length - 8)));
  }
}

/** Updates at full speed under each number of watchers. The ratio is to answers of an event's size from a bare `node:https` server. */
export async function watch(context: BenchContext): Promise<Figure[]> {
  const { target } = context;
  const namespace = context.namespace('watch');
  await makeNamespace(target, namespace);
  await fill(target, namespace, 0, updatedPods);
  const figures: Figure[] = [];
  for (const watchers of context.watchers) figures.push(context.say(await fanOut(context, namespace, watchers)));
  await context.drop(namespace);
  return figures;
}

async function fanOut(context: BenchContext, namespace: string, count: number): Promise<Figure> {
  const { target } = context;
  const listed = JSON.parse(await call(target, request(target, 'GET', `${podsPath(namespace)}?limit=1`))) as {
    metadata: { resourceVersion: string };
  };
  const from = `${podsPath(namespace)}?watch=1&timeoutSeconds=3000&resourceVersion=${listed.metadata.resourceVersion}`;
  const lags = new Samples();
  let ended = 0;
  const opening = Array.from({ length: count }, (_, i) => {
    const sampled = i % Math.ceil(count / sampledWatchers) === 0;
    return Watcher.open(target, from, sampled ? lags : undefined, () => ended++);
  });
  const watchers = await Promise.all(opening);
  const update = await updateRequests(target, namespace, updatedPods);
  let updated = 0;
  const stamped = () => stamp(update(updated++));
  const cpu = context.serverCpu();
  const start = performance.now();
  const load = await closedLoop(target, {
    connections: context.writers,
    seconds: context.seconds,
    count: context.count,
    request: stamped,
  });
  await drained(watchers, load.requests);
  const serverSeconds = cpu();
  const figure = fanOutFigure(watchers, load, lags, start, serverSeconds);
  for (const watcher of watchers) watcher.close();
  if (ended > 0) figure.failures = { ...figure.failures, 'watches ended early': ended };
  const limit = await bareReads(eventBytes, 64, context.limitSeconds);
  return { ...figure, limit, ratio: figure.value / limit.value };
}

/** Writes the time into the label of an update: the template has put its own number there. */
function stamp(bytes: Buffer): Buffer {
  const at = bytes.indexOf(marker) + marker.length;
  bytes.write(String(Math.round(performance.now() / tickMs) % 1e8).padStart(8, '0'), at, 8, 'latin1');
  return bytes;
}

/** Waits until every watcher has every event, or none has received one for two seconds. */
async function drained(watchers: Watcher[], events: number): Promise<void> {
  const idleMs = 2000;
  while (watchers.some((watcher) => watcher.events < events)) {
    const last = Math.max(...watchers.map(({ lastMs }) => lastMs));
    if (performance.now() - last > idleMs) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function fanOutFigure(
  watchers: Watcher[],
  load: LoadResult,
  lags: Samples,
  start: number,
  serverSeconds?: number,
): Figure {
  const delivered = watchers.reduce((sum, { events }) => sum + events, 0);
  const missing = load.requests * watchers.length - delivered;
  const seconds = (Math.max(...watchers.map(({ lastMs }) => lastMs)) - start) / 1000;
  return {
    name: `watch events, ${watchers.length} watchers (p50 to p99: lag)`,
    value: delivered / seconds,
    unit: '/s',
    latencyMs: percentiles(lags.values),
    clientCores: load.clientCores,
    more: {
      'writes/s': load.perSecond,
      ...(serverSeconds && { 'events per server CPU second': delivered / serverSeconds }),
    },
    ...(serverSeconds !== undefined && { serverCpu: { seconds: serverSeconds, cores: serverSeconds / seconds } }),
    ...((missing !== 0 || Object.keys(load.failures).length > 0) && { failures: { ...load.failures, missing } }),
  };
}
