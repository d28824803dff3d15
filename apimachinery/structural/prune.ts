// Removes the fields that a schema does not specify (apiextensions-apiserver pkg/apiserver/schema/pruning).
import { fieldSchema, isObject, type SchemaNode } from './schema.ts';

const metaFields = new Set(['apiVersion', 'kind', 'metadata']);

/** Where we are, as names and indexes; it is only printed for a field that goes. */
type Path = (string | number)[];

function printPath(path: Path): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}

/**
 * PruneWithOptions. Changes `object`. At the root (`isRoot`) and in embedded resources apiVersion, kind and metadata stay.
 * Gives the paths that were removed, sorted, each as `spec.list[0].field`.
 */
export function prune(object: unknown, node: SchemaNode | undefined, isRoot: boolean): string[] {
  const removed: string[] = [];
  new Pruner(removed).prune(object, node, isRoot || node?.embedded === true);
  return removed.sort();
}

class Pruner {
  readonly #removed: string[];
  readonly #path: Path = [];

  constructor(removed: string[]) {
    this.#removed = removed;
  }

  prune(value: unknown, node: SchemaNode | undefined, embedded: boolean): void {
    if (Array.isArray(value)) this.#items(value, node);
    else if (isObject(value)) this.#fields(value, node, embedded);
  }

  #items(items: unknown[], node: SchemaNode | undefined): void {
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (typeof item !== 'object' || item === null) continue;
      this.#path.push(i);
      // Items of a list whose unknown fields are preserved, and that has no schema for them, stay as they are.
      if (node?.preserveUnknown === true) this.#preserved(item, node.items);
      else this.prune(item, node?.items, node?.items?.embedded === true);
      this.#path.pop();
    }
  }

  /** skipPrune: unknown fields stay, known ones are looked into. */
  #preserved(value: unknown, node: SchemaNode | undefined): void {
    if (node === undefined) return;
    if (Array.isArray(value)) {
      value.forEach((item, i) => {
        this.#path.push(i);
        this.#preserved(item, node.items);
        this.#path.pop();
      });
    } else if (isObject(value)) {
      this.#keepFields(value, node, node.embedded);
    }
  }

  #keepFields(object: Record<string, unknown>, node: SchemaNode, embedded: boolean): void {
    for (const name of Object.keys(object)) {
      if (embedded && metaFields.has(name)) continue;
      if (node.properties?.has(name) || node.additional !== undefined) this.#field(object, name, node);
    }
  }

  #field(object: Record<string, unknown>, name: string, node: SchemaNode): void {
    const value = object[name];
    if (typeof value !== 'object' || value === null) return;
    const below = fieldSchema(node, name);
    this.#path.push(name);
    this.prune(value, below, below?.embedded === true);
    this.#path.pop();
  }

  #fields(object: Record<string, unknown>, node: SchemaNode | undefined, embedded: boolean): void {
    if (node?.preserveUnknown === true) {
      this.#keepFields(object, node, embedded);
      return;
    }
    for (const name of Object.keys(object)) {
      if (embedded && metaFields.has(name)) continue;
      if (node !== undefined && (node.properties?.has(name) || node.additional !== undefined)) {
        this.#field(object, name, node);
        continue;
      }
      if (!metaFields.has(name) || this.#path.length > 0) {
        this.#path.push(name);
        this.#removed.push(printPath(this.#path));
        this.#path.pop();
      }
      delete object[name];
    }
  }
}
