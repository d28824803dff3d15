// A set of fields brought in line with a schema that has changed since: what has become atomic is owned as a whole by whoever owned
// a part of it (sigs.k8s.io/structured-merge-diff typed/reconcile_schema.go).
import { emptySet, type FieldSet, isEmptySet, self, typeBelow } from './field-set.ts';
import { deducedType, type MergeType } from './merge-type.ts';

/** The same set where nothing is to be changed. */
export function reconcileFieldSet(set: FieldSet, type: MergeType): FieldSet {
  return reconcileBelow(set, type);
}

function reconcileBelow(set: FieldSet, type: MergeType): FieldSet {
  let changed: FieldSet | undefined;
  for (const element in set) {
    if (element === self) continue;
    const node = set[element]!;
    const below = typeBelow(type, element);
    if (below === undefined || isEmptySet(node)) continue;
    const reconciled = reconcileNode(node, below);
    if (reconciled === node) continue;
    changed ??= { ...set };
    changed[element] = reconciled;
  }
  return changed ?? set;
}

function reconcileNode(node: FieldSet, type: MergeType): FieldSet {
  const { map, list } = type;
  // Upstream looks at the map where a type has several parts, and leaves types that are deduced from the value alone.
  if (map !== undefined) {
    if (map.element === deducedType && map.fields.size === 0) return node;
    return map.atomic ? emptySet : reconcileBelow(node, type);
  }
  if (type.scalar !== undefined || list === undefined) return node;
  return list.relationship === 'atomic' ? emptySet : reconcileBelow(node, type);
}
