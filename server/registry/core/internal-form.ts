// How a bad value that is a struct shows in an error: upstream prints the JSON of its internal type, which has Go's field names, in Go's
// order, and the fields that are not set.
import type { Fields } from '../fields.ts';

/**
 * The fields of `value` under their Go names. `zeros` lists all fields in the type's order with their zero values (null for pointers,
 * lists and maps).
 */
export function internalForm(value: Fields | null | undefined, zeros: Fields): Fields {
  const form: Fields = {};
  for (const field in zeros) form[goName(field)] = value?.[field] ?? zeros[field];
  return form;
}

function goName(field: string): string {
  return field.charAt(0).toUpperCase() + field.slice(1);
}
