// Upstream validates its internal types, which have no JSON names: where an error prints a whole struct, it prints the names of Go's
// fields and every field that is unset. This gives objects that form.
import { type Definition, definitionNamed, type Type } from '../../schemas/schemas.ts';
import type { Fields } from './fields.ts';

const wordsOfCapitals = new Map([
  ['cel', 'CEL'],
  ['apiGroup', 'APIGroup'],
  ['apiGroups', 'APIGroups'],
  ['apiVersion', 'APIVersion'],
  ['cidrs', 'CIDRs'],
  ['csi', 'CSI'],
  ['uid', 'UID'],
  ['nodeID', 'NodeID'],
]);

function goName(jsonName: string): string {
  return wordsOfCapitals.get(jsonName) ?? jsonName.charAt(0).toUpperCase() + jsonName.slice(1);
}

function formOf(value: unknown, type: Type): unknown {
  switch (type.kind) {
    case 'struct':
      return structForm((value ?? {}) as Fields, type.definition);
    case 'pointer':
      return value === undefined || value === null ? null : formOf(value, type.element);
    case 'slice':
      return Array.isArray(value) ? value.map((item) => formOf(item, type.element)) : null;
    case 'map':
      return value === undefined || value === null
        ? null
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, formOf(item, type.element)]));
    case 'string':
      return value ?? '';
    case 'bool':
      return value ?? false;
    case 'bytes':
    case 'special':
      return value ?? null;
    default:
      return value ?? 0;
  }
}

function structForm(value: Fields, definition: Definition): Fields {
  const form: Fields = {};
  for (const field of definition.fields.values()) {
    // Metadata is embedded, and the one part that keeps its JSON names.
    if (field.name === 'metadata') Object.assign(form, value['metadata']);
    else form[goName(field.name)] = formOf(value[field.name], field.type);
  }
  return form;
}

/** `value`, of the type that OpenAPI calls `definition`, as Go prints the internal type. */
export function internalForm(value: unknown, definition: string): unknown {
  const found = definitionNamed(definition);
  return found === undefined ? value : structForm((value ?? {}) as Fields, found);
}
