// The difference between two structs as errors show it: a unified diff, three lines of context, of their indented JSON
// (k8s.io/apimachinery pkg/util/diff, which follows Python's difflib).

const context = 3;

/** One stretch of lines: the same in both, or only in one of them. */
interface Edit {
  kind: ' ' | '-' | '+';
  lines: readonly string[];
}

/** `a` and `b` are in the form of asInternal. */
export function structDiff(a: unknown, b: unknown): string {
  return unifiedDiff(indentedLines(a), indentedLines(b));
}

/** As Go's encoder writes them, which escapes what HTML would take for markup. */
function indentedLines(value: unknown): string[] {
  const escaped = (char: string) => `\\u00${char.charCodeAt(0).toString(16)}`;
  return JSON.stringify(value, null, 1).replace(/[<>&]/g, escaped).split('\n');
}

function unifiedDiff(a: readonly string[], b: readonly string[]): string {
  return hunks(edits(a, b)).map(formatHunk).join('');
}

/** The edits that make `b` of `a`: common head and tail aside, along a longest common subsequence. */
function edits(a: readonly string[], b: readonly string[]): Edit[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const list: Edit[] = [{ kind: ' ', lines: a.slice(0, head) }];
  list.push(...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)));
  list.push({ kind: ' ', lines: a.slice(a.length - tail) });
  return list.filter(({ lines }) => lines.length > 0);
}

/** Pairs of lines that are compared, 4 MB of lengths; where there are more, all lines go and all come. */
const maxPairs = 1_000_000;

function middle(a: readonly string[], b: readonly string[]): Edit[] {
  if (a.length * b.length > maxPairs) {
    return [
      { kind: '-', lines: a },
      { kind: '+', lines: b },
    ];
  }
  const lengths = commonLengths(a, b);
  const at = (i: number, j: number): number => lengths[i * (b.length + 1) + j]!;
  const list: Edit[] = [];
  const push = (kind: Edit['kind'], line: string) => {
    const last = list.at(-1);
    if (last?.kind === kind) (last.lines as string[]).push(line);
    else list.push({ kind, lines: [line] });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push(' ', a[i++]!);
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      push('-', a[i++]!);
    } else {
      push('+', b[j++]!);
    }
  }
  return list;
}

/** Length of the longest common subsequence of every pair of tails. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  return lengths;
}

interface Hunk {
  aStart: number;
  bStart: number;
  edits: Edit[];
}

/** Cuts out what is the same for longer than twice the context. */
function hunks(list: readonly Edit[]): Hunk[] {
  const found: Hunk[] = [];
  let [a, b] = [0, 0];
  let current: Hunk | undefined;
  list.forEach((edit, index) => {
    const { length } = edit.lines;
    if (edit.kind !== ' ') {
      current ??= { aStart: a, bStart: b, edits: [] };
      current.edits.push(edit);
    } else {
      const isLast = index === list.length - 1;
      if (current && !isLast && length <= 2 * context) {
        current.edits.push(edit);
      } else {
        current?.edits.push({ kind: ' ', lines: edit.lines.slice(0, context) });
        if (current) found.push(current);
        const before = isLast ? [] : edit.lines.slice(-context);
        const skipped = length - before.length;
        current = isLast
          ? undefined
          : { aStart: a + skipped, bStart: b + skipped, edits: [{ kind: ' ', lines: before }] };
      }
    }
    if (edit.kind !== '+') a += length;
    if (edit.kind !== '-') b += length;
  });
  if (current) found.push(current);
  return found;
}

function formatHunk({ aStart, bStart, edits: list }: Hunk): string {
  const count = (other: Edit['kind']) =>
    list.reduce((sum, { kind, lines }) => (kind === other ? sum : sum + lines.length), 0);
  const header = `@@ -${formatRange(aStart, count('+'))} +${formatRange(bStart, count('-'))} @@\n`;
  return header + list.map(({ kind, lines }) => lines.map((line) => `${kind}${line}\n`).join('')).join('');
}

/** `start,length`, counted from 1; the length is left out where it is 1. */
function formatRange(start: number, length: number): string {
  if (length === 1) return String(start + 1);
  return length === 0 ? `${start},0` : `${start + 1},${length}`;
}
