// The types of the API as JSON schemas, in the two dialects that the two versions of OpenAPI have.

import type { OpenAPIV2, OpenAPIV3 } from 'openapi-types';
import { type Descriptions, descriptionsOf } from '../../schemas/descriptions.ts';
import {
  type Definition,
  type DefinitionKind,
  definitionNamed,
  dereference,
  type Field,
  type SpecialName,
  type Type,
} from '../../schemas/schemas.ts';

export type Dialect = 'v2' | 'v3';

/** What Kubernetes adds to schemas. */
export interface SchemaExtensions {
  'x-kubernetes-group-version-kind'?: readonly DefinitionKind[];
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-list-type'?: NonNullable<Field['listType']>;
  'x-kubernetes-map-type'?: NonNullable<Field['mapType']>;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-selectable-fields'?: readonly { fieldPath: string }[];
  'x-kubernetes-unions'?: NonNullable<Definition['unions']>;
}

/** What Kubernetes adds to operations. */
export interface OperationExtensions {
  'x-kubernetes-action'?: string;
  'x-kubernetes-group-version-kind'?: DefinitionKind;
}

type Reference = OpenAPIV2.ReferenceObject & OpenAPIV3.ReferenceObject;
type PlainSchema = OpenAPIV3.NonArraySchemaObject & SchemaExtensions;

/** A schema in either dialect: v2's are made of a part of v3's words, and differ in what may stand beside a $ref. */
export type Schema = (OpenAPIV3.SchemaObject | Reference) & SchemaExtensions;

const refPrefixes: Readonly<Record<Dialect, string>> = { v2: '#/definitions/', v3: '#/components/schemas/' };

export function refTo(definitionName: string, dialect: Dialect): Reference {
  return { $ref: refPrefixes[dialect] + definitionName };
}

/** Types that accept more than one form on the wire: what they look like to a schema, in OpenAPI v2 and v3. */
const specialSchemas: Readonly<Record<SpecialName, Record<Dialect, PlainSchema>>> = {
  Duration: both({ type: 'string' }),
  FieldsV1: both({ type: 'object' }),
  IntOrString: {
    v2: { type: 'string', format: 'int-or-string' },
    v3: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  JSON: both({}),
  JSONSchemaPropsOrArray: both({}),
  JSONSchemaPropsOrBool: both({}),
  JSONSchemaPropsOrStringArray: both({}),
  MicroTime: both({ type: 'string', format: 'date-time' }),
  Patch: both({ type: 'object' }),
  Quantity: { v2: { type: 'string' }, v3: { oneOf: [{ type: 'string' }, { type: 'number' }] } },
  RawExtension: both({ type: 'object' }),
  Time: both({ type: 'string', format: 'date-time' }),
};

function both(schema: PlainSchema): Record<Dialect, PlainSchema> {
  return { v2: schema, v3: schema };
}

export interface SchemaOptions {
  dialect: Dialect;
  /** Which of the definition's kinds to name; OpenAPI v3 names only those of the document's own group version. */
  kinds(definition: Definition): readonly DefinitionKind[];
}

/** One definition as a schema. */
export function definitionSchema(definition: Definition, options: SchemaOptions): PlainSchema {
  const descriptions = descriptionsOf(definition);
  const schema: PlainSchema = descriptions.type === '' ? {} : { description: descriptions.type };
  if (definition.special !== undefined) return { ...schema, ...specialSchemas[definition.special][options.dialect] };
  schema.type = 'object';
  const fields = [...definition.fields.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const required = [...definition.fields.values()].filter((field) => field.required).map(({ name }) => name);
  if (required.length > 0) schema.required = required;
  if (fields.length > 0) {
    schema.properties = Object.fromEntries(
      fields.map((field) => [field.name, fieldSchema(field, definition, descriptions, options.dialect)]),
    );
  }
  const kinds = options.kinds(definition);
  if (kinds.length > 0) schema['x-kubernetes-group-version-kind'] = kinds;
  if (definition.mapType) schema['x-kubernetes-map-type'] = definition.mapType;
  if (definition.unions) schema['x-kubernetes-unions'] = definition.unions;
  return schema;
}

function fieldSchema(field: Field, definition: Definition, descriptions: Descriptions, dialect: Dialect): Schema {
  const description = fieldDescription(field, definition, descriptions);
  const shape = withElementEnum(typeSchema(field.type, dialect), field.elementEnum);
  const annotations: PlainSchema = {
    ...(description === '' ? {} : { description }),
    ...(dialect === 'v3' ? defaultOf(field) : {}),
  };
  const isReference = '$ref' in shape;
  // OpenAPI v3 ignores what stands beside a $ref, so it is wrapped; v2 is written as upstream writes it.
  if (isReference && dialect === 'v3' && Object.keys(annotations).length > 0)
    return { ...annotations, allOf: [shape], ...extensionsOf(field) };
  return { ...annotations, ...shape, ...extensionsOf(field) };
}

/** Says which values the elements of a list or map may have. */
function withElementEnum(shape: Schema, values: readonly string[] | undefined): Schema {
  if (values === undefined) return shape;
  if ('items' in shape) return { ...shape, items: { ...shape.items, enum: [...values] } };
  const element = 'additionalProperties' in shape ? shape.additionalProperties : undefined;
  return typeof element === 'object' ? { ...shape, additionalProperties: { ...element, enum: [...values] } } : shape;
}

/** Fields whose type is another definition and that upstream does not describe, by their type's short name. */
const undescribed: Readonly<Record<string, readonly string[]>> = {
  CertificateSigningRequest: ['metadata'],
  CertificateSigningRequestList: ['metadata'],
  IngressRule: ['http'],
  JSONSchemaProps: ['additionalItems', 'additionalProperties', 'example', 'externalDocs', 'items', 'not'],
};

/** The models describe no field whose type is another definition: then the first sentence on that type stands in. */
function fieldDescription(field: Field, definition: Definition, descriptions: Descriptions): string {
  if (undescribed[definition.shortName]?.includes(field.name)) return '';
  const own = descriptions.fields.get(field.name);
  const type = dereference(field.type);
  const inherited =
    own === undefined && 'definition' in type ? firstSentence(descriptionsOf(type.definition).type) : '';
  const text = own ?? inherited;
  if (field.enum === undefined) return text;
  return `${text}\n\nPossible enum values:\n${field.enum.map((value) => ` - \`${JSON.stringify(value)}\``).join('\n')}`;
}

function firstSentence(text: string): string {
  return /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text;
}

/** The default that follows from the type where none is declared: values that Go cannot leave out. */
function defaultOf(field: Field): Pick<PlainSchema, 'default'> {
  if (field.default !== undefined) return { default: field.default };
  const { type } = field;
  if (type.kind === 'struct') return { default: {} };
  if (!field.always) return {};
  if (type.kind === 'string') return { default: '' };
  if (type.kind === 'bool') return { default: false };
  if (type.kind === 'int' || type.kind === 'int32' || type.kind === 'int64' || type.kind === 'float64')
    return { default: 0 };
  return {};
}

function extensionsOf(field: Field): Pick<PlainSchema, 'enum'> & SchemaExtensions {
  return {
    ...(field.enum ? { enum: [...field.enum] } : {}),
    ...(field.listType ? { 'x-kubernetes-list-type': field.listType } : {}),
    ...(field.listMapKeys ? { 'x-kubernetes-list-map-keys': field.listMapKeys } : {}),
    ...(field.mapType ? { 'x-kubernetes-map-type': field.mapType } : {}),
    ...(field.patchStrategy ? { 'x-kubernetes-patch-strategy': field.patchStrategy } : {}),
    ...(field.patchMergeKey ? { 'x-kubernetes-patch-merge-key': field.patchMergeKey } : {}),
  };
}

function typeSchema(type: Type, dialect: Dialect): Schema {
  switch (type.kind) {
    case 'pointer':
      return typeSchema(type.element, dialect);
    case 'struct':
    case 'special':
      return refTo(type.definition.name, dialect);
    case 'slice':
      return { type: 'array', items: typeSchema(type.element, dialect) };
    case 'map':
      return { type: 'object', additionalProperties: typeSchema(type.element, dialect) };
    case 'string':
      return { type: 'string' };
    case 'bool':
      return { type: 'boolean' };
    case 'int':
    case 'int32':
      return { type: 'integer', format: 'int32' };
    case 'int64':
      return { type: 'integer', format: 'int64' };
    case 'float64':
      return { type: 'number', format: 'double' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
  }
}

/** These definitions and all that they refer to, by name. */
export function reachableDefinitions(names: Iterable<string>): Definition[] {
  const reached = new Map<string, Definition>();
  const pending = [...names];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const definition = definitionNamed(name);
    if (definition === undefined || reached.has(name)) continue;
    reached.set(name, definition);
    for (const field of definition.fields.values()) {
      const below = definitionBelow(field.type);
      if (below) pending.push(below.name);
    }
  }
  return [...reached.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function definitionBelow(type: Type): Definition | undefined {
  if ('element' in type) return definitionBelow(type.element);
  return 'definition' in type ? type.definition : undefined;
}
