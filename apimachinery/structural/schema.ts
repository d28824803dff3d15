// A CustomResourceDefinition's schema as a tree that the other parts walk (apiextensions-apiserver pkg/apiserver/schema structural.go
// and convert.go). It is read with tolerance: what is not as it must be counts as absent, and the checks of
// CustomResourceDefinitions say so where it matters.
import type { Json } from '../object.ts';

/** apiextensions.k8s.io/v1 JSONSchemaProps as it stands in the object. */
export type JSONSchemaProps = { readonly [keyword: string]: unknown };

/** An item of `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** Structural: the spine of the schema. Value validations are read from `props`. */
export interface SchemaNode {
  readonly props: JSONSchemaProps;
  /** Empty where there is none. */
  readonly type: string;
  readonly nullable: boolean;
  /** Undefined where there is none; a default of null counts as none, as upstream. */
  readonly default: Json | undefined;
  readonly properties: ReadonlyMap<string, SchemaNode> | undefined;
  readonly items: SchemaNode | undefined;
  readonly additional: SchemaNode | boolean | undefined;
  readonly preserveUnknown: boolean;
  readonly embedded: boolean;
  readonly intOrString: boolean;
  readonly listType: string | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: string | undefined;
  readonly rules: readonly ValidationRule[];
}

/** A JSON object, arrays and null apart. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A schema where there is one: `additionalProperties` and the like may be a boolean. */
export function schemaAt(value: unknown): JSONSchemaProps | undefined {
  return isObject(value) ? value : undefined;
}

/** The schemas in `allOf` and the like. */
export function schemasAt(value: unknown): readonly JSONSchemaProps[] {
  return Array.isArray(value) ? value.map((schema) => schemaAt(schema) ?? {}) : [];
}

/** The schemas in `properties`. */
export function schemaEntries(value: unknown): [string, JSONSchemaProps][] {
  return isObject(value) ? Object.entries(value).map(([name, schema]) => [name, schemaAt(schema) ?? {}]) : [];
}

/** A string keyword; undefined where it is something else. */
export function stringAt(props: JSONSchemaProps, keyword: string): string | undefined {
  const value = props[keyword];
  return typeof value === 'string' ? value : undefined;
}

/** A number keyword; undefined where it is something else. */
export function numberAt(props: JSONSchemaProps, keyword: string): number | undefined {
  const value = props[keyword];
  return typeof value === 'number' ? value : undefined;
}

/** A keyword that lists strings. */
export function stringsAt(props: JSONSchemaProps, keyword: string): readonly string[] {
  const value = props[keyword];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** NewStructural. */
export function schemaNode(props: JSONSchemaProps): SchemaNode {
  const properties = schemaEntries(props['properties']);
  const items = schemaAt(props['items']);
  const additional = props['additionalProperties'];
  const additionalSchema = schemaAt(additional);
  const rules = props['x-kubernetes-validations'];
  return {
    props,
    type: stringAt(props, 'type') ?? '',
    nullable: props['nullable'] === true,
    default: (props['default'] ?? undefined) as Json | undefined,
    properties:
      properties.length === 0 ? undefined : new Map(properties.map(([name, below]) => [name, schemaNode(below)])),
    items: items && schemaNode(items),
    additional: additionalSchema
      ? schemaNode(additionalSchema)
      : typeof additional === 'boolean'
        ? additional
        : undefined,
    preserveUnknown: props['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: props['x-kubernetes-embedded-resource'] === true,
    intOrString: props['x-kubernetes-int-or-string'] === true,
    listType: stringAt(props, 'x-kubernetes-list-type'),
    listMapKeys: stringsAt(props, 'x-kubernetes-list-map-keys'),
    mapType: stringAt(props, 'x-kubernetes-map-type'),
    rules: Array.isArray(rules) ? (rules.filter(isObject) as unknown as ValidationRule[]) : [],
  };
}

/** The schema of a field: its property, or that of additional ones. */
export function fieldSchema(node: SchemaNode | undefined, name: string): SchemaNode | undefined {
  const property = node?.properties?.get(name);
  if (property !== undefined) return property;
  return typeof node?.additional === 'object' ? node.additional : undefined;
}

/** field.Path.String() of a path that may be none: what is wrong with the whole object is at `<nil>`. */
export function pathOf(path: string): string {
  return path === '' ? '<nil>' : path;
}

/** field.Path.Child. */
export function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
