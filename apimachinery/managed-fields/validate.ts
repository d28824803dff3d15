// Whether an object fits its MergeType, in the words of upstream's errors (sigs.k8s.io/structured-merge-diff typed/validate.go).
import type { Json, JsonObject } from '../object.ts';
import { elementOfItem, ListElementError } from './list-element.ts';
import type { ListShape, MapShape, MergeType, ScalarKind } from './merge-type.ts';
import { printPathElement } from './path-element.ts';
import { partOf } from './shape.ts';

export interface TypedOptions {
  /** Elements of sets and keyed lists may repeat, as they may in what is stored. What is applied may not repeat them. */
  allowDuplicates: boolean;
}

/** What is wrong with the object, in one text; undefined where it fits. */
export function typedError(object: JsonObject, type: MergeType, options: TypedOptions): string | undefined {
  const errors: string[] = [];
  new TypedWalk(errors, options.allowDuplicates).value(object, type, '');
  if (errors.length <= 1) return errors[0];
  return ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
}

class TypedWalk {
  readonly #errors: string[];
  readonly #allowDuplicates: boolean;

  constructor(errors: string[], allowDuplicates: boolean) {
    this.#errors = errors;
    this.#allowDuplicates = allowDuplicates;
  }

  #say(path: string, message: string): void {
    this.#errors.push(path === '' ? message : `${path}: ${message}`);
  }

  value(value: Json, type: MergeType, path: string): void {
    if (value === null) return;
    const part = partOf(type, value);
    if (part === 'scalar') {
      const error = scalarError(value, type.scalar!);
      if (error !== undefined) this.#say(path, error);
    } else if (part === 'list') {
      if (Array.isArray(value)) this.#items(value, type.list!, path);
      else this.#say(path, `expected list, got &{${goValue(value)}}`);
    } else if (typeof value === 'object' && !Array.isArray(value)) this.#fields(value, type.map!, path);
    else this.#say(path, `expected map, got &{${goValue(value)}}`);
  }

  #fields(map: JsonObject, shape: MapShape, path: string): void {
    for (const key of Object.keys(map)) {
      const value = map[key];
      if (value === undefined) continue;
      const type = shape.fields.get(key)?.type ?? shape.element;
      if (type === undefined) {
        // Upstream looks no further in this object.
        this.#say(`${path}.${key}`, 'field not declared in schema');
        return;
      }
      this.value(value, type, `${path}.${key}`);
    }
  }

  #items(list: Json[], shape: ListShape, path: string): void {
    const seen = new Set<string>();
    for (const [i, item] of list.entries()) {
      let element = `i:${i}`;
      if (shape.relationship !== 'atomic') {
        try {
          element = elementOfItem(shape, item);
        } catch (error) {
          if (!(error instanceof ListElementError)) throw error;
          this.#say(path, `element ${i}: ${error.message}`);
          return;
        }
        if (seen.has(element) && !this.#allowDuplicates)
          this.#say(path, `duplicate entries for key ${printPathElement(element)}`);
        seen.add(element);
      }
      this.value(item, shape.element, path + printPathElement(element));
    }
  }
}

function scalarError(value: Json, kind: ScalarKind): string | undefined {
  switch (kind) {
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goValue(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goValue(value)}}`;
    default:
      return typeof value !== 'object' ? undefined : `expected any scalar, got &{${goValue(value)}}`;
  }
}

function goType(value: Json): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** As Go's %v prints it. */
function goValue(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return value === null ? '<nil>' : String(value);
  const fields = Object.keys(value).sort();
  return `map[${fields.map((key) => `${key}:${goValue(value[key] ?? null)}`).join(' ')}]`;
}
