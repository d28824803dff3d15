import { podTemplateWarnings } from '../core/pod-warnings.ts';
import type { Fields } from '../fields.ts';

/** Above these a job's status may grow too long to be kept (pkg/api/job/warnings.go). */
const manyCompletions = 100_000;
const muchParallelism = 10_000;

/** Warnings for a job's spec, or for that of a cron job's template; `old` is undefined on create. `path` is the spec's. */
export function jobSpecWarnings(spec: Fields | undefined, old: Fields | undefined, path: string): string[] {
  const warnings = podTemplateWarnings(spec?.['template'], old?.['template'], `${path}.template`);
  const isLarge = spec?.['completions'] > manyCompletions && spec?.['parallelism'] > muchParallelism;
  if (spec?.['completionMode'] !== 'Indexed' || !isLarge) return warnings;
  const text =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
  return [`${path}: ${text}`, ...warnings];
}
