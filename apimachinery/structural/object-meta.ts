// apiVersion, kind and metadata of embedded resources: read as ObjectMeta is, and validated like those of any object
// (apiextensions-apiserver pkg/apiserver/schema/objectmeta).
import { type Definition, definitionNamed } from '../../schemas/schemas.ts';
import { treeOf } from '../decode/json-tree.ts';
import { normalize } from '../decode/normalize.ts';
import { fits } from '../decode/structure.ts';
import { walk } from '../decode/walker.ts';
import { type FieldError, invalid, required, untyped } from '../field.ts';
import { isDNS1035Label, isPathSegmentName } from '../names.ts';
import type { ObjectMeta } from '../object.ts';
import { validateObjectMeta } from '../validation.ts';
import { setField } from './defaults.ts';
import { childPath, isObject, type SchemaNode } from './schema.ts';

/** What came of reading metadata. */
export interface CoercedMeta {
  /** As Go would write it again; undefined with `error`. */
  metadata?: Record<string, unknown>;
  /** Paths of unknown fields, below `metadata`. */
  unknown: string[];
  /** Go's words for a wrong type. */
  error?: string;
}

export interface CoerceOptions {
  /** Drops what has a wrong type instead of refusing it, as upstream does with what is stored. */
  dropInvalid: boolean;
}

function objectMetaDefinition(): Definition {
  return definitionNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')!;
}

function readMeta(metadata: unknown): CoercedMeta {
  const definition = objectMetaDefinition();
  const value = metadata ?? {};
  if (fits(value, definition))
    return { metadata: withoutNullTime(normalize(value as never, definition, 'written')), unknown: [] };
  const findings = walk(treeOf(value), definition);
  if (findings.error !== undefined) return { unknown: [], error: findings.error };
  const unknown = findings.strictErrors.map((text) => /^(?:unknown|duplicate) field "(.*)"$/.exec(text)?.[1] ?? text);
  return { metadata: withoutNullTime(normalize(value as never, definition, 'written')), unknown };
}

function withoutNullTime(metadata: Record<string, unknown>): Record<string, unknown> {
  if (metadata['creationTimestamp'] === null) delete metadata['creationTimestamp'];
  return metadata;
}

/** GetObjectMetaWithOptions: one field at a time where the whole cannot be read and `dropInvalid` is set. */
export function coerceMeta(metadata: unknown, options: CoerceOptions): CoercedMeta {
  const whole = readMeta(metadata);
  if (whole.error === undefined || !options.dropInvalid) return whole;
  if (!isObject(metadata)) return { unknown: [], error: whole.error };
  const good: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(metadata))
    if (readMeta({ [name]: value }).error === undefined) setField(good, name, value);
  return readMeta(good);
}

/** What came of reading embedded resources. */
export interface Coerced {
  unknown: string[];
  /** The first thing of a wrong type. */
  error?: FieldError;
}

/** Whether a schema has embedded resources below its root: most have none, and are not walked. */
export function hasEmbedded(node: SchemaNode | undefined): boolean {
  if (node === undefined) return false;
  const below = [
    ...(node.properties?.values() ?? []),
    node.items,
    typeof node.additional === 'object' ? node.additional : undefined,
  ];
  return below.some((child) => child !== undefined && (child.embedded || hasEmbedded(child)));
}

/** CoerceWithOptions. Changes `value`, which is at `path`. `isRoot` treats it as a resource whatever its schema says. */
export function coerceEmbedded(
  value: unknown,
  node: SchemaNode,
  isRoot: boolean,
  options: CoerceOptions,
  path = '',
): Coerced {
  const result: Coerced = { unknown: [] };
  coerce(value, node, isRoot || node.embedded, path, options, result);
  result.unknown.sort();
  return result;
}

function coerce(
  value: unknown,
  node: SchemaNode | undefined,
  embedded: boolean,
  path: string,
  options: CoerceOptions,
  result: Coerced,
): void {
  if (node === undefined || result.error !== undefined) return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      if (typeof item === 'object')
        coerce(item, node.items, node.items?.embedded === true, `${path}[${i}]`, options, result);
    });
    return;
  }
  if (!isObject(value)) return;
  if (embedded) coerceResource(value, path, options, result);
  for (const name of Object.keys(value)) {
    const property = node.properties?.get(name);
    const below = property ?? (typeof node.additional === 'object' ? node.additional : undefined);
    const at = property === undefined ? `${path}[${name}]` : childPath(path, name);
    if (below !== undefined) coerce(value[name], below, below.embedded, at, options, result);
  }
}

function coerceResource(value: Record<string, unknown>, path: string, options: CoerceOptions, result: Coerced): void {
  for (const name of ['apiVersion', 'kind']) {
    if (!Object.hasOwn(value, name) || typeof value[name] === 'string') continue;
    if (options.dropInvalid) delete value[name];
    else result.error ??= invalid(childPath(path, name), untyped(value[name]), 'must be a string');
  }
  if (!Object.hasOwn(value, 'metadata')) return;
  const at = childPath(path, 'metadata');
  const { metadata, unknown, error } = coerceMeta(value['metadata'], options);
  result.unknown.push(...unknown.map((field) => `${at}.${field}`));
  if (metadata !== undefined) value['metadata'] = metadata;
  else if (!options.dropInvalid) result.error ??= invalid(at, untyped(value['metadata']), error ?? '');
}

/** Validate: embedded resources below `node`, and the value itself with `isRoot`. */
export function validateEmbedded(value: unknown, node: SchemaNode, isRoot: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  validate(value, node, isRoot || node.embedded, path, errors);
  return errors;
}

function validate(
  value: unknown,
  node: SchemaNode | undefined,
  embedded: boolean,
  path: string,
  errors: FieldError[],
): void {
  if (node === undefined) return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      validate(item, node.items, node.items?.embedded === true, `${path}[${i}]`, errors);
    });
    return;
  }
  if (!isObject(value)) return;
  if (embedded) errors.push(...validateResource(value, path));
  for (const name of Object.keys(value)) {
    const property = node.properties?.get(name);
    const below = property ?? (typeof node.additional === 'object' ? node.additional : undefined);
    const at = property === undefined ? `${path}[${name}]` : childPath(path, name);
    if (below !== undefined) validate(value[name], below, below.embedded, at, errors);
  }
}

function validateApiVersion(value: unknown, field: string): FieldError[] {
  if (typeof value !== 'string') return [invalid(field, untyped(value), 'must be a string')];
  if (value === '') return [invalid(field, value, 'must not be empty')];
  return value.split('/').length <= 2 ? [] : [invalid(field, value, `unexpected GroupVersion string: ${value}`)];
}

function validateKind(value: unknown, field: string): FieldError[] {
  if (typeof value !== 'string') return [invalid(field, untyped(value), 'must be a string')];
  if (value === '') return [invalid(field, value, 'must not be empty')];
  const messages = isDNS1035Label(value.toLowerCase());
  const rule = `may have mixed case, but should otherwise match: ${messages.join(',')}`;
  return messages.length === 0 ? [] : [invalid(field, value, rule)];
}

function validateMetadata(value: unknown, field: string): FieldError[] {
  const { metadata, error } = coerceMeta(value, { dropInvalid: false });
  if (metadata === undefined) return [invalid(field, untyped(value), error ?? '')];
  const meta = metadata as ObjectMeta;
  // The name may be missing, which for an object of its own would be an error.
  const named = (meta.name ?? '') === '' ? { ...meta, name: 'fakename' } : meta;
  return validateObjectMeta(
    named,
    { namespaced: (meta.namespace ?? '') !== '', validateName: isPathSegmentName },
    field,
  );
}

/** validateEmbeddedResource: apiVersion and kind must be there, metadata need not. */
function validateResource(value: Record<string, unknown>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['apiVersion', 'kind'])
    if (!Object.hasOwn(value, name)) errors.push(required(childPath(path, name)));
  if (Object.hasOwn(value, 'apiVersion'))
    errors.push(...validateApiVersion(value['apiVersion'], childPath(path, 'apiVersion')));
  if (Object.hasOwn(value, 'kind')) errors.push(...validateKind(value['kind'], childPath(path, 'kind')));
  if (Object.hasOwn(value, 'metadata'))
    errors.push(...validateMetadata(value['metadata'], childPath(path, 'metadata')));
  return errors;
}
