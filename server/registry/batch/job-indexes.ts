// Lists of completion indexes as job specs and statuses write them: `1,3-5,7` (pkg/apis/batch/validation validateIndexesFormat).

/** A list that cannot be read; the message is upstream's. */
export class IndexesError extends Error {}

/** How many indexes the list has; they are below `completions`, and in order. Throws an IndexesError. */
export function countIndexes(list: string, completions: number): number {
  if (list === '') return 0;
  let last: number | undefined;
  let total = 0;
  for (const text of list.split(',')) {
    const [first, end] = readInterval(text, completions);
    if (last !== undefined && last >= first) throw new IndexesError(outOfOrder(last, first));
    total += end - first + 1;
    last = end;
  }
  return total;
}

/** The first index in both lists; undefined where there is none. Intervals that cannot be read do not count. */
export function firstSharedIndex(list: string, other: string, completions: number): number | undefined {
  const intervals = readable(list, completions);
  const others = readable(other, completions);
  let [i, j] = [0, 0];
  while (i < intervals.length && j < others.length) {
    const [first, end] = intervals[i]!;
    const [otherFirst, otherEnd] = others[j]!;
    if (first <= otherEnd && otherFirst <= end) return Math.max(first, otherFirst);
    if (first <= otherFirst) i++;
    else j++;
  }
  return undefined;
}

function readable(list: string, completions: number): [number, number][] {
  return list.split(',').flatMap((text): [number, number][] => {
    try {
      return [readInterval(text, completions)];
    } catch (error) {
      if (error instanceof IndexesError) return [];
      throw error;
    }
  });
}

function outOfOrder(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`;
}

function readInterval(text: string, completions: number): [number, number] {
  const limits = text.split('-');
  if (limits.length > 2) {
    throw new IndexesError(
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    );
  }
  const first = readIndex(limits[0]!, completions);
  if (limits.length === 1) return [first, first];
  const end = readIndex(limits[1]!, completions);
  if (first >= end) throw new IndexesError(outOfOrder(first, end));
  return [first, end];
}

function readIndex(text: string, completions: number): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new IndexesError(`cannot convert string to integer for index: ${JSON.stringify(text)}`);
  const index = Number(text);
  if (index >= completions) throw new IndexesError(`too large index: ${JSON.stringify(text)}`);
  return index;
}
