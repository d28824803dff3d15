// Fills in defaults, and removes nulls that have no place (apiextensions-apiserver pkg/apiserver/schema/defaulting).
import type { Json } from '../object.ts';
import { fieldSchema, isObject, type SchemaNode } from './schema.ts';

/** Applies the defaults of a schema, and knows where there are any, so that the rest is not walked. */
export class Defaulter {
  readonly #node: SchemaNode;
  readonly #relevant = new Map<SchemaNode, boolean>();

  constructor(node: SchemaNode) {
    this.#node = node;
    this.#mark(node);
  }

  /** Default: changes `object`. Values are copies of those in the schema. */
  apply(object: unknown): void {
    this.#apply(object, this.#node);
  }

  /** Notes whether the schema or one below it may change a value: it has a default, or a null in a list or map to replace. */
  #mark(node: SchemaNode): boolean {
    let relevant = false;
    for (const below of childrenOf(node)) if (this.#mark(below) || below.default !== undefined) relevant = true;
    this.#relevant.set(node, relevant);
    return relevant;
  }

  #apply(value: unknown, node: SchemaNode | undefined): void {
    if (node === undefined || this.#relevant.get(node) !== true) return;
    if (Array.isArray(value)) this.#applyToItems(value, node);
    else if (isObject(value)) this.#applyToFields(value, node);
  }

  #applyToItems(items: unknown[], node: SchemaNode): void {
    for (let i = 0; i < items.length; i++) {
      if (replacesNull(items[i], node.items)) items[i] = copyJson(node.items.default);
      this.#apply(items[i], node.items);
    }
  }

  #applyToFields(object: Record<string, unknown>, node: SchemaNode): void {
    if (node.properties !== undefined)
      for (const [name, property] of node.properties) {
        if (property.default === undefined) continue;
        if (!Object.hasOwn(object, name) || (object[name] === null && !property.nullable))
          setField(object, name, copyJson(property.default));
      }
    for (const name of Object.keys(object)) {
      const below = fieldSchema(node, name);
      if (!node.properties?.has(name) && replacesNull(object[name], below))
        setField(object, name, copyJson(below.default));
      this.#apply(object[name], below);
    }
  }
}

function childrenOf(node: SchemaNode): SchemaNode[] {
  const children = [...(node.properties?.values() ?? [])];
  if (node.items) children.push(node.items);
  if (typeof node.additional === 'object') children.push(node.additional);
  return children;
}

function replacesNull(value: unknown, node: SchemaNode | undefined): node is SchemaNode & { default: Json } {
  return value === null && node?.default !== undefined && !node.nullable;
}

/** Sets a field whatever its name: `__proto__` is a name like others in JSON. */
export function setField(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  else object[name] = value;
}

/** A deep copy of a JSON value. */
export function copyJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) setField(copy, name, copyJson(item));
  return copy as T;
}

/** PruneNonNullableNullsWithoutDefaults: nulls in fields that may not be null, and that no default replaces, go. */
export function dropNulls(value: unknown, node: SchemaNode | undefined): void {
  if (node === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') dropNulls(item, node.items);
  } else if (isObject(value)) {
    for (const name of Object.keys(value)) {
      const item = value[name];
      if (typeof item !== 'object') continue;
      const below = fieldSchema(node, name);
      if (item === null && below !== undefined && !below.nullable && below.default === undefined) delete value[name];
      else if (item !== null) dropNulls(item, below);
    }
  }
}
