// The steps of a JSONPath: each takes the values found so far and gives those one step on (client-go util/jsonpath jsonpath.go).
import { goType, isInt64, printGo } from '../go-print.ts';
import { isObject } from './schema.ts';

/** Why a path cannot be read or followed, in upstream's words. */
export class JSONPathError extends Error {}

/** One step. Throws JSONPathError. */
export type Step = (values: readonly unknown[]) => unknown[];

/** Paths with several `..` multiply what they find. */
const maxResults = 10_000;

function boundResults(results: readonly unknown[]): void {
  if (results.length > maxResults) throw new JSONPathError(`more than ${maxResults} results`);
}

export function runSteps(steps: readonly Step[], values: readonly unknown[]): unknown[] {
  let current = values as unknown[];
  for (const step of steps) {
    current = step(current);
    boundResults(current);
  }
  return current;
}

/** Missing fields give nothing: paths are followed with AllowMissingKeys. */
export function fieldStep(name: string): Step {
  return (values) => values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []));
}

function elements(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (isObject(value)) return Object.values(value);
  return [];
}

export function wildcardStep(values: readonly unknown[]): unknown[] {
  return values.flatMap(elements);
}

/** The values that have others in them, at every depth. */
export function recursiveStep(values: readonly unknown[]): unknown[] {
  const found: unknown[] = [];
  const pending = [...values].reverse();
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const below = elements(value);
    if (below.length === 0) continue;
    found.push(value);
    boundResults(found);
    for (let i = below.length - 1; i >= 0; i--) if (below[i] !== null) pending.push(below[i]);
  }
  return found;
}

/** `[start:end:step]`; one index has an end of its own (`derived`). */
export interface Slice {
  start: number | undefined;
  end: number | undefined;
  step: number | undefined;
  derived: boolean;
}

function sliceBounds(slice: Slice, length: number): [start: number, end: number] {
  let start = slice.start ?? 0;
  let end = slice.end ?? length;
  if (start < 0) start += length;
  if (end < 0 || (end === 0 && slice.derived)) end += length;
  if (start === end) return [0, 0];
  if (start >= length || start < 0)
    throw new JSONPathError(`array index out of bounds: index ${start}, length ${length}`);
  if (end > length || end < 0) throw new JSONPathError(`array index out of bounds: index ${end - 1}, length ${length}`);
  if (start > end) throw new JSONPathError(`starting index ${start} is greater than ending index ${end}`);
  return [start, end];
}

export function sliceStep(slice: Slice): Step {
  return (values) =>
    values.flatMap((value) => {
      if (value === null || value === undefined) return [];
      if (!Array.isArray(value)) throw new JSONPathError(`${goType(value)} is not array or slice`);
      const [start, end] = sliceBounds(slice, value.length);
      const step = slice.step ?? 1;
      if (step <= 0) throw new JSONPathError('step must be > 0');
      return value.slice(start, end).filter((_, i) => i % step === 0);
    });
}

export function unionStep(parts: readonly (readonly Step[])[]): Step {
  return (values) => parts.flatMap((steps) => runSteps(steps, values));
}

/** A literal: one for each value. */
export function literalStep(literal: boolean | number | string): Step {
  return (values) => values.map(() => literal);
}

type Comparable = boolean | number | string;

/** What Go's template functions compare: two strings, two booleans, two integers or two other numbers. */
function kindOf(value: unknown): string {
  if (typeof value === 'number') return isInt64(value) ? 'int' : 'float';
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value;
  throw new JSONPathError('invalid type for comparison');
}

const comparisons: Readonly<Record<string, (a: Comparable, b: Comparable) => boolean>> = {
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

function compare(operator: string, left: unknown, right: unknown): boolean {
  const comparison = comparisons[operator];
  if (comparison === undefined) throw new JSONPathError(`unrecognized filter operator ${operator}`);
  const kind = kindOf(left);
  if (kind !== kindOf(right)) throw new JSONPathError('incompatible types for comparison');
  if (kind === 'boolean' && operator !== '==' && operator !== '!=')
    throw new JSONPathError('invalid type for comparison');
  return comparison(left as Comparable, right as Comparable);
}

/** At most one, or an error. */
function single(steps: readonly Step[], value: unknown): unknown[] {
  const found = runSteps(steps, [value]);
  if (found.length > 1) throw new JSONPathError('can only compare one element at a time');
  return found;
}

/** `[?(left operator right)]`; without operator the items for which `left` finds something. */
export function filterStep(left: readonly Step[], operator: string, right: readonly Step[]): Step {
  const passes = (item: unknown): boolean => {
    if (operator === 'exists') return existsIn(left, item);
    const lefts = single(left, item);
    if (lefts.length === 0) return false;
    const rights = single(right, item);
    return rights.length > 0 && compare(operator, lefts[0], rights[0]);
  };
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value))
        throw new JSONPathError(`${printGo(value)} is not array or slice and cannot be filtered`);
      return value.filter(passes);
    });
}

function existsIn(steps: readonly Step[], item: unknown): boolean {
  try {
    return runSteps(steps, [item]).length > 0;
  } catch (error) {
    if (error instanceof JSONPathError) return false;
    throw error;
  }
}
