// What a benchmark says: one line per figure for people, or all of them as JSON.
import type { Limit } from './limits.ts';
import type { LoadResult } from './load.ts';
import type { Percentiles } from './statistics.ts';

export interface Figure {
  /** What was measured, with its parameters: `creates, 64 connections`. */
  name: string;
  value: number;
  unit: string;
  latencyMs?: Percentiles;
  /** Processor seconds of the server during the run, and per second of it. */
  serverCpu?: { seconds: number; cores: number };
  /** Cores that the client used, of at most 1. */
  clientCores?: number;
  /** Unexpected statuses (0: connection failures) and how many of each. */
  failures?: Record<string, number>;
  limit?: Limit;
  /** `value` per `limit.value`, or the inverse where less is better. */
  ratio?: number;
  /** Anything else worth keeping, by name. */
  more?: Record<string, number>;
}

/** A figure of a closed loop, with its ratio to `limit`. */
export function loadFigure(name: string, load: LoadResult, serverSeconds: number | undefined, limit?: Limit): Figure {
  return {
    name,
    value: load.perSecond,
    unit: '/s',
    latencyMs: load.latencyMs,
    clientCores: load.clientCores,
    ...(serverSeconds !== undefined && { serverCpu: { seconds: serverSeconds, cores: serverSeconds / load.seconds } }),
    ...(Object.keys(load.failures).length > 0 && { failures: load.failures }),
    ...(limit && { limit, ratio: load.perSecond / limit.value }),
  };
}

function number(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** One line: `creates, 64 connections: 2,912/s  p50 21 p90 30 p99 48 ms  0.41 of single-row commits (7,102/s)`. */
export function figureLine(figure: Figure): string {
  const parts = [`${figure.name}: ${number(figure.value)}${figure.unit.startsWith('/') ? '' : ' '}${figure.unit}`];
  const { latencyMs, limit, ratio, serverCpu, clientCores, failures, more } = figure;
  if (latencyMs)
    parts.push(`p50 ${number(latencyMs.p50)} p90 ${number(latencyMs.p90)} p99 ${number(latencyMs.p99)} ms`);
  for (const [name, value] of Object.entries(more ?? {})) parts.push(`${name} ${number(value)}`);
  if (limit && ratio !== undefined)
    parts.push(`${number(ratio)} of ${limit.name} (${number(limit.value)} ${limit.unit})`);
  if (serverCpu) parts.push(`server ${number(serverCpu.cores)} cores`);
  if (clientCores !== undefined) parts.push(`client ${number(clientCores)} cores`);
  if (failures) parts.push(`FAILED ${JSON.stringify(failures)}`);
  return parts.join('  ');
}
