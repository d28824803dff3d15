// Defaults in schemas must be values that the schema takes, with nothing that pruning would remove (apiextensions-apiserver
// pkg/apiserver/schema/defaulting validation.go and surroundingobject.go).
import { isDeepStrictEqual } from 'node:util';
import { type FieldError, fieldErrorMessage, invalid, untyped } from '../field.ts';
import { copyJson } from './defaults.ts';
import { coerceEmbedded, validateEmbedded } from './object-meta.ts';
import { prune } from './prune.ts';
import { isObject, type SchemaNode } from './schema.ts';
import { valueErrors } from './value-errors.ts';
import { valueSchema } from './value-schema.ts';

/** Checks a default's rules, once all else is well with it. */
export type ValidateRules = (value: unknown, node: SchemaNode, isResourceRoot: boolean, path: string) => FieldError[];

/** Where in a schema we are. */
interface Place {
  /** The resource around: the root, or an embedded one. */
  resource: SchemaNode;
  /** The way there from that resource: names, and `undefined` for an item. */
  steps: readonly (string | undefined)[];
  /** Within apiVersion, kind or metadata. */
  insideMeta: boolean;
}

const metaFields = ['apiVersion', 'kind', 'metadata'];

/** ValidateDefaults: of the root schema, at `path`, and all below it. */
export function validateDefaults(root: SchemaNode, path: string, validateRules: ValidateRules): FieldError[] {
  const errors: FieldError[] = [];
  const resource = { ...root, embedded: true };
  validate(resource, path, { resource, steps: [], insideMeta: false }, validateRules, errors);
  return errors;
}

function validate(
  node: SchemaNode,
  path: string,
  outer: Place,
  validateRules: ValidateRules,
  errors: FieldError[],
): void {
  const place = node.embedded ? { resource: node, steps: [], insideMeta: false } : outer;
  if (node.default !== undefined) errors.push(...validateDefault(node, `${path}.default`, place, validateRules));
  // Defaults below additionalProperties are forbidden elsewhere.
  if (node.items !== undefined) {
    const below = { ...place, steps: [...place.steps, undefined] };
    validate(node.items, `${path}.items`, below, validateRules, errors);
  }
  for (const [name, property] of node.properties ?? []) {
    const insideMeta = place.insideMeta || (node.embedded && metaFields.includes(name));
    const below = { resource: place.resource, steps: [...place.steps, name], insideMeta };
    validate(property, `${path}.properties[${name}]`, below, validateRules, errors);
  }
}

function validateDefault(node: SchemaNode, path: string, place: Place, validateRules: ValidateRules): FieldError[] {
  const value = copyJson(node.default);
  const errors = place.insideMeta ? [] : unknownFields(node, path);
  const shape = place.insideMeta ? metaErrors(node, path, place) : embeddedErrors(value, node, path);
  if (shape.length > 0) return [...errors, ...shape];
  const values = valueErrors(value, valueSchema(node.props, { literal: true }), path);
  return [...errors, ...(values.length > 0 ? values : validateRules(value, node, node === place.resource, path))];
}

function unknownFields(node: SchemaNode, path: string): FieldError[] {
  const pruned = copyJson(node.default);
  prune(pruned, node, node.embedded);
  return isDeepStrictEqual(pruned, node.default)
    ? []
    : [invalid(path, untyped(node.default), 'must not have unknown fields')];
}

function embeddedErrors(value: unknown, node: SchemaNode, path: string): FieldError[] {
  const { error } = coerceEmbedded(value, node, node.embedded, { dropInvalid: false }, path);
  return error === undefined ? validateEmbedded(value, node, node.embedded, path) : [error];
}

/** A resource that has nothing but the value in its place, and a type. */
function surroundingObject(value: unknown, steps: Place['steps']): Record<string, unknown> {
  const inner = steps.reduceRight(
    (inside: unknown, step) => (step === undefined ? [inside] : { [step]: inside }),
    value,
  );
  const object = isObject(inner) ? inner : {};
  return { apiVersion: 'validation/v1', kind: 'Validation', ...object };
}

function metaErrors(node: SchemaNode, path: string, place: Place): FieldError[] {
  const object = surroundingObject(copyJson(node.default), place.steps);
  const { error } = coerceEmbedded(object, place.resource, true, { dropInvalid: false });
  const errors = error === undefined ? validateEmbedded(object, place.resource, true, '') : [error];
  if (errors.length === 0) return [];
  const messages = [...new Set(errors.map(fieldErrorMessage))];
  const text = messages.length === 1 ? messages[0]! : `[${messages.join(', ')}]`;
  return [invalid(path, untyped(node.default), `must result in valid metadata: ${text}`)];
}
