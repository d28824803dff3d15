// What metrics ask for, and what limits and behaviours make of it, as tables.
import { describe, expect, test } from '@jest/globals';
import { timestamp } from '../../client/clock.ts';
import type { Pod } from '../../client/kinds.ts';
import {
  type CalculatorInput,
  replicasForAverage,
  replicasForUtilization,
  replicasForValue,
  replicasForValuePerPod,
} from './replica-calculator.ts';
import { type History, normalize, normalizeWithBehavior, recordScaling } from './stabilization.ts';

const nowMs = Date.UTC(2026, 0, 1, 12);
const minutesAgo = (minutes: number) => nowMs - minutes * 60_000;
const times = { cpuInitializationPeriodMs: 300_000, initialReadinessDelayMs: 30_000 };
const tolerances = { scaleDown: 0.1, scaleUp: 0.1 };

interface PodOptions {
  phase?: string;
  ready?: boolean;
  startedMs?: number;
  changedMs?: number;
  request?: string;
  deleted?: boolean;
}

function pod(name: string, options: PodOptions = {}): Pod {
  const { phase = 'Running', ready = true, startedMs = minutesAgo(60), request = '1000m', deleted } = options;
  const { changedMs = startedMs } = options;
  return {
    metadata: { name, ...(deleted ? { deletionTimestamp: timestamp(nowMs) } : {}) },
    spec: { containers: [{ name: 'c', resources: request === '' ? {} : { requests: { cpu: request } } }] },
    status: {
      phase,
      startTime: timestamp(startedMs),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: timestamp(changedMs) }],
    },
  } as unknown as Pod;
}

const metric = (value: number) => ({ timestampMs: nowMs, windowMs: 60_000, value });
const input = (pods: Pod[], values: (number | undefined)[], more: Partial<CalculatorInput> = {}): CalculatorInput => ({
  metrics: new Map(
    values.flatMap((value, at) => (value === undefined ? [] : [[pods[at]!.metadata.name, metric(value)]])),
  ),
  pods,
  currentReplicas: pods.length,
  tolerances,
  times,
  nowMs,
  ...more,
});
const cpu = (utilization: number) => ({ utilization, resource: 'cpu', container: undefined });
const three = () => [pod('a'), pod('b'), pod('c')];

describe('utilization', () => {
  test.each([
    ['grows in proportion', three(), [300, 500, 700], 30, 5],
    ['stays within the tolerance', three(), [300, 320, 310], 30, 3],
    ['shrinks in proportion', three(), [100, 100, 100], 30, 1],
    ['takes what is missing for idle when growing', three(), [900, 900, undefined], 50, 4],
    ['takes what is missing for full when shrinking', three(), [100, 100, undefined], 50, 3],
    [
      'takes starting pods for idle when growing',
      [...three(), pod('d', { ready: false, startedMs: minutesAgo(1) })],
      [500, 500, 500, 900],
      30,
      5,
    ],
    ['leaves pending pods out when shrinking', [pod('a'), pod('b'), pod('c', { phase: 'Pending' })], [100, 100], 50, 1],
    [
      'ignores failed and deleted pods',
      [pod('a'), pod('b', { phase: 'Failed' }), pod('c', { deleted: true })],
      [900],
      50,
      2,
    ],
    [
      'counts a pod that was ready once, whatever it is now',
      [pod('a'), pod('b', { ready: false, changedMs: minutesAgo(5) })],
      [900, 900],
      50,
      4,
    ],
  ])('%s', (_, pods, values, target, replicas) =>
    expect(replicasForUtilization(input(pods, values), cpu(target)).replicas).toBe(replicas),
  );

  test('says what is used, in thousandths and in percent', () => {
    expect(replicasForUtilization(input(three(), [300, 500, 700]), cpu(30))).toEqual({
      replicas: 5,
      usage: 500,
      utilization: 50,
    });
  });

  test.each([
    [[], [], 'no pods returned by selector while calculating replica count'],
    [three(), [], 'did not receive metrics for targeted pods (pods might be unready)'],
    [[pod('a', { request: '' })], [100], 'missing request for cpu in container c of Pod a'],
  ])('without pods, metrics or requests there is none: %#', (pods, values, message) => {
    expect(() => replicasForUtilization(input(pods, values), cpu(50))).toThrow(message);
  });
});

test('averages, values and values for each pod', () => {
  expect(replicasForAverage(input(three(), [20_000, 10_000, 30_000]), 10_000, '')).toEqual({
    replicas: 6,
    usage: 20_000,
  });
  expect(replicasForValue(input(three(), []), 20_000, 10_000).replicas).toBe(6);
  expect(replicasForValue(input(three(), []), 10_500, 10_000).replicas).toBe(3);
  expect(replicasForValue(input([], [], { currentReplicas: 0 }), 25_000, 10_000).replicas).toBe(3);
  expect(replicasForValuePerPod(3, 50_000, 10_000, tolerances)).toEqual({ replicas: 5, usage: 16_667 });
});

describe('normalization', () => {
  const history = (replicas: [minutes: number, replicas: number][] = []): History => ({
    recommendations: replicas.map(([minutes, count]) => ({ atMs: minutesAgo(minutes), replicas: count })),
    ups: [],
    downs: [],
  });
  const limits = { currentReplicas: 5, minReplicas: 2, maxReplicas: 20 };
  const window = { windowMs: 300_000, nowMs };

  test.each([
    [6, [], 6, 'DesiredWithinRange', 'ReadyForNewScale'],
    [15, [], 10, 'ScaleUpLimit', 'ReadyForNewScale'],
    [1, [], 2, 'TooFewReplicas', 'ReadyForNewScale'],
    [3, [[2, 4]], 4, 'DesiredWithinRange', 'ScaleDownStabilized'],
    [3, [[10, 4]], 3, 'DesiredWithinRange', 'ReadyForNewScale'],
  ])('%d after %j is %d', (desired, before, replicas, limited, able) => {
    const result = normalize(desired, limits, history(before as [number, number][]), window);
    expect([result.replicas, result.limited.reason, result.ableToScale.reason]).toEqual([replicas, limited, able]);
  });

  test('the maximum holds', () => {
    const result = normalize(30, { ...limits, currentReplicas: 15 }, history(), window);
    expect(result).toMatchObject({ replicas: 20, limited: { holds: true, reason: 'TooManyReplicas' } });
  });

  const behavior = {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 60 },
        { type: 'Percent', value: 100, periodSeconds: 60 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: 60,
      selectPolicy: 'Max',
      policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
    },
  };
  const withBehavior = (desired: number, past: History, changes: object = {}) =>
    normalizeWithBehavior(desired, limits, past, { behavior: { ...behavior, ...changes }, ...window });

  test('the policy that allows most counts, and what was added lately', () => {
    expect(withBehavior(30, history())).toMatchObject({ replicas: 10, limited: { reason: 'ScaleUpLimit' } });
    const past = history();
    recordScaling(past, behavior, 3, 5, nowMs - 10_000);
    expect(withBehavior(30, past).replicas).toBe(7);
    recordScaling(past, behavior, 3, 5, nowMs - 120_000);
    expect(past.ups).toHaveLength(2);
  });

  test('the least counts where it is asked for, and nothing where it is disabled', () => {
    const least = { scaleUp: { ...behavior.scaleUp, selectPolicy: 'Min' } };
    expect(withBehavior(30, history(), least).replicas).toBe(9);
    const disabled = { scaleDown: { ...behavior.scaleDown, selectPolicy: 'Disabled' } };
    expect(withBehavior(2, history(), disabled)).toMatchObject({ replicas: 5, limited: { reason: 'ScaleDownLimit' } });
  });

  test('one fewer in a minute, and only when none of the last minute wanted more', () => {
    expect(withBehavior(2, history())).toMatchObject({ replicas: 4, limited: { reason: 'ScaleDownLimit' } });
    expect(withBehavior(2, history([[0.5, 5]]))).toMatchObject({
      replicas: 5,
      ableToScale: { reason: 'ScaleDownStabilized' },
    });
  });
});
