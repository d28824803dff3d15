// How values of a type merge, and which of their parts have owners of their own: what server-side apply asks of a schema
// (sigs.k8s.io/structured-merge-diff schema/elements.go, where a MergeType is an Atom). Built-in kinds get theirs from the schemas
// (definition-types.ts), custom resources from their structural schema, and whatever has no schema is `deducedType`.
import type { Json } from '../object.ts';

/** `untyped` takes any scalar: int-or-string, quantities, times. */
export type ScalarKind = 'boolean' | 'numeric' | 'string' | 'untyped';

/**
 * What a value may be. More than one part may be there (a type that takes anything has all three); then the value decides which
 * one counts. Parts may be getters that make them when first asked, which is how types that contain themselves are made; they must
 * give the same object each time.
 */
export interface MergeType {
  readonly scalar?: ScalarKind;
  readonly list?: ListShape;
  readonly map?: MapShape;
}

export interface ListShape {
  /**
   * - `atomic`: one owner for the whole list, replaced as a whole
   * - `set`: scalars, each with its owner
   * - `map`: objects, told apart by `keys`, each with its owners
   */
  readonly relationship: 'atomic' | 'map' | 'set';
  /** Names of the fields that identify an element; empty unless `relationship` is `map`. */
  readonly keys: readonly string[];
  readonly element: MergeType;
}

/** A struct (`fields`), a map (`element`), or a struct that takes more than it declares (both). */
export interface MapShape {
  /** One owner for the whole object, replaced as a whole. */
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, FieldShape>;
  /** The type of what is not among `fields`; undefined: nothing else may be there. */
  readonly element: MergeType | undefined;
}

export interface FieldShape {
  readonly type: MergeType;
  /** The default in the schema. It stands in for a key of a list's element that leaves it out (`protocol: TCP`). */
  readonly default?: Json;
  /** An empty list or map in this field is none: Go leaves it out. */
  readonly omitEmpty?: boolean;
}

const noFields: ReadonlyMap<string, FieldShape> = new Map();

/** Takes anything; objects and lists have one owner. */
export const atomicType: MergeType = {
  scalar: 'untyped',
  get list(): ListShape {
    return atomicList;
  },
  get map(): MapShape {
    return atomicMap;
  },
};

const atomicList: ListShape = { relationship: 'atomic', keys: [], element: atomicType };
const atomicMap: MapShape = { atomic: true, fields: noFields, element: atomicType };

/** Takes anything; objects have an owner per field, at every depth, lists have one owner. What has no schema is of this type. */
export const deducedType: MergeType = {
  scalar: 'untyped',
  list: atomicList,
  get map(): MapShape {
    return deducedMap;
  },
};

const deducedMap: MapShape = { atomic: false, fields: noFields, element: deducedType };

const scalarTypes: Readonly<Record<ScalarKind, MergeType>> = {
  boolean: { scalar: 'boolean' },
  numeric: { scalar: 'numeric' },
  string: { scalar: 'string' },
  untyped: { scalar: 'untyped' },
};

/** The one MergeType of each kind of scalar. */
export function scalarType(kind: ScalarKind): MergeType {
  return scalarTypes[kind];
}
