import { expect, test } from '@jest/globals';
import { percentiles, Samples } from './statistics.ts';

test('percentiles are nearest-rank and do not depend on order', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentiles(values)).toEqual({ p50: 50, p90: 90, p99: 99, max: 100 });
  expect(percentiles([7])).toEqual({ p50: 7, p90: 7, p99: 7, max: 7 });
  expect(percentiles([])).toEqual({ p50: 0, p90: 0, p99: 0, max: 0 });
});

test('samples grow past their first size and keep every value', () => {
  const samples = new Samples();
  for (let i = 0; i < 200_000; i++) samples.add(i);
  expect(samples.values.length).toBe(200_000);
  expect(samples.values[199_999]).toBe(199_999);
});
