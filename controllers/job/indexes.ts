// Completion indexes: ordered intervals of them, as a Job's status keeps them, and the index that a Pod has
// (pkg/controller/job/indexed_job_utils.go).
import type { Pod } from '../../client/kinds.ts';

export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';

/** From and to, both included. */
export interface Interval {
  readonly first: number;
  readonly last: number;
}

/** In order, without overlaps, and with a gap between each two. */
export type Intervals = readonly Interval[];

/** Reads `1,3-5,7`; what is not below `completions` is left out, and so is what is no number. */
export function parseIndexes(text: string | undefined, completions: number): Intervals {
  const result: { first: number; last: number }[] = [];
  if (!text) return result;
  for (const part of text.split(',')) {
    const [from = '', to = from] = part.split('-');
    if (!isWhole(from) || !isWhole(to)) continue;
    const first = Number(from);
    if (first >= completions) break;
    const last = Math.min(Number(to), completions - 1);
    const before = result.at(-1);
    if (before !== undefined && before.last === first - 1) before.last = last;
    else result.push({ first, last });
  }
  return result;
}

function isWhole(text: string): boolean {
  return /^[+]?\d+$/.test(text);
}

/** `1,3-5,7`; two neighbours are `3,4`. */
export function printIndexes(intervals: Intervals): string {
  return intervals
    .map(({ first, last }) => {
      if (last === first) return `${first}`;
      return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
    })
    .join(',');
}

export function mergeIntervals(a: Intervals, b: Intervals): Intervals {
  if (b.length === 0) return a;
  const result: { first: number; last: number }[] = [];
  for (const { first, last } of [...a, ...b].sort((x, y) => x.first - y.first)) {
    const before = result.at(-1);
    if (before === undefined || first > before.last + 1) result.push({ first, last });
    else if (before.last < last) before.last = last;
  }
  return result;
}

/** The intervals with these indexes, in any order. */
export function withIndexes(intervals: Intervals, indexes: Iterable<number>): Intervals {
  const single = [...indexes].map((index) => ({ first: index, last: index }));
  return mergeIntervals(intervals, mergeIntervals([], single));
}

export function countIndexes(intervals: Intervals): number {
  return intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

export function hasIndex(intervals: Intervals, index: number): boolean {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (intervals[middle]!.last >= index) high = middle;
    else low = middle + 1;
  }
  return low < intervals.length && intervals[low]!.first <= index;
}

/** How many indexes are in both. */
export function countCommon(a: Intervals, b: Intervals): number {
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const one = a[i]!;
    const other = b[j]!;
    common += Math.max(0, Math.min(one.last, other.last) - Math.max(one.first, other.first) + 1);
    if (one.last <= other.last) i++;
    if (other.last <= one.last) j++;
  }
  return common;
}

/** The first `count` indexes below `completions` that are not in `taken`. */
export function firstFreeIndexes(taken: Intervals, count: number, completions: number): number[] {
  const result: number[] = [];
  let candidate = 0;
  for (const { first, last } of [...taken, { first: completions, last: completions }]) {
    const end = Math.min(first, completions);
    for (; candidate < end && result.length < count; candidate++) result.push(candidate);
    candidate = Math.max(candidate, last + 1);
  }
  return result;
}

/** The Pod's index; undefined where it has none. */
export function completionIndex({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexAnnotation];
  return text !== undefined && isWhole(text) ? Number(text) : undefined;
}

/** The Pod's index where it is one of the job's. */
export function validIndex(pod: Pod, completions: number): number | undefined {
  const index = completionIndex(pod);
  return index !== undefined && index < completions ? index : undefined;
}

export function indexesOf(pods: readonly Pod[]): Set<number> {
  return new Set(pods.map(completionIndex).filter((index) => index !== undefined));
}
