// The MergeTypes of built-in kinds, from the list topology in the schemas, as upstream derives them from its OpenAPI v3 documents
// (k8s.io/kube-openapi pkg/schemaconv openapi.go).
import {
  type Definition,
  type DefinitionKind,
  definitionOf,
  dereference,
  type Field,
  type SpecialName,
  type Type,
} from '../../schemas/schemas.ts';
import type { Json } from '../object.ts';
import {
  atomicType,
  deducedType,
  type FieldShape,
  type ListShape,
  type MapShape,
  type MergeType,
  scalarType,
} from './merge-type.ts';

/** The MergeType of a built-in kind; undefined for one that the schemas do not know. The same object for each call. */
export function mergeTypeOfKind(kind: DefinitionKind): MergeType | undefined {
  const definition = definitionOf(kind);
  return definition === undefined ? undefined : structType(definition, undefined);
}

const structTypes = new Map<string, MergeType>();

/** A struct resolves its fields when they are first asked for: types contain themselves. */
class StructType implements MergeType {
  readonly #definition: Definition;
  readonly #atomic: boolean;
  #map: MapShape | undefined;

  constructor(definition: Definition, atomic: boolean) {
    this.#definition = definition;
    this.#atomic = atomic;
  }

  get map(): MapShape {
    this.#map ??= {
      atomic: this.#atomic,
      fields: new Map([...this.#definition.fields.values()].map((field) => [field.name, fieldShape(field)])),
      element: undefined,
    };
    return this.#map;
  }
}

/** `mapType` of a field overrules the definition's own. */
function structType(definition: Definition, mapType: Field['mapType']): MergeType {
  const atomic = (mapType ?? definition.mapType) === 'atomic';
  const key = `${definition.name} ${atomic}`;
  let type = structTypes.get(key);
  if (type === undefined) {
    type = new StructType(definition, atomic);
    structTypes.set(key, type);
  }
  return type;
}

class LazyField implements FieldShape {
  readonly default?: Json;
  readonly omitEmpty: boolean;
  readonly #field: Field;
  #type: MergeType | undefined;

  constructor(field: Field) {
    this.#field = field;
    this.omitEmpty = !field.always && (field.type.kind === 'slice' || field.type.kind === 'map');
    const value = defaultOf(field);
    if (value !== undefined) this.default = value;
  }

  get type(): MergeType {
    this.#type ??= typeOfField(this.#field.type, this.#field);
    return this.#type;
  }
}

function fieldShape(field: Field): FieldShape {
  return new LazyField(field);
}

/** OpenAPI's default: the declared one, or the zero value of what Go cannot leave out. */
function defaultOf({ default: declared, always, type }: Field): Json | undefined {
  if (declared !== undefined) return declared;
  if (!always) return undefined;
  if (type.kind === 'string') return '';
  if (type.kind === 'bool') return false;
  return type.kind === 'int' || type.kind === 'int32' || type.kind === 'int64' ? 0 : undefined;
}

function typeOfField(type: Type, facts: Pick<Field, 'listMapKeys' | 'listType' | 'mapType'>): MergeType {
  const below = dereference(type);
  switch (below.kind) {
    case 'struct':
      return structType(below.definition, facts.mapType);
    case 'special':
      return specialTypes[below.special];
    case 'slice':
      return { list: listShape(below.element, facts) };
    case 'map':
      return {
        map: { atomic: facts.mapType === 'atomic', fields: new Map(), element: typeOfField(below.element, {}) },
      };
    case 'string':
    case 'bytes':
      return scalarType('string');
    case 'bool':
      return scalarType('boolean');
    default:
      return scalarType('numeric');
  }
}

function listShape(element: Type, { listType, listMapKeys }: Pick<Field, 'listMapKeys' | 'listType'>): ListShape {
  return { relationship: listType ?? 'atomic', keys: listMapKeys ?? [], element: typeOfField(element, {}) };
}

/** An object about which the schema says nothing. */
const anyObject: MergeType = { map: deducedType.map! };

const specialTypes: Readonly<Record<SpecialName, MergeType>> = {
  Duration: scalarType('string'),
  FieldsV1: anyObject,
  IntOrString: deducedType,
  JSON: deducedType,
  JSONSchemaPropsOrArray: deducedType,
  JSONSchemaPropsOrBool: deducedType,
  JSONSchemaPropsOrStringArray: deducedType,
  MicroTime: scalarType('untyped'),
  Patch: anyObject,
  Quantity: scalarType('untyped'),
  RawExtension: atomicType,
  Time: scalarType('untyped'),
};
