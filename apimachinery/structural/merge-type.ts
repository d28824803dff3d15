// How the objects of a custom resource merge in server-side apply, from its structural schema (kube-openapi pkg/schemaconv
// openapi.go, over the document that apiextensions-apiserver pkg/controller/openapi/builder makes).
import {
  atomicType,
  deducedType,
  type FieldShape,
  type ListShape,
  type MapShape,
  type MergeType,
  scalarType,
} from '../managed-fields/merge-type.ts';
import type { Json } from '../object.ts';
import { type SchemaNode, stringAt } from './schema.ts';

/** What is the same for a whole schema. */
interface Context {
  /** The type of metadata, at the root and in embedded resources. */
  objectMeta: MergeType;
}

/** The type of a whole object. `objectMeta` is that of built-in kinds' metadata. */
export function mergeTypeOf(root: SchemaNode, objectMeta: MergeType, preserveUnknownFields = false): MergeType {
  const context = { objectMeta };
  const preserve = preserveUnknownFields || root.preserveUnknown;
  const map = lazyMap(root, context, preserve, true);
  return {
    get map(): MapShape {
      return map();
    },
  };
}

/** A field without type takes anything; for objects and lists the schema still says how they merge. */
function typeOf(node: SchemaNode, context: Context, inherited: boolean): MergeType {
  const preserve = inherited || node.preserveUnknown;
  const map = lazyMap(node, context, preserve, node.embedded);
  const list = lazy(() => listShape(node, context, preserve));
  switch (node.type) {
    case 'object':
      return {
        get map(): MapShape {
          return map();
        },
      };
    case 'array':
      return {
        get list(): ListShape {
          return list();
        },
      };
    case 'boolean':
      return scalarType('boolean');
    case 'integer':
    case 'number':
      return scalarType('numeric');
    case 'string':
      return scalarType(['', 'byte'].includes(stringAt(node.props, 'format') ?? '') ? 'string' : 'untyped');
    default:
      return {
        scalar: 'untyped',
        get list(): ListShape {
          return list();
        },
        get map(): MapShape {
          return map();
        },
      };
  }
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function lazyMap(node: SchemaNode, context: Context, preserve: boolean, isResource: boolean): () => MapShape {
  return lazy(() => {
    const fields = new Map<string, FieldShape>();
    for (const [name, below] of node.properties ?? []) fields.set(name, lazyField(below, context, preserve));
    if (isResource) {
      fields.set('apiVersion', { type: scalarType('string') });
      fields.set('kind', { type: scalarType('string') });
      fields.set('metadata', { type: context.objectMeta });
    }
    return { atomic: node.mapType === 'atomic', fields, element: elementOf(node, context, preserve, fields.size) };
  });
}

function lazyField(node: SchemaNode, context: Context, preserve: boolean): FieldShape {
  const type = lazy(() => typeOf(node, context, preserve));
  const shape = {
    get type(): MergeType {
      return type();
    },
  };
  return node.default === undefined ? shape : Object.defineProperty(shape, 'default', { value: node.default as Json });
}

function elementOf(node: SchemaNode, context: Context, preserve: boolean, fields: number): MergeType | undefined {
  const { additional } = node;
  if (typeof additional === 'object') return typeOf(additional, context, preserve);
  if (additional === undefined) return preserve || fields === 0 ? deducedType : undefined;
  return additional ? deducedType : undefined;
}

function listShape(node: SchemaNode, context: Context, preserve: boolean): ListShape {
  const element = node.items === undefined ? atomicType : typeOf(node.items, context, preserve);
  if (node.listType === 'set') return { relationship: 'set', keys: [], element };
  if (node.listType === 'map') return { relationship: 'map', keys: node.listMapKeys, element };
  return { relationship: 'atomic', keys: [], element };
}
