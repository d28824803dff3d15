// Says what is wrong with a JSON body in the words of Go's typed decoding: sigs.k8s.io/json, which is encoding/json
// with strict checks. It walks the tree in the order of the text, as Go does: the first wrong type is kept and reading goes
// on; an error from a type's own UnmarshalJSON ends it at once; unknown and repeated fields count only when all else is fine.
import { type Definition, definitionNamed, type Field, type SpecialName, type Type } from '../../schemas/schemas.ts';
import { parseQuantity, QuantityError } from '../quantity.ts';
import { base64ErrorOffset } from './base64.ts';
import type { JsonNode } from './json-tree.ts';
import { normalizeTime, TimeError } from './time.ts';

export interface Findings {
  /** Why the body cannot be read at all, in Go's words. */
  error?: string;
  /** `unknown field "spec.x"`, `duplicate field "kind"`: in the order of the text, each once, at most 100. */
  strictErrors: string[];
}

/** Go's UnmarshalTypeError: `value` is what was found, `goType` what it should have gone into. */
interface TypeMismatch {
  value: string;
  goType: string;
  struct: string;
  field: string;
}

/** An error that ends decoding at once. */
class Abort extends Error {
  readonly mismatch: TypeMismatch | undefined;
  constructor(mismatch: TypeMismatch | undefined, message = '') {
    super(message);
    this.mismatch = mismatch;
  }
}

const maxStrictErrors = 100;

/** Walks `tree` as a value of `definition`. */
export function walk(tree: JsonNode, definition: Definition): Findings {
  const walker = new Walker();
  const error = walker.run(tree, { kind: 'struct', goName: definition.goName, definition });
  return { ...(error === undefined ? {} : { error }), strictErrors: walker.strictErrors };
}

function printMismatch(m: TypeMismatch): string {
  if (m.struct === '' && m.field === '') return `json: cannot unmarshal ${m.value} into Go value of type ${m.goType}`;
  return `json: cannot unmarshal ${m.value} into Go struct field ${m.struct}.${m.field} of type ${m.goType}`;
}

class Walker {
  readonly strictErrors: string[] = [];
  #saved: string | undefined;
  #savedMismatch: TypeMismatch | undefined;
  #struct = '';
  #fields: string[] = [];
  #path: string[] = [];

  /** The error that decoding ends with, if any. */
  run(node: JsonNode, type: Type): string | undefined {
    const mismatch = this.nested(node, type);
    if (mismatch !== undefined) return typeof mismatch === 'string' ? mismatch : printMismatch(mismatch);
    return undefined;
  }

  /** Like run, with a wrong type as its parts, for the decoder around this one. */
  nested(node: JsonNode, type: Type): TypeMismatch | string | undefined {
    try {
      this.#value(node, type);
    } catch (error) {
      if (!(error instanceof Abort)) throw error;
      return error.mismatch ? this.#inContext(error.mismatch) : error.message;
    }
    return this.#savedMismatch ?? this.#saved;
  }

  #inContext(m: TypeMismatch): TypeMismatch {
    if (this.#struct === '' && this.#fields.length === 0) return m;
    const field = m.field === '' ? this.#fields : [...this.#fields, m.field];
    return { ...m, struct: this.#struct, field: field.join('.') };
  }

  #save(error: TypeMismatch | string): void {
    if (this.#saved !== undefined || this.#savedMismatch !== undefined) return;
    if (typeof error === 'string') this.#saved = error;
    else this.#savedMismatch = this.#inContext(error);
  }

  #mismatch(value: string, goType: string): void {
    this.#save({ value, goType, struct: '', field: '' });
  }

  #strict(what: 'unknown field' | 'duplicate field', key: string): void {
    if (this.strictErrors.length >= maxStrictErrors) return;
    const path = this.#path.length === 0 ? key : `${this.#path.join('')}.${key}`;
    const message = `${what} ${JSON.stringify(path)}`;
    if (!this.strictErrors.includes(message)) this.strictErrors.push(message);
  }

  #value(node: JsonNode, type: Type): void {
    let target = type;
    while (target.kind === 'pointer') {
      if (node.type === 'null') return;
      target = target.element;
    }
    if (target.kind === 'special') this.#special(node, target.special);
    else if (node.type === 'object') this.#object(node.entries, target);
    else if (node.type === 'array') this.#array(node.items, target);
    else if (node.type !== 'null') this.#literal(node, target);
  }

  #object(entries: [string, JsonNode][], type: Type): void {
    if (type.kind === 'map') this.#map(entries, type.element);
    else if (type.kind === 'struct') this.#fieldsOf(entries, type.definition);
    else this.#mismatch('object', type.goName);
  }

  #fieldsOf(entries: [string, JsonNode][], definition: Definition): void {
    const seen = new Set<string>();
    const struct = this.#struct;
    for (const [key, value] of entries) {
      const field = definition.fields.get(key);
      if (field === undefined) {
        this.#strict('unknown field', key);
        continue;
      }
      this.#duplicate(seen, key);
      this.#struct = definition.shortName;
      this.#field(field, value);
      this.#struct = struct;
    }
  }

  #field(field: Field, value: JsonNode): void {
    const depth = this.#fields.length;
    this.#fields.push(...field.via, field.name);
    this.#within(field.name, () => this.#value(value, field.type));
    this.#fields.length = depth;
  }

  #map(entries: [string, JsonNode][], element: Type): void {
    const seen = new Set<string>();
    for (const [key, value] of entries) {
      this.#duplicate(seen, key);
      this.#within(key, () => this.#value(value, element));
    }
  }

  #duplicate(seen: Set<string>, key: string): void {
    if (seen.has(key)) this.#strict('duplicate field', key);
    seen.add(key);
  }

  /** Runs `read` with `key` on the path that strict errors show. */
  #within(key: string, read: () => void): void {
    const depth = this.#path.length;
    this.#path.push(depth === 0 ? key : `.${key}`);
    read();
    this.#path.length = depth;
  }

  #array(items: JsonNode[], type: Type): void {
    if (type.kind === 'bytes') return;
    if (type.kind !== 'slice') {
      this.#mismatch('array', type.goName);
      return;
    }
    const depth = this.#path.length;
    items.forEach((item, i) => {
      this.#path.push(`[${i}]`);
      this.#value(item, type.element);
      this.#path.length = depth;
    });
  }

  #literal(node: JsonNode & { type: 'string' | 'number' | 'bool' }, type: Type): void {
    if (node.type === 'bool') {
      if (type.kind !== 'bool') this.#mismatch('bool', type.goName);
    } else if (node.type === 'string') {
      if (type.kind === 'bytes') this.#base64(node.value);
      else if (type.kind !== 'string') this.#mismatch('string', type.goName);
    } else if (type.kind === 'int' || type.kind === 'int32' || type.kind === 'int64') {
      if (!fitsInteger(node.raw, type.kind === 'int32' ? 31n : 63n)) this.#mismatch(`number ${node.raw}`, type.goName);
    } else if (type.kind === 'float64') {
      if (!Number.isFinite(Number(node.raw))) this.#mismatch(`number ${node.raw}`, type.goName);
    } else this.#mismatch('number', type.goName);
  }

  #base64(text: string): void {
    const at = base64ErrorOffset(text);
    if (at !== undefined) this.#save(`illegal base64 data at input byte ${at}`);
  }

  /** A type's own UnmarshalJSON: what it refuses ends decoding. */
  #special(node: JsonNode, special: SpecialName): void {
    specialReaders[special]?.(node);
  }
}

/** UnmarshalJSON of the types that have one and refuse something; each throws Abort. */
const specialReaders: Partial<Record<SpecialName, (node: JsonNode) => void>> = {
  Time: (node) => checkTime(node, 'Time'),
  MicroTime: (node) => checkTime(node, 'MicroTime'),
  Quantity: checkQuantity,
  IntOrString: checkIntOrString,
  Duration(node) {
    if (node.type !== 'string') throw typeAbort(node, 'string');
  },
  JSONSchemaPropsOrBool(node) {
    if (node.type === 'object') checkNestedSchema(node);
    else if (node.type !== 'bool') throw new Abort(undefined, 'boolean or JSON schema expected');
  },
  JSONSchemaPropsOrArray(node) {
    if (node.type === 'object') checkNestedSchema(node);
    else if (node.type === 'array') for (const item of node.items) checkNestedSchema(item);
  },
  JSONSchemaPropsOrStringArray(node) {
    if (node.type === 'object') checkNestedSchema(node);
    else if (node.type === 'array') {
      for (const item of node.items)
        if (item.type !== 'string' && item.type !== 'null') throw typeAbort(item, 'string');
    }
  },
};

/** What a type's own UnmarshalJSON says of a value by itself; undefined where it takes it. */
export function specialError(node: JsonNode, special: SpecialName): string | undefined {
  try {
    specialReaders[special]?.(node);
  } catch (error) {
    if (error instanceof Abort) return error.mismatch ? printMismatch(error.mismatch) : error.message;
    throw error;
  }
  return undefined;
}

function typeAbort(node: JsonNode, goType: string): Abort {
  return new Abort({ value: node.type, goType, struct: '', field: '' });
}

function checkTime(node: JsonNode, kind: 'Time' | 'MicroTime'): void {
  if (node.type === 'null') return;
  if (node.type !== 'string') throw typeAbort(node, 'string');
  try {
    normalizeTime(node.value, kind);
  } catch (error) {
    if (error instanceof TimeError) throw new Abort(undefined, error.message);
    throw error;
  }
}

function checkQuantity(node: JsonNode): void {
  if (node.type === 'null') return;
  const text = node.type === 'string' ? node.value.trim() : node.type === 'number' ? node.raw : node.type;
  try {
    parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) throw new Abort(undefined, error.message);
    throw error;
  }
}

function checkIntOrString(node: JsonNode): void {
  if (node.type === 'string' || node.type === 'null') return;
  if (node.type !== 'number') throw typeAbort(node, 'int32');
  if (!fitsInteger(node.raw, 31n)) {
    throw new Abort({ value: `number ${node.raw}`, goType: 'int32', struct: '', field: '' });
  }
}

/** A JSON schema inside one of the "schema or …" types: read anew, its error shown below the field it stands in. */
function checkNestedSchema(node: JsonNode): void {
  const definition = definitionNamed('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')!;
  const outcome = new Walker().nested(node, { kind: 'struct', goName: definition.goName, definition });
  if (typeof outcome === 'string') throw new Abort(undefined, outcome);
  if (outcome !== undefined) throw new Abort(outcome);
}

function fitsInteger(raw: string, bits: bigint): boolean {
  if (!/^-?[0-9]+$/.test(raw)) return false;
  const value = BigInt(raw);
  return value >= -(1n << bits) && value < 1n << bits;
}
