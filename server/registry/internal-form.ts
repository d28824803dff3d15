// Upstream validates its internal types, which have no JSON names: where an error prints a whole struct, it prints the names of Go's
// fields and every field that is unset. This gives objects that form.
import { type Definition, definitionNamed, type Field, type Type } from '../../schemas/schemas.ts';
import type { Fields } from './fields.ts';

const wordsOfCapitals = new Map([
  ['cel', 'CEL'],
  ['apiGroup', 'APIGroup'],
  ['apiGroups', 'APIGroups'],
  ['apiVersion', 'APIVersion'],
  ['cidrs', 'CIDRs'],
  ['csi', 'CSI'],
  ['uid', 'UID'],
  ['id', 'ID'],
  ['$schema', 'Schema'],
  ['$ref', 'Ref'],
  ['nodeID', 'NodeID'],
]);

/** `x-kubernetes-list-type` is XListType. */
function goName(jsonName: string): string {
  if (jsonName.startsWith('x-kubernetes-')) {
    const words = jsonName.slice('x-kubernetes-'.length).split('-');
    return `X${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
  }
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

/** The fields in the order of the internal type, which is the wire's but for one: a schema says early whether it is nullable. */
function internalFields({ shortName, fields }: Definition): Iterable<Field> {
  if (shortName !== 'JSONSchemaProps') return fields.values();
  const others = [...fields.values()].filter(({ name }) => name !== 'nullable');
  others.splice(others.findIndex(({ name }) => name === 'type') + 1, 0, fields.get('nullable')!);
  return others;
}

function structForm(value: Fields, definition: Definition): Fields {
  const form: Fields = {};
  for (const field of internalFields(definition)) {
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
