/**
 * Ranges of costs and sizes, which saturate where upstream's 64 bits do. Behaviour: cel-go checker/cost.go.
 */
import type { CelRange } from './cel.ts';

/** 2^64 - 1, as a double. */
export const unbounded = 2 ** 64;

export const unknownRange: CelRange = { min: 0, max: unbounded };
export const noCost: CelRange = { min: 0, max: 0 };
export const unitCost: CelRange = { min: 1, max: 1 };

export function fixed(value: number): CelRange {
  return { min: value, max: value };
}

function saturate(value: number): number {
  return Math.min(value, unbounded);
}

export function addRanges(a: CelRange, b: CelRange): CelRange {
  return { min: saturate(a.min + b.min), max: saturate(a.max + b.max) };
}

export function sumRanges(ranges: readonly CelRange[]): CelRange {
  return ranges.reduce(addRanges, noCost);
}

export function multiplyRanges(a: CelRange, b: CelRange): CelRange {
  return { min: saturate(a.min * b.min), max: saturate(a.max * b.max) };
}

/** Times a factor, rounded up. */
export function scaleRange({ min, max }: CelRange, factor: number): CelRange {
  return {
    min: saturate(Math.ceil(min * factor)),
    max: max >= unbounded ? scaleUnbounded(factor) : saturate(Math.ceil(max * factor)),
  };
}

/** Upstream saturates before it scales by less than one. */
function scaleUnbounded(factor: number): number {
  return saturate(Math.ceil(unbounded * factor));
}

export function unionRanges(a: CelRange, b: CelRange): CelRange {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}
