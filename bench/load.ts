// The closed loop: each connection sends its next request when the answer to the last has ended.
import { Connection, type Target } from './http.ts';
import { type Percentiles, percentiles, Samples } from './statistics.ts';

export interface Work {
  connections: number;
  /** The request number `index`, whole. Called once per request, in order. */
  request(index: number): Buffer;
  /** Ends the run after this long. */
  seconds?: number;
  /** Ends the run after this many requests. One of the two must be set; whichever comes first ends the run. */
  count?: number;
}

export interface LoadResult {
  requests: number;
  seconds: number;
  perSecond: number;
  latencyMs: Percentiles;
  /** How many answers had which unexpected status; connection failures count as 0. */
  failures: Record<string, number>;
  /** Body bytes received. */
  bytes: number;
  /** Share of one core that this process, the client, used: near 1 means that it measured itself. */
  clientCores: number;
}

/** Connection failures in a row after which a connection gives up. */
const tolerance = 3;

/**
 * Runs the loop. Only successful requests (2xx) count towards the rate and the latencies. A failed connection is opened again;
 * one that fails three times in a row ends, and so ends the run when all have.
 */
export async function closedLoop(target: Target, work: Work): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: work.connections }, () => Connection.open(target)));
  const latencies = new Samples();
  const failures: Record<string, number> = {};
  let bytes = 0;
  let next = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + (work.seconds ?? Number.POSITIVE_INFINITY) * 1000;

  const send = async (connection: Connection, index: number): Promise<boolean> => {
    const bytesOut = work.request(index);
    const sent = performance.now();
    try {
      const answer = await connection.send(bytesOut);
      bytes += answer.bytes;
      if (answer.status >= 200 && answer.status < 300) latencies.add(performance.now() - sent);
      else failures[answer.status] = (failures[answer.status] ?? 0) + 1;
      return true;
    } catch {
      failures[0] = (failures[0] ?? 0) + 1;
      return false;
    }
  };
  const loop = async (slot: number): Promise<void> => {
    let failed = 0;
    while (failed < tolerance && next < (work.count ?? Number.POSITIVE_INFINITY) && performance.now() < end) {
      if (await send(connections[slot]!, next++)) {
        failed = 0;
        continue;
      }
      failed++;
      connections[slot]!.close();
      connections[slot] = await Connection.open(target).catch(() => connections[slot]!);
    }
  };
  await Promise.all(connections.map((_, slot) => loop(slot)));

  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  for (const connection of connections) connection.close();
  const requests = latencies.values.length;
  return {
    requests,
    seconds,
    perSecond: requests / seconds,
    latencyMs: percentiles(latencies.values),
    failures,
    bytes,
    clientCores: (used.user + used.system) / 1e6 / seconds,
  };
}
