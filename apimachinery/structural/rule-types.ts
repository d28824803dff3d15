// The CEL type of a schema: what `self` is in a rule, and how large it can be (apiserver pkg/cel/common schemas.go, pkg/cel/types.go,
// limits.go; apiextensions-apiserver pkg/apiserver/schema/cel/model).
import { CelType, type CelTypeOptions, listType, mapType, objectType } from '../cel/types.ts';
import { numberAt, type SchemaNode, schemaNode, stringAt } from './schema.ts';

/** A type as rules are declared with it. */
export interface DeclType {
  readonly type: CelType;
  /** The fewest bytes that a value takes as JSON. */
  readonly minBytes: number;
  /** Of items, or of the values of a map. */
  readonly element: DeclType | undefined;
  /** Of an object, by JSON name; fields whose type is not known are not there. */
  readonly fields: ReadonlyMap<string, DeclType> | undefined;
}

/** MaxRequestSizeBytes: nothing larger comes in. */
export const maxRequestBytes = 3 * 1024 * 1024;
const maxStringBytes = maxRequestBytes - 2;
const timeTextBytes = 32;
const dateTextBytes = 12;

const stringNode = schemaNode({ type: 'string' });
const metaNode = schemaNode({
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
});

/** WithTypeAndObjectMeta: in rules a resource always has its type and its name. */
export function withTypeMeta(node: SchemaNode): SchemaNode {
  const { properties } = node;
  const metadata = properties?.get('metadata');
  const isString = (field: SchemaNode | undefined): boolean => field?.type === 'string';
  const names = isString(metadata?.properties?.get('name')) && isString(metadata?.properties?.get('generateName'));
  const types = isString(properties?.get('kind')) && isString(properties?.get('apiVersion'));
  if (names && types && metadata?.type === 'object') return node;
  const added = { kind: stringNode, apiVersion: stringNode, metadata: metaNode };
  return { ...node, properties: new Map([...(properties ?? []), ...Object.entries(added)]) };
}

/** SchemaDeclType; undefined for what rules cannot see. `name` is what an object type is called in errors. */
export function declType(schema: SchemaNode, isResourceRoot: boolean, name: string): DeclType | undefined {
  if (schema.intOrString) {
    const maxLength = numberAt(schema.props, 'maxLength');
    const bound = maxLength === undefined ? maxStringBytes : atLeastZero(maxLength) * 4;
    return simple('dyn', 'dyn', 1, bound);
  }
  const node = isResourceRoot ? withTypeMeta(schema) : schema;
  switch (node.type) {
    case 'array':
      return listDecl(node, name);
    case 'object':
      return typeof node.additional === 'object' ? mapDecl(node, node.additional, name) : objectDecl(node, name);
    case 'string':
      return stringDecl(node);
    case 'boolean':
      return simple('bool', 'bool', 4, 0);
    case 'number':
      return simple('double', 'double', 1, 0);
    case 'integer':
      return simple('int', 'int', 1, 0);
    default:
      return undefined;
  }
}

type SimpleKind = 'bool' | 'bytes' | 'double' | 'duration' | 'dyn' | 'int' | 'string' | 'timestamp';

function simple(kind: SimpleKind, name: string, minBytes: number, maxElements: number): DeclType {
  return { type: new CelType(kind, name, [], { maxElements }), minBytes, element: undefined, fields: undefined };
}

function atLeastZero(value: number): number {
  return Math.max(value, 0);
}

function listDecl(node: SchemaNode, name: string): DeclType | undefined {
  const element = node.items && declType(node.items, node.items.embedded, `${name}.@idx`);
  if (element === undefined) return undefined;
  const maxItems = numberAt(node.props, 'maxItems');
  const bound = maxItems === undefined ? Math.floor(maxStringBytes / (element.minBytes + 1)) : atLeastZero(maxItems);
  const topology: CelTypeOptions =
    node.listType === 'set'
      ? { listType: 'set' }
      : node.listType === 'map'
        ? { listType: 'map', listMapKeys: node.listMapKeys }
        : {};
  const type = listType(element.type, { maxElements: bound, ...topology });
  return { type, minBytes: 2, element, fields: undefined };
}

function mapDecl(node: SchemaNode, values: SchemaNode, name: string): DeclType | undefined {
  const element = declType(values, values.embedded, `${name}.@elem`);
  if (element === undefined) return undefined;
  const maxProperties = numberAt(node.props, 'maxProperties');
  const bound =
    maxProperties === undefined ? Math.floor(maxStringBytes / (element.minBytes + 6)) : atLeastZero(maxProperties);
  const key = new CelType('string', 'string', [], { maxElements: 0 });
  return {
    type: mapType(key, element.type, { maxElements: bound }),
    minBytes: 2,
    element,
    fields: undefined,
  };
}

function objectDecl(node: SchemaNode, name: string): DeclType {
  const requiredValue = node.props['required'];
  const required = new Set<unknown>(Array.isArray(requiredValue) ? requiredValue : []);
  const fields = new Map<string, DeclType>();
  let minBytes = 2;
  for (const [field, schema] of node.properties ?? []) {
    const decl = declType(schema, schema.embedded, `${name}.${field}`);
    if (decl === undefined) continue;
    fields.set(field, decl);
    if (required.has(field) && schema.default === undefined) minBytes += Buffer.byteLength(field) + decl.minBytes + 4;
  }
  const types = Object.fromEntries([...fields].map(([field, { type }]) => [field, type]));
  return { type: objectType(name, types, { maxElements: 0 }), minBytes, element: undefined, fields };
}

function stringDecl(node: SchemaNode): DeclType {
  const maxLength = numberAt(node.props, 'maxLength');
  switch (stringAt(node.props, 'format')) {
    case 'byte':
      return simple('bytes', 'bytes', 2, maxLength === undefined ? maxStringBytes : atLeastZero(maxLength));
    case 'duration':
      return simple('duration', 'duration', 3, timeTextBytes);
    case 'date':
      return simple('timestamp', 'timestamp', dateTextBytes, dateTextBytes);
    case 'date-time':
      return simple('timestamp', 'timestamp', 21, timeTextBytes);
    default:
      return simple('string', 'string', 2, stringBound(node, maxLength));
  }
}

/** maxLength is told in characters, of up to four bytes each. */
function stringBound(node: SchemaNode, maxLength: number | undefined): number {
  if (maxLength !== undefined) return atLeastZero(maxLength) * 4;
  const values = node.props['enum'];
  if (!Array.isArray(values) || values.length === 0) return maxStringBytes;
  return Math.max(0, ...values.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0)));
}

/** How often a value of the type can stand in an object, at most: each takes its bytes and a comma. */
export function maxCardinality(decl: DeclType): number {
  return Math.floor(maxRequestBytes / (decl.minBytes + 1));
}
