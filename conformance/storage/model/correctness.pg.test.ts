import { expect, jest, test } from '@jest/globals';
import { runScenario } from './scenario.ts';

jest.setTimeout(120_000);

test('every answer under faults is the one that the model gives (longer: node conformance/storage/model/run.ts)', async () => {
  const seed = Date.now() % 1_000_000;
  const { problems, counts } = await runScenario({ seed, durationMs: 4000 });
  // The seed is part of what fails, so that it is printed.
  expect({ seed, problems }).toEqual({ seed, problems: [] });
  // The run has met what it is about.
  for (const met of [
    'write written',
    'write Conflict',
    'list list',
    'list Compacted',
    'watch closed',
    'watch Compacted',
  ]) {
    expect([met, counts[met] ?? 0]).toEqual([met, expect.any(Number)]);
    expect(counts[met] ?? 0).toBeGreaterThan(0);
  }
});
