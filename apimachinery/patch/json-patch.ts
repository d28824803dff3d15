// RFC 6902 as upstream applies it (gopkg.in/evanphx/json-patch.v4, which is laxer than the RFC: `replace` sets a missing
// field, array indices may be negative).
import type { Json, JsonObject } from '../object.ts';
import { newBadRequest, newRequestEntityTooLarge, StatusError } from '../status.ts';
import { deepCopy, deepEqual, isObject, ownField, setField } from './json-values.ts';

/** One operation as it was sent; nothing about it has been checked. */
export type JsonPatchOperation = JsonObject;

export const maxOperations = 10_000;
/** What `copy` operations of one patch may add, in bytes of JSON: the limit on a request's body. */
const maxCopiedBytes = 3 * 1024 * 1024;

/** Why an operation does not apply; the words do not reach the client. */
class OperationError extends Error {}

/** A place in the document: a field of an object or an index (or `-`) of a list. */
interface Place {
  container: JsonObject | Json[];
  key: string;
}

/**
 * Applies the operations in order to a copy of `document`. Throws StatusError: 422 where one does not apply (upstream says no
 * more than that), 413 where there are too many, 400 where the patch is not a list of objects.
 */
export function jsonPatch(document: JsonObject, operations: Json): JsonObject {
  if (!Array.isArray(operations)) {
    throw newBadRequest(`json: cannot unmarshal ${goKind(operations)} into Go value of type jsonpatch.Patch`);
  }
  if (operations.length > maxOperations) {
    throw newRequestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  const odd = operations.find((operation) => !isObject(operation) && operation !== null);
  if (odd !== undefined) {
    throw newBadRequest(`json: cannot unmarshal ${goKind(odd)} into Go value of type jsonpatch.Operation`);
  }
  try {
    return new Application(document).run(operations as (JsonPatchOperation | null)[]);
  } catch (error) {
    if (error instanceof OperationError) {
      throw new StatusError('Invalid', 'the server rejected our request due to an error in our request', {});
    }
    throw error;
  }
}

/** Go's name for the kind of a JSON value in decoding errors. */
export function goKind(value: Json | undefined): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

class Application {
  #document: Json;
  #copiedBytes = 0;

  constructor(document: JsonObject) {
    this.#document = deepCopy(document);
  }

  run(operations: (JsonPatchOperation | null)[]): JsonObject {
    for (const operation of operations) this.#apply(operation ?? {});
    if (!isObject(this.#document)) throw new OperationError('the outcome is not an object');
    return this.#document;
  }

  #apply(operation: JsonPatchOperation): void {
    const value = deepCopy(operation['value'] ?? null);
    switch (operation['op']) {
      case 'add':
        add(this.#find(pathOf(operation, 'path')), value);
        break;
      case 'remove':
        remove(this.#find(pathOf(operation, 'path')));
        break;
      case 'replace':
        this.#replace(pathOf(operation, 'path'), value);
        break;
      case 'move': {
        const from = this.#find(pathOf(operation, 'from'));
        const moved = get(from);
        remove(from);
        add(this.#find(pathOf(operation, 'path')), moved ?? null);
        break;
      }
      case 'copy':
        this.#copy(get(this.#find(pathOf(operation, 'from'))) ?? null, pathOf(operation, 'path'));
        break;
      case 'test':
        this.#test(pathOf(operation, 'path'), value);
        break;
      default:
        throw new OperationError('unexpected kind');
    }
  }

  #replace(path: string, value: Json): void {
    if (path === '') {
      if (typeof value !== 'object' || value === null) throw new OperationError('not a document');
      this.#document = value;
      return;
    }
    const place = this.#find(path);
    if (!Array.isArray(place.container)) setField(place.container, place.key, value);
    else place.container[existingIndex(place.container, place.key)] = value;
  }

  #copy(value: Json, path: string): void {
    this.#copiedBytes += Buffer.byteLength(JSON.stringify(value));
    if (this.#copiedBytes > maxCopiedBytes) throw new OperationError('copies too much');
    add(this.#find(path), deepCopy(value));
  }

  #test(path: string, value: Json): void {
    const found = path === '' ? this.#document : (get(this.#find(path)) ?? null);
    if (!deepEqual(found, value)) throw new OperationError('test failed');
  }

  #find(path: string): Place {
    const parts = path.split('/');
    if (parts.length < 2) throw new OperationError('no such path');
    let container = this.#document;
    for (const part of parts.slice(1, -1)) container = get({ container, key: unescapeKey(part) } as Place) ?? null;
    if (typeof container !== 'object' || container === null) throw new OperationError('no such path');
    return { container, key: unescapeKey(parts.at(-1)!) };
  }
}

function pathOf(operation: JsonPatchOperation, field: 'path' | 'from'): string {
  const path = operation[field];
  if (typeof path !== 'string') throw new OperationError(`no ${field}`);
  return path;
}

function unescapeKey(part: string): string {
  return part.replaceAll(/~[01]/g, (escaped) => (escaped === '~1' ? '/' : '~'));
}

function get({ container, key }: Place): Json | undefined {
  if (Array.isArray(container)) return container[existingIndex(container, key)];
  if (!isObject(container)) throw new OperationError('no such path');
  return ownField(container, key);
}

function parseIndex(key: string): number {
  if (!/^[+-]?[0-9]+$/.test(key)) throw new OperationError('not an index');
  return Number(key);
}

function existingIndex(list: Json[], key: string): number {
  const index = parseIndex(key);
  if (index >= list.length || index < -list.length) throw new OperationError('no such index');
  return index < 0 ? index + list.length : index;
}

function add({ container, key }: Place, value: Json): void {
  if (!Array.isArray(container)) {
    setField(container, key, value);
    return;
  }
  if (key === '-') {
    container.push(value);
    return;
  }
  const length = container.length + 1;
  const index = parseIndex(key);
  if (index >= length || index < -length) throw new OperationError('no such index');
  container.splice(index < 0 ? index + length : index, 0, value);
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) {
    container.splice(existingIndex(container, key), 1);
    return;
  }
  if (!Object.hasOwn(container, key)) throw new OperationError('no such key');
  delete container[key];
}
