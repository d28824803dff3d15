// Walking apiextensions JSONSchemaProps.
import type { Fields } from '../fields.ts';

/** A schema as it stands in a CustomResourceDefinition. */
export type Schema = Fields;

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `additionalProperties` and the like may be a boolean; then there is no schema. */
export function schemaOf(value: unknown): Schema | undefined {
  return isSchema(value) ? value : undefined;
}

/** A map of names to schemas. */
export function schemaMap(value: unknown): [string, Schema][] {
  return isSchema(value) ? Object.entries(value).map(([name, schema]) => [name, (schema ?? {}) as Schema]) : [];
}

/** A list of schemas. */
export function schemaList(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? (value as Schema[]).map((schema) => schema ?? {}) : [];
}

/** Every schema directly below this one, whatever it is there for. */
export function children(schema: Schema): Schema[] {
  const single = ['items', 'not', 'additionalProperties', 'additionalItems'].flatMap((part) =>
    schemaOf(schema[part]) === undefined ? schemaList(schema[part]) : [schema[part] as Schema],
  );
  const lists = ['allOf', 'anyOf', 'oneOf'].flatMap((part) => schemaList(schema[part]));
  const maps = ['properties', 'patternProperties', 'definitions', 'dependencies'].flatMap((part) =>
    schemaMap(schema[part]).map(([, below]) => below),
  );
  return [...single, ...lists, ...maps];
}

/** SchemaHas: the schema or one below it. */
export function someSchema(schema: Schema | undefined, test: (schema: Schema) => boolean): boolean {
  return schema !== undefined && (test(schema) || children(schema).some((below) => someSchema(below, test)));
}
