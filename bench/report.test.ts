import { expect, test } from '@jest/globals';
import { figureLine, loadFigure } from './report.ts';

const load = {
  requests: 30,
  seconds: 2,
  perSecond: 15,
  latencyMs: { p50: 1.234, p90: 2, p99: 12_345, max: 20_000 },
  failures: {},
  bytes: 100,
  clientCores: 0.5,
};

test('a figure of a load has its ratio to the limit and the cores of the server', () => {
  const figure = loadFigure('creates', load, 3, { name: 'commits', value: 60, unit: '/s' });
  expect(figure.ratio).toBe(0.25);
  expect(figure.serverCpu).toEqual({ seconds: 3, cores: 1.5 });
  expect(figureLine(figure)).toBe(
    'creates: 15/s  p50 1.23 p90 2 p99 12,345 ms  0.25 of commits (60 /s)  server 1.5 cores  client 0.5 cores',
  );
});

test('failures are said aloud', () => {
  expect(figureLine(loadFigure('gets', { ...load, failures: { 429: 3 } }, undefined))).toContain('FAILED {"429":3}');
});
