// What is wrong with a value, in the words and with the paths of upstream's schema validation (kube-openapi
// pkg/validation/{validate,errors}, apiextensions-apiserver pkg/apiserver/validation validation.go and ratcheting.go). Where an old
// value is the same as the new one, what is wrong with it is not reported.
import { type FieldError, invalid, notSupported, required, tooLong, tooMany, typeInvalid, untyped } from '../field.ts';
import { patternError } from '../patterns.ts';
import type { CorrelatedObject } from './correlate.ts';
import { hasFormat } from './formats.ts';
import { type NumberFault, numberFaults } from './numbers.ts';
import { isObject, pathOf } from './schema.ts';
import { accepts, isListed, runeCount, typeFault, valueType } from './value-accepts.ts';
import type { ValueSchema } from './value-schema.ts';

/** No more than this many faults are told of one value: each costs memory, and a body can hold a million. */
const maxFaults = 10_000;

/** Faults by their message, which is told once, and how much was right: the best of several schemas is the one to speak. */
class Result {
  readonly faults = new Map<string, FieldError>();
  matches = 0;

  add(message: string, fault: FieldError): void {
    if (!this.faults.has(message) && this.faults.size < maxFaults) this.faults.set(message, fault);
  }

  merge(other: Result): void {
    for (const [message, fault] of other.faults) this.add(message, fault);
    this.matches += other.matches;
  }

  get isValid(): boolean {
    return this.faults.size === 0;
  }
}

/**
 * ValidateCustomResource, or ValidateCustomResourceUpdate where `correlation` is given. `path` is that of `value` (empty at the root of an
 * object); messages name fields from `value` on. `always` walks for words even where `accepts` has said that there are none.
 */
export function valueErrors(
  value: unknown,
  schema: ValueSchema,
  path: string,
  correlation?: CorrelatedObject,
  always = false,
): FieldError[] {
  if (!always && accepts(value, schema)) return [];
  const result = new Reporter(path).validate(value, schema, '', correlation);
  return [...result.faults.values()];
}

/** The path of a field whose own path, from the value on, is `name`; upstream strips one leading dot. */
function fieldPath(base: string, name: string): string {
  if (name === '' || name === '.') return pathOf(base);
  const rest = name.startsWith('.') ? name.slice(1) : name;
  return base === '' ? rest : `${base}.${rest}`;
}

class Reporter {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** Validates with the ratcheting of ratchetingValueValidator. */
  validate(value: unknown, schema: ValueSchema, path: string, correlation: CorrelatedObject | undefined): Result {
    const result = new Result();
    if (value === null || value === undefined) this.#null(schema, path, result);
    else this.#value(value, schema, path, correlation, result);
    if (!result.isValid && correlation?.isUnchanged() === true) {
      const unchanged = new Result();
      unchanged.matches = result.matches;
      return unchanged;
    }
    return result;
  }

  #null(schema: ValueSchema, path: string, result: Result): void {
    if (schema.types.length > 0 && !schema.nullable) this.#wrongType(path, schema.types.join(','), 'null', result);
    else result.matches++;
    if (schema.enum !== undefined) this.#notListed(null, schema, path, result);
  }

  #value(
    value: unknown,
    schema: ValueSchema,
    path: string,
    correlation: CorrelatedObject | undefined,
    result: Result,
  ): void {
    if (schema.types.length > 0 || schema.format !== '') {
      this.#type(value, schema, path, result);
      result.matches++;
    }
    this.#combinations(value, schema, path, result);
    result.matches++;
    if (typeof value === 'string') this.#string(value, schema, path, result);
    else if (typeof value === 'number') this.#number(value, schema, path, result);
    else if (Array.isArray(value)) this.#items(value, schema, path, correlation, result);
    if (!isListed(value, schema)) this.#notListed(value, schema, path, result);
    result.matches++;
    if (isObject(value)) this.#fields(value, schema, path, correlation, result);
    result.matches++;
  }

  #wrongType(path: string, wanted: string, found: unknown, result: Result): void {
    const suffix = typeof found === 'string' ? `: ${JSON.stringify(found)}` : '';
    const message = `${path} in body must be of type ${wanted}${suffix}`;
    result.add(message, typeInvalid(fieldPath(this.#base, path), found, message));
  }

  #type(value: unknown, schema: ValueSchema, path: string, result: Result): void {
    const fault = typeFault(value, schema);
    if (fault === undefined) {
      result.matches++;
      return;
    }
    const actual = valueType(value);
    if (fault === 'type') this.#wrongType(path, schema.types.join(','), actual, result);
    else this.#wrongType(path, schema.format, { integer: 'int64', number: 'float64' }[actual] ?? '', result);
  }

  #plain(message: string, result: Result): void {
    result.add(message, invalid(pathOf(this.#base), '', message));
  }

  #invalid(path: string, value: unknown, message: string, result: Result): void {
    result.add(message, invalid(fieldPath(this.#base, path), value, message));
  }

  #notListed(value: unknown, schema: ValueSchema, path: string, result: Result): void {
    const values = schema.enum!.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
    const message = `${path} in body should be one of [${values.join(' ')}]`;
    result.add(message, notSupported(fieldPath(this.#base, path), untyped(value), values));
  }

  #combinations(value: unknown, schema: ValueSchema, path: string, result: Result): void {
    const quoted = JSON.stringify(path);
    if (schema.anyOf.length > 0) this.#anyOf(value, schema.anyOf, path, quoted, result);
    if (schema.oneOf.length > 0) this.#oneOf(value, schema.oneOf, path, quoted, result);
    if (schema.allOf.length > 0) this.#allOf(value, schema.allOf, path, quoted, result);
    if (schema.not !== undefined && accepts(value, schema.not))
      this.#plain(`${quoted} must not validate the schema (not)`, result);
    result.matches++;
  }

  #anyOf(value: unknown, schemas: readonly ValueSchema[], path: string, quoted: string, result: Result): void {
    let best: Result | undefined;
    for (const schema of schemas) {
      const one = this.validate(value, schema, path, undefined);
      if (one.isValid) {
        result.merge(one);
        return;
      }
      if (best === undefined || one.matches > best.matches) best = one;
    }
    this.#plain(`${quoted} must validate at least one schema (anyOf)`, result);
    result.merge(best!);
  }

  #oneOf(value: unknown, schemas: readonly ValueSchema[], path: string, quoted: string, result: Result): void {
    let best: Result | undefined;
    let first: Result | undefined;
    let valid = 0;
    for (const schema of schemas) {
      const one = this.validate(value, schema, path, undefined);
      if (one.isValid) {
        valid++;
        best = undefined;
        first ??= one;
      } else if (valid === 0 && (best === undefined || one.matches > best.matches)) {
        best = one;
      }
    }
    if (valid === 1) {
      result.merge(first!);
      return;
    }
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    this.#plain(`${quoted} must validate one and only one schema (oneOf). ${found}`, result);
    if (best !== undefined) result.merge(best);
  }

  #allOf(value: unknown, schemas: readonly ValueSchema[], path: string, quoted: string, result: Result): void {
    let valid = 0;
    for (const schema of schemas) {
      const one = this.validate(value, schema, path, undefined);
      if (one.isValid) valid++;
      result.merge(one);
    }
    if (valid === schemas.length) return;
    const none = valid === 0 ? '. None validated' : '';
    this.#plain(`${quoted} must validate all the schemas (allOf)${none}`, result);
  }

  #string(value: string, schema: ValueSchema, path: string, result: Result): void {
    this.#length(value, schema, path, result);
    result.matches++;
    if (schema.format === '') return;
    // `byte` and the others are told as types; formats that nobody knows are not looked at.
    if (!hasFormat(value, schema.format)) this.#wrongType(path, schema.format, value, result);
    result.matches++;
  }

  /** The first of length and pattern that does not fit. */
  #length(value: string, schema: ValueSchema, path: string, result: Result): void {
    const { maxLength, minLength, pattern } = schema;
    if (maxLength !== undefined && runeCount(value) > maxLength) {
      const message = `${path} in body should be at most ${maxLength} chars long`;
      result.add(message, tooLong(fieldPath(this.#base, path), maxLength));
    } else if (minLength !== undefined && runeCount(value) < minLength) {
      this.#invalid(path, value, `${path} in body should be at least ${minLength} chars long`, result);
    } else if (pattern !== '' && schema.compiledPattern()?.(value) !== true) {
      const error = patternError(pattern);
      const shown = error === undefined ? pattern : `${pattern}, but pattern is invalid: ${error}`;
      this.#invalid(path, value, `${path} in body should match '${shown}'`, result);
    }
  }

  #number(value: number, schema: ValueSchema, path: string, result: Result): void {
    for (const fault of numberFaults(value, schema)) this.#numberFault(value, fault, schema, path, result);
    result.matches += 2;
  }

  #numberFault(value: number, fault: NumberFault, schema: ValueSchema, path: string, result: Result): void {
    if (fault.kind === 'range') {
      const type = schema.types.length === 1 ? schema.types[0]! : '';
      const format = schema.format === '' ? '(default format)' : `with format ${schema.format}`;
      this.#plain(`${fault.prefix} value must be of type ${type} ${format} in ${path}`, result);
    } else if (fault.kind === 'multipleOfNotPositive') {
      const message = `factor MultipleOf declared for ${path} must be positive: ${fault.factor}`;
      this.#invalid(path, schema.multipleOf, message, result);
    } else if (fault.kind === 'multipleOf') {
      this.#invalid(path, value, `${path} in body should be a multiple of ${fault.factor}`, result);
    } else {
      const [side, exclusive] =
        fault.kind === 'maximum' ? ['less', schema.exclusiveMaximum] : ['greater', schema.exclusiveMinimum];
      const than = exclusive ? `${side} than` : `${side} than or equal to`;
      this.#invalid(path, value, `${path} in body should be ${than} ${fault.bound}`, result);
    }
  }

  #items(
    items: readonly unknown[],
    schema: ValueSchema,
    path: string,
    correlation: CorrelatedObject | undefined,
    result: Result,
  ): void {
    const below = schema.items;
    if (below !== undefined)
      for (let i = 0; i < items.length; i++)
        result.merge(this.validate(items[i], below, `${path}[${i}]`, correlation?.index(i)));
    const { maxItems, minItems } = schema;
    if (minItems !== undefined && items.length < minItems)
      this.#invalid(path, items.length, `${path} in body should have at least ${minItems} items`, result);
    if (maxItems !== undefined && items.length > maxItems) {
      const message = `${path} in body should have at most ${maxItems} items`;
      result.add(message, tooMany(fieldPath(this.#base, path), items.length, maxItems));
    }
    result.matches += 2;
  }

  #fields(
    object: Record<string, unknown>,
    schema: ValueSchema,
    path: string,
    correlation: CorrelatedObject | undefined,
    result: Result,
  ): void {
    const { properties, additional } = schema;
    const names = Object.keys(object);
    this.#fieldCount(names.length, schema, path, result);
    for (const name of names) {
      if (properties.has(name)) continue;
      if (additional === false) this.#invalid(path, name, `${path}.${name} in body is a forbidden property`, result);
      else if (typeof additional === 'object')
        result.merge(this.#field(name, object[name], additional, path, `${path}.${name}`, correlation));
    }
    for (const [name, property] of properties)
      if (Object.hasOwn(object, name)) {
        const at = path === '' ? name : `${path}.${name}`;
        result.merge(this.#field(name, object[name], property, path, at, correlation));
      }
    for (const name of schema.required)
      if (!Object.hasOwn(object, name))
        result.add(`${path}.${name} in body is required`, required(fieldPath(this.#base, `${path}.${name}`)));
    result.matches++;
  }

  /** Changes of apiVersion and kind at the root cannot be seen, so they are never as before. */
  #field(
    name: string,
    value: unknown,
    schema: ValueSchema,
    parent: string,
    path: string,
    correlation: CorrelatedObject | undefined,
  ): Result {
    const hidden = parent === '' && (name === 'apiVersion' || name === 'kind');
    return this.validate(value, schema, path, hidden ? undefined : correlation?.key(name));
  }

  #fieldCount(count: number, schema: ValueSchema, path: string, result: Result): void {
    const { maxProperties, minProperties } = schema;
    if (minProperties !== undefined && count < minProperties)
      this.#invalid(path, count, `${path} in body should have at least ${minProperties} properties`, result);
    if (maxProperties !== undefined && count > maxProperties) {
      const message = `${path} in body should have at most ${maxProperties} properties`;
      result.add(message, tooMany(fieldPath(this.#base, path), count, maxProperties));
    }
  }
}
