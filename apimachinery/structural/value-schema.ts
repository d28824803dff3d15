// A schema as the validation of values reads it: compiled once per version (kube-openapi pkg/validation/validate, and
// ConvertJSONSchemaPropsWithPostProcess of apiextensions-apiserver pkg/apiserver/validation).

import { lazyPattern, type Pattern } from '../patterns.ts';
import { isSupportedFormat } from './formats.ts';
import { type JSONSchemaProps, numberAt, schemaAt, schemaEntries, schemasAt, stringAt, stringsAt } from './schema.ts';

/** Types as JSON Schema names them; integers are told from other numbers. */
export type ValueType = string;

export interface ValueSchema {
  /** None, one, or integer and string for an int-or-string. */
  readonly types: readonly ValueType[];
  readonly nullable: boolean;
  /** Empty where there is none, or none that is known. */
  readonly format: string;
  readonly enum: readonly unknown[] | undefined;
  /** The strings among `enum`, for a quick answer. */
  readonly enumStrings: ReadonlySet<string> | undefined;
  readonly maximum: number | undefined;
  readonly minimum: number | undefined;
  readonly exclusiveMaximum: boolean;
  readonly exclusiveMinimum: boolean;
  readonly multipleOf: number | undefined;
  readonly maxLength: number | undefined;
  readonly minLength: number | undefined;
  readonly pattern: string;
  /** Compiles when first called; gives undefined for a pattern that does not compile. */
  readonly compiledPattern: () => Pattern | undefined;
  readonly maxItems: number | undefined;
  readonly minItems: number | undefined;
  readonly maxProperties: number | undefined;
  readonly minProperties: number | undefined;
  readonly required: readonly string[];
  readonly properties: ReadonlyMap<string, ValueSchema>;
  readonly additional: ValueSchema | boolean | undefined;
  readonly items: ValueSchema | undefined;
  readonly allOf: readonly ValueSchema[];
  readonly anyOf: readonly ValueSchema[];
  readonly oneOf: readonly ValueSchema[];
  readonly not: ValueSchema | undefined;
}

/** How a schema is read. */
export interface ValueSchemaOptions {
  /** As defaults are checked: formats stay that nobody knows, and an int-or-string has the types that it says. */
  readonly literal: boolean;
}

function typesOf(props: JSONSchemaProps, options: ValueSchemaOptions): readonly ValueType[] {
  if (props['x-kubernetes-int-or-string'] === true && !options.literal) return ['integer', 'string'];
  const type = stringAt(props, 'type') ?? '';
  return type === '' ? [] : [type];
}

/** StripUnsupportedFormatsPostProcess: a format that does not go with the type says nothing. */
function formatOf(props: JSONSchemaProps, types: readonly ValueType[], options: ValueSchemaOptions): string {
  const format = stringAt(props, 'format') ?? '';
  if (format === '' || options.literal) return format;
  const type = types.length === 1 ? types[0]! : '';
  if (type === '' || type === 'string') return isSupportedFormat(format) ? format : '';
  if (type === 'integer') return format === 'int32' || format === 'int64' ? format : '';
  if (type === 'number') return format === 'float' || format === 'double' ? format : '';
  return '';
}

/** Reads a schema and all below it. */
export function valueSchema(props: JSONSchemaProps, options: ValueSchemaOptions = { literal: false }): ValueSchema {
  const types = typesOf(props, options);
  const all = (keyword: string): ValueSchema[] => schemasAt(props[keyword]).map((one) => valueSchema(one, options));
  const one = (keyword: string): ValueSchema | undefined => {
    const schema = schemaAt(props[keyword]);
    return schema && valueSchema(schema, options);
  };
  const additional = props['additionalProperties'];
  const values = Array.isArray(props['enum']) && props['enum'].length > 0 ? (props['enum'] as unknown[]) : undefined;
  const pattern = stringAt(props, 'pattern') ?? '';
  return {
    types,
    nullable: props['nullable'] === true,
    format: formatOf(props, types, options),
    enum: values,
    enumStrings: values && new Set(values.filter((value) => typeof value === 'string')),
    maximum: numberAt(props, 'maximum'),
    minimum: numberAt(props, 'minimum'),
    exclusiveMaximum: props['exclusiveMaximum'] === true,
    exclusiveMinimum: props['exclusiveMinimum'] === true,
    multipleOf: numberAt(props, 'multipleOf'),
    maxLength: numberAt(props, 'maxLength'),
    minLength: numberAt(props, 'minLength'),
    pattern,
    compiledPattern: lazyPattern(pattern),
    maxItems: numberAt(props, 'maxItems'),
    minItems: numberAt(props, 'minItems'),
    maxProperties: numberAt(props, 'maxProperties'),
    minProperties: numberAt(props, 'minProperties'),
    required: stringsAt(props, 'required'),
    properties: new Map(schemaEntries(props['properties']).map(([name, below]) => [name, valueSchema(below, options)])),
    additional: typeof additional === 'boolean' ? additional : one('additionalProperties'),
    items: one('items'),
    allOf: all('allOf'),
    anyOf: all('anyOf'),
    oneOf: all('oneOf'),
    not: one('not'),
  };
}
