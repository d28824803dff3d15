// Lists and maps with a size limit, as this group checks them: too many entries are the only error that is told.
import { duplicate, type FieldError, tooMany } from '../../../apimachinery/field.ts';

/** validateSlice: at most `max` items, each checked. A negative `max` is no limit. */
export function validateSlice<T>(
  items: readonly T[],
  max: number,
  field: string,
  validate: (item: T, field: string) => FieldError[],
): FieldError[] {
  if (max >= 0 && items.length > max) return [tooMany(field, items.length, max)];
  return items.flatMap((item, index) => validate(item, `${field}[${index}]`));
}

/** validateSet: the same, with no key twice. */
export function validateSet<T>(
  items: readonly T[],
  max: number,
  field: string,
  validate: (item: T, field: string) => FieldError[],
  keyOf: (item: T) => unknown,
): FieldError[] {
  const errors = validateSlice(items, max, field, validate);
  if (max >= 0 && items.length > max) return errors;
  const seen = new Set<unknown>();
  items.forEach((item, index) => {
    const key = keyOf(item);
    if (seen.has(key)) errors.push(duplicate(`${field}[${index}]`, key));
    seen.add(key);
  });
  return errors;
}

/** Long keys are cut in the middle where they stand in a path. */
function shorten(key: string, max: number): string {
  if (key.length <= max) return key;
  const remaining = max - 3;
  return `${key.slice(0, Math.ceil(remaining / 2))}...${key.slice(key.length - Math.floor(remaining / 2))}`;
}

/** validateMap: keys at the path of the map, values at their key's; paths show at most `maxKey` characters of a key. */
export function validateMap<T>(
  map: Readonly<Record<string, T>>,
  max: number,
  maxKey: number,
  field: string,
  validateKey: (key: string, field: string) => FieldError[],
  validate: (item: T, field: string) => FieldError[],
): FieldError[] {
  const entries = Object.entries(map);
  if (max >= 0 && entries.length > max) return [tooMany(field, entries.length, max)];
  return entries.flatMap(([key, item]) => [
    ...validateKey(key, field),
    ...validate(item, `${field}[${shorten(key, maxKey)}]`),
  ]);
}
