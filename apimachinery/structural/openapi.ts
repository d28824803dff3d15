// A custom resource's schema as OpenAPI documents publish it (apiextensions-apiserver pkg/controller/openapi builder.go,
// v2/conversion.go, and pkg/apiserver/schema unfold.go, kubeopenapi.go). OpenAPI v2 gets less, because kubectl cannot cope with more.
import { copyJson } from './defaults.ts';
import { isObject, type JSONSchemaProps, schemaAt, schemaEntries, schemasAt, stringsAt } from './schema.ts';

export type OpenAPIDialect = 'v2' | 'v3';

/** A schema in a document. */
export type OpenAPISchema = Record<string, unknown>;

/** What stands in for the fields that every object has: `apiVersion`, `kind` and `metadata` as schemas. */
export type TypeMetaSchemas = Readonly<Record<'apiVersion' | 'kind' | 'metadata', OpenAPISchema>>;

export interface OpenAPIOptions {
  dialect: OpenAPIDialect;
  typeMeta: TypeMetaSchemas;
  /** `spec.preserveUnknownFields` of the CustomResourceDefinition. */
  preserveUnknownFields?: boolean;
}

const copiedKeywords = [
  ...['description', 'title', 'type', 'format', 'pattern', 'maximum', 'minimum', 'maxLength', 'minLength'],
  ...['maxItems', 'minItems', 'multipleOf', 'maxProperties', 'minProperties', 'enum', 'required', 'example'],
  ...['externalDocs', 'x-kubernetes-list-map-keys', 'x-kubernetes-list-type', 'x-kubernetes-map-type'],
  ...['x-kubernetes-validations'],
];
const flags = [
  ...['nullable', 'exclusiveMaximum', 'exclusiveMinimum', 'uniqueItems', 'x-kubernetes-preserve-unknown-fields'],
  ...['x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string'],
];
const junctors = ['allOf', 'anyOf', 'oneOf'];

/** buildKubeNative, without x-kubernetes-group-version-kind and selectable fields. */
export function openAPISchema(props: JSONSchemaProps, options: OpenAPIOptions): OpenAPISchema {
  const preserve = props['x-kubernetes-preserve-unknown-fields'] === true || options.preserveUnknownFields === true;
  if (Object.keys(props).length === 0 || (options.dialect === 'v2' && preserve)) return { type: 'object' };
  const schema = new Converter(options).convert(props);
  schema['properties'] = { ...(schema['properties'] as object | undefined), ...options.typeMeta };
  return schema;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Keywords without schemas in them, where they say something. */
function ownKeywords(props: JSONSchemaProps): OpenAPISchema {
  const schema: OpenAPISchema = {};
  for (const keyword of copiedKeywords) if (!isEmpty(props[keyword])) schema[keyword] = copyJson(props[keyword]);
  for (const flag of flags) if (props[flag] === true) schema[flag] = true;
  return schema;
}

/** A schema within allOf and the like. */
function nested(props: JSONSchemaProps): OpenAPISchema {
  const schema = ownKeywords(props);
  withJunctors(props, schema);
  const items = schemaAt(props['items']);
  if (items !== undefined) schema['items'] = nested(items);
  const properties = schemaEntries(props['properties']);
  if (properties.length > 0)
    schema['properties'] = Object.fromEntries(properties.map(([name, below]) => [name, nested(below)]));
  return schema;
}

function withJunctors(props: JSONSchemaProps, schema: OpenAPISchema): void {
  for (const keyword of junctors) {
    const schemas = schemasAt(props[keyword]);
    if (schemas.length > 0) schema[keyword] = schemas.map(nested);
  }
  const not = schemaAt(props['not']);
  if (not !== undefined) schema['not'] = nested(not);
}

function isIntOrStringPair(schemas: readonly JSONSchemaProps[]): boolean {
  const [first, second] = schemas;
  const only = (schema: JSONSchemaProps | undefined, type: string): boolean =>
    schema?.['type'] === type && Object.keys(schema).length === 1;
  return schemas.length === 2 && only(first, 'integer') && only(second, 'string');
}

/** Unfold: an int-or-string says so in words that everybody understands. */
function unfold(props: JSONSchemaProps, schema: OpenAPISchema): void {
  const anyOf = schemasAt(props['anyOf']);
  const allOf = schemasAt(props['allOf']);
  if (isIntOrStringPair(anyOf) || isIntOrStringPair(schemasAt(allOf[0]?.['anyOf']))) return;
  const pair = [{ type: 'integer' }, { type: 'string' }];
  if (anyOf.length === 0) schema['anyOf'] = pair;
  else schema['allOf'] = [{ anyOf: pair }, ...((schema['allOf'] as OpenAPISchema[] | undefined) ?? [])];
}

class Converter {
  readonly #dialect: OpenAPIDialect;
  readonly #typeMeta: TypeMetaSchemas;

  constructor({ dialect, typeMeta }: OpenAPIOptions) {
    this.#dialect = dialect;
    this.#typeMeta = typeMeta;
  }

  convert(props: JSONSchemaProps): OpenAPISchema {
    const schema = ownKeywords(props);
    const below = this.#dialect === 'v2' ? narrow(props, schema) : props;
    if (this.#dialect === 'v3') {
      if ((props['default'] ?? null) !== null) schema['default'] = copyJson(props['default']);
      withJunctors(props, schema);
      if (props['x-kubernetes-int-or-string'] === true) unfold(props, schema);
    }
    this.#below(below, schema);
    if (props['x-kubernetes-embedded-resource'] === true) this.#embed(props, schema);
    return schema;
  }

  #below(props: JSONSchemaProps, schema: OpenAPISchema): void {
    const items = schemaAt(props['items']);
    if (items !== undefined) schema['items'] = this.convert(items);
    const properties = schemaEntries(props['properties']);
    if (properties.length > 0)
      schema['properties'] = Object.fromEntries(properties.map(([name, below]) => [name, this.convert(below)]));
    const additional = props['additionalProperties'];
    if (typeof additional === 'boolean') schema['additionalProperties'] = additional;
    else if (isObject(additional)) schema['additionalProperties'] = this.convert(additional);
  }

  #embed(props: JSONSchemaProps, schema: OpenAPISchema): void {
    if (this.#dialect === 'v2' && props['x-kubernetes-preserve-unknown-fields'] === true) return;
    schema['properties'] = { ...(schema['properties'] as object | undefined), ...this.#typeMeta };
    const required = new Set(stringsAt(schema, 'required'));
    schema['required'] = [...required.add('kind').add('apiVersion')];
  }
}

/**
 * ToStructuralOpenAPIV2 of one schema: types and parts go that kubectl's v2 model would take too literally. Changes `schema`; gives
 * the part of `props` that is still to be looked into.
 */
function narrow(props: JSONSchemaProps, schema: OpenAPISchema): JSONSchemaProps {
  const nullable = props['nullable'] === true;
  const preserve = props['x-kubernetes-preserve-unknown-fields'] === true;
  const bare = nullable || preserve;
  delete schema['nullable'];
  if (nullable || (preserve && props['type'] === 'object')) delete schema['type'];
  if (props['type'] === 'array' && (bare || schemaAt(props['items']) === undefined)) delete schema['type'];
  const properties = bare ? [] : schemaEntries(props['properties']);
  const nullables = new Set(properties.filter(([, below]) => below['nullable'] === true).map(([name]) => name));
  const additional = schemaAt(props['additionalProperties']);
  const required = additional?.['nullable'] === true ? [] : stringsAt(props, 'required');
  const kept = required.filter((name) => !nullables.has(name));
  if (kept.length > 0) schema['required'] = kept;
  else delete schema['required'];
  if (!bare) return props;
  const { items: _, properties: __, ...rest } = props;
  return rest;
}
