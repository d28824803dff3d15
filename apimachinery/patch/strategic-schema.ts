// What strategic merge patch asks of the schemas: how a field is patched, and what stands below it
// (apimachinery/pkg/util/strategicpatch/meta.go).
import { dereference, type Field, type Type } from '../../schemas/schemas.ts';
import { newBadRequest } from '../status.ts';

export interface PatchMeta {
  /** The type of the field's value, of its elements where it is a list. */
  type: Type;
  /** `merge`, `replace` or '' (which merges objects and replaces lists). */
  strategy: string;
  /** '' where the list holds scalars or has none. */
  mergeKey: string;
}

/** Go's reflect.Kind of a type. */
function goKindOf(type: Type): string {
  if (type.kind === 'special') return 'struct';
  return type.kind === 'bytes' ? 'slice' : type.kind;
}

function fieldOf(type: Type, key: string): Field {
  const struct = dereference(type);
  const found = struct.kind === 'struct' ? struct.definition.fields.get(key) : undefined;
  if (found) return found;
  if (goKindOf(struct) !== 'struct') {
    throw newBadRequest(`merging an object in json but data type is not struct, instead is: ${goKindOf(struct)}`);
  }
  const name = struct.goName.slice(struct.goName.lastIndexOf('.') + 1);
  throw newBadRequest(`unable to find api field in struct ${name} for the json field ${JSON.stringify(key)}`);
}

function metaOf(field: Field, type: Type): PatchMeta {
  const strategies = field.patchStrategy?.split(',') ?? [];
  return {
    type,
    strategy: strategies.find((s) => s !== 'retainKeys') ?? '',
    mergeKey: field.patchMergeKey ?? '',
  };
}

/** How the object in field `key` of `type` is patched. Throws StatusError 400 for a field that is not there. */
export function objectMeta(type: Type, key: string): PatchMeta {
  const field = fieldOf(type, key);
  return metaOf(field, field.type);
}

/** How the list in field `key` of `type` is patched. Throws StatusError 400 for a field that is no list. */
export function listMeta(type: Type, key: string): PatchMeta {
  const field = fieldOf(type, key);
  const list = dereference(field.type);
  if (list.kind !== 'slice') {
    throw newBadRequest(`expected slice or array type, but got: ${goKindOf(dereference(type))}`);
  }
  return metaOf(field, list.element);
}
