// Equality of JSON values in the sense of upstream's equality.Semantic.DeepEqual (apimachinery/pkg/api/equality), for objects in the
// form in which Go would write them: there a missing list or map and an empty one are the same, while every other value that
// is there was given, be it '' or 0.

/** Nothing, null, an empty list and an empty object are one and the same. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  for (const _ in value) return false;
  return true;
}

/** Whether two JSON values are the same to a strategy or a validation. */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return isEmpty(a) && isEmpty(b);
  const list = Array.isArray(a);
  if (list !== Array.isArray(b)) return isEmpty(a) && isEmpty(b);
  return list ? itemsEqual(a, b as unknown[]) : fieldsEqual(a as Fields, b as Fields);
}

type Fields = Record<string, unknown>;

function itemsEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!semanticEqual(a[i], b[i])) return false;
  return true;
}

function fieldsEqual(a: Fields, b: Fields): boolean {
  for (const key in a) if (!semanticEqual(a[key], b[key])) return false;
  for (const key in b) if (!(key in a) && !isEmpty(b[key])) return false;
  return true;
}
