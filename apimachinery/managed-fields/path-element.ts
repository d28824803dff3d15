// One step of a path to a field, as fieldsV1 writes it: `f:<field>`, `k:<keys of a list's element>`, `v:<value in a set>`,
// `i:<index>` (sigs.k8s.io/structured-merge-diff fieldpath serialize-pe.go, element.go). The text itself is the element: two are
// the same where their canonical texts are.
import type { Json, JsonObject } from '../object.ts';

/** Text that is no fieldsV1. */
export class FieldSetError extends Error {}

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: Json): string {
  return `v:${JSON.stringify(value)}`;
}

/** `names` must be sorted; those that `values` lacks are left out. */
export function keyElement(names: readonly string[], values: readonly (Json | undefined)[]): string {
  let text = '';
  for (let i = 0; i < names.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(names[i])}:${JSON.stringify(value)}`;
  }
  return `k:{${text}}`;
}

/** The canonical form of an element from outside; undefined for a kind of element that is not known. Throws FieldSetError. */
export function parsePathElement(text: string): string | undefined {
  if (text.length < 2) throw new FieldSetError('key must be 2 characters long:');
  if (text[1] !== ':') throw new FieldSetError(`missing colon: ${text}`);
  switch (text[0]) {
    case 'f':
      return text;
    case 'v':
      return valueElement(parseJson(text.slice(2)));
    case 'k':
      return canonicalKey(parseJson(text.slice(2)));
    case 'i':
      if (!/^i:[+-]?\d+$/.test(text))
        throw new FieldSetError(`strconv.Atoi: parsing ${JSON.stringify(text.slice(2))}: invalid syntax`);
      return `i:${Number(text.slice(2))}`;
    default:
      return undefined;
  }
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new FieldSetError(`invalid JSON: ${text}`);
  }
}

function canonicalKey(keys: Json): string {
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) throw new FieldSetError('expected an object');
  const names = Object.keys(keys).sort();
  return keyElement(
    names,
    names.map((name) => keys[name]),
  );
}

const ranks = 'fkvi';

/** The order in which fieldsV1 is written: fields by name, keys and values by value (numbers as numbers), indexes. */
export function comparePathElements(a: string, b: string): number {
  if (a === b) return 0;
  if (a[0] !== b[0]) return ranks.indexOf(a[0]!) - ranks.indexOf(b[0]!);
  if (a[0] === 'f') return a < b ? -1 : 1;
  if (a[0] === 'i') return Number(a.slice(2)) - Number(b.slice(2));
  const [left, right] = [JSON.parse(a.slice(2)) as Json, JSON.parse(b.slice(2)) as Json];
  return a[0] === 'k' ? compareKeys(left as JsonObject, right as JsonObject) : compareValues(left, right);
}

function compareKeys(a: JsonObject, b: JsonObject): number {
  const [names, others] = [Object.keys(a), Object.keys(b)];
  for (let i = 0; i < names.length && i < others.length; i++) {
    const [name, other] = [names[i]!, others[i]!];
    if (name !== other) return name < other ? -1 : 1;
    const order = compareValues(a[name]!, b[other]!);
    if (order !== 0) return order;
  }
  return names.length - others.length;
}

/** Upstream's order of kinds. */
function valueRank(value: Json): number {
  if (typeof value === 'number') return 0;
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 2;
  return value === null ? 5 : Array.isArray(value) ? 3 : 4;
}

function compareValues(a: Json, b: Json): number {
  const [rank, other] = [valueRank(a), valueRank(b)];
  if (rank !== other) return rank - other;
  if (rank < 3) return a === b ? 0 : (a as string) < (b as string) ? -1 : 1;
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** As errors and conflicts print it: `.spec`, `[name="web"]`, `[="a"]`, `[0]`. */
export function printPathElement(element: string): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${rest}`;
    case 'k': {
      const keys = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

export function printPath(path: readonly string[]): string {
  return path.map(printPathElement).join('');
}
