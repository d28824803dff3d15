// The fast structural check: is this object what Go's typed decoding would read without complaint? One ajv validator per
// definition, compiled from the schemas when the definition is first met. It answers yes or no; the walker finds the words.
import { createRequire } from 'node:module';
import type { Ajv, CodeKeywordDefinition, KeywordCxt, SchemaObject, ValidateFunction } from 'ajv';
import { type Definition, definitionNamed, type SpecialName, type Type } from '../../schemas/schemas.ts';
import { canonicalQuantity, QuantityError } from '../quantity.ts';
import { base64ErrorOffset } from './base64.ts';
import { normalizeTime, TimeError } from './time.ts';

/** Generated code reaches a definition's validator through this object, so that it need not exist yet. */
interface Checker {
  check(value: unknown): boolean;
}

const checkers = new Map<string, Checker>();

/**
 * Whether `value` reads as `definition` with no wrong type and no unknown field. Repeated keys and numbers written as `1.0`
 * are not seen here: JSON.parse has already dropped them.
 */
export function fits(value: unknown, definition: Definition): boolean {
  return checkerOf(definition.name).check(value);
}

function checkerOf(name: string): Checker {
  let checker = checkers.get(name);
  if (checker === undefined) {
    const made: Checker = {
      check(value) {
        made.check = compile(definitionNamed(name)!);
        return made.check(value);
      },
    };
    checker = made;
    checkers.set(name, checker);
  }
  return checker;
}

/** Loaded with the first object that is checked, so that a server is not kept from starting by it (20 ms). */
let loaded: { library: typeof import('ajv'); ajv: Ajv } | undefined;

function load(): { library: typeof import('ajv'); ajv: Ajv } {
  const library = createRequire(import.meta.url)('ajv') as typeof import('ajv');
  const ajv = new library.Ajv({
    strict: false,
    messages: false,
    validateSchema: false,
    meta: false,
    addUsedSchema: false,
  });
  ajv.addKeyword(callKeyword(library, 'definition', (name: string) => checkerOf(name)));
  ajv.addKeyword(callKeyword(library, 'special', (name: SpecialName | 'bytes') => ({ check: specialChecks[name]! })));
  return { library, ajv };
}

function compile(definition: Definition): (value: unknown) => boolean {
  loaded ??= load();
  const validate: ValidateFunction = loaded.ajv.compile(schemaOfDefinition(definition));
  return (value) => validate(value) as boolean;
}

/** A keyword that passes where `target(schema).check(data)` is true. */
function callKeyword<Value>(
  { _ }: typeof import('ajv'),
  keyword: string,
  target: (value: Value) => Checker,
): CodeKeywordDefinition {
  return {
    keyword,
    code(context: KeywordCxt) {
      const called = context.gen.scopeValue('keyword', { ref: target(context.schema as Value) });
      context.fail(_`!${called}.check(${context.data})`);
    },
  };
}

/**
 * Compiles the validators of these definitions and of all that they refer to, in slices of about a millisecond between which
 * other work goes on. A server calls it once it is ready, so that no request pays for it.
 */
export async function warmUp(definitions: readonly Definition[]): Promise<void> {
  const reached = new Set(definitions);
  for (const definition of reached) {
    if (definition.special === undefined) checkerOf(definition.name).check({ '': null });
    for (const field of definition.fields.values()) {
      const below = definitionBelow(field.type);
      if (below) reached.add(below);
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function definitionBelow(type: Type): Definition | undefined {
  if ('element' in type) return definitionBelow(type.element);
  return 'definition' in type ? type.definition : undefined;
}

function schemaOfDefinition(definition: Definition): SchemaObject {
  const properties: Record<string, SchemaObject> = {};
  for (const field of definition.fields.values()) properties[field.name] = schemaOf(field.type);
  return { type: ['object', 'null'], properties, additionalProperties: false };
}

/** Null reads as "not there" everywhere. */
function schemaOf(type: Type): SchemaObject {
  switch (type.kind) {
    case 'pointer':
      return schemaOf(type.element);
    case 'struct':
      return { definition: type.definition.name };
    case 'special':
      return type.special in specialChecks ? { special: type.special } : {};
    case 'slice':
      return { type: ['array', 'null'], items: schemaOf(type.element) };
    case 'map':
      return { type: ['object', 'null'], additionalProperties: schemaOf(type.element) };
    case 'string':
      return { type: ['string', 'null'] };
    case 'bool':
      return { type: ['boolean', 'null'] };
    case 'int32':
      return { type: ['integer', 'null'], minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
    case 'int':
    case 'int64':
      return { type: ['integer', 'null'], minimum: -(2 ** 63), exclusiveMaximum: 2 ** 63 };
    case 'float64':
      return { type: ['number', 'null'] };
    case 'bytes':
      return { special: 'bytes' };
  }
}

function nestedSchema(value: unknown): boolean {
  return checkerOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps').check(value);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown, kind: 'Time' | 'MicroTime'): boolean {
  if (value === null) return true;
  if (typeof value !== 'string') return false;
  try {
    normalizeTime(value, kind);
    return true;
  } catch (error) {
    if (error instanceof TimeError) return false;
    throw error;
  }
}

function isQuantity(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  try {
    canonicalQuantity(value);
    return true;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

function isInt32(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= -(2 ** 31) && (value as number) < 2 ** 31;
}

const specialChecks: Partial<Record<SpecialName | 'bytes', (value: unknown) => boolean>> & {
  bytes(value: unknown): boolean;
} = {
  bytes: (value) => value === null || (typeof value === 'string' && base64ErrorOffset(value) === undefined),
  Time: (value) => isTime(value, 'Time'),
  MicroTime: (value) => isTime(value, 'MicroTime'),
  Quantity: isQuantity,
  Duration: (value) => typeof value === 'string',
  IntOrString: (value) => value === null || typeof value === 'string' || isInt32(value),
  JSONSchemaPropsOrBool: (value) => typeof value === 'boolean' || (isObject(value) && nestedSchema(value)),
  JSONSchemaPropsOrArray: (value) =>
    Array.isArray(value) ? value.every(nestedSchema) : !isObject(value) || nestedSchema(value),
  JSONSchemaPropsOrStringArray: (value) =>
    Array.isArray(value) ? value.every((v) => typeof v === 'string') : !isObject(value) || nestedSchema(value),
};
