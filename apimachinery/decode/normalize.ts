// What Go's typed round trip does to an object: unknown fields and nulls go, empty `omitempty` fields go, struct values and
// fields without `omitempty` are always there, quantities and times take their canonical form, fields stand in Go's order.
// One function per definition, generated from the schemas when the definition is first met: a Pod takes a few microseconds.
import { type Definition, definitionNamed, type Field, type SpecialName, type Type } from '../../schemas/schemas.ts';
import { canonicalQuantity } from '../quantity.ts';
import { normalizeTime } from './time.ts';

/** Any JSON object. */
type Fields = Record<string, unknown>;

/**
 * What becomes of empty lists and maps. `received`: they stay, since defaults and validation tell them from missing ones. `written`: as
 * Go writes JSON, they go where they may be left out. `stored`: all go, as in upstream's store, which is protobuf.
 */
export type Form = 'received' | 'written' | 'stored';

/** Generated code reaches a definition's function through this object, so that it need not exist yet. */
interface Normalizer {
  run(value: Fields, form: Form): Fields;
}

const normalizers = new Map<string, Normalizer>();

/**
 * A new object in the form in which Go would write `value` after reading it as `definition`. `value` must fit the
 * definition (see structure.ts) but for unknown fields; it is not changed, and the result shares only what has no schema.
 */
export function normalize(value: Fields, definition: Definition, form: Form = 'received'): Fields {
  return normalizerOf(definition.name).run(value, form);
}

function normalizerOf(name: string): Normalizer {
  let normalizer = normalizers.get(name);
  if (normalizer === undefined) {
    const made: Normalizer = {
      run(value, form) {
        made.run = compile(definitionNamed(name)!);
        return made.run(value, form);
      },
    };
    normalizer = made;
    normalizers.set(name, normalizer);
  }
  return normalizer;
}

/** Converts one value that is not null. */
type Convert = (value: never, form: Form) => unknown;

function compile(definition: Definition): Normalizer['run'] {
  const scope: (Normalizer | Convert)[] = [];
  const lines = [...definition.fields.values()].map((field) => fieldCode(field, scope));
  const source = `return function normalize${definition.shortName}(o, form) {\nconst r = {};\nlet v;\n${lines.join('\n')}\nreturn r;\n}`;
  return new Function('s', source)(scope) as Normalizer['run'];
}

/** Code that reads one field of `o` into `v` and writes it to `r` where Go would. */
function fieldCode(field: Field, scope: (Normalizer | Convert)[]): string {
  const at = `[${JSON.stringify(field.name)}]`;
  const read = `v = o${at};`;
  const write = (value: string): string => `r${at} = ${value}`;
  const { type } = field;
  const empty = emptyCode(type);
  if (empty === undefined) {
    const converted = convertCode(type, 'v', scope);
    const filled = emptinessCode(type);
    if (!field.always) {
      const kept =
        filled === '' || type.kind === 'bytes'
          ? `v != null${filled}`
          : `v != null && (form === 'received' || (true${filled}))`;
      return `${read} if (${kept}) ${write(converted)};`;
    }
    const none =
      filled === '' || type.kind === 'bytes' ? 'v == null' : `v == null || (form === 'stored' && !(true${filled}))`;
    return `${read} ${write(`${none} ? null : ${converted}`)};`;
  }
  if (type.kind === 'struct') return `${read} ${write(convertCode(type, '(v ?? {})', scope))};`;
  const value = `v == null ? ${empty} : ${convertCode(type, 'v', scope)}`;
  if (type.kind === 'special') return `${read} ${field.omitZero ? 'if (v != null) ' : ''}${write(value)};`;
  return field.always ? `${read} ${write(value)};` : `${read} if (v) ${write('v')};`;
}

/** The further condition under which a list, map or byte string counts as present for `omitempty`. */
function emptinessCode(type: Type): string {
  if (type.kind === 'slice' || type.kind === 'bytes') return ' && v.length !== 0';
  return type.kind === 'map' ? ' && Object.keys(v).length !== 0' : '';
}

/** The zero value of a type that cannot be nil, as code; undefined for one that can. */
function emptyCode(type: Type): string | undefined {
  switch (type.kind) {
    case 'string':
      return '""';
    case 'bool':
      return 'false';
    case 'int':
    case 'int32':
    case 'int64':
    case 'float64':
      return '0';
    case 'struct':
      return '{}';
    case 'special':
      return specialZeros[type.special] ?? 'null';
    default:
      return undefined;
  }
}

/** Code that converts `expression`, which is not null. */
function convertCode(type: Type, expression: string, scope: (Normalizer | Convert)[]): string {
  switch (type.kind) {
    case 'pointer':
      return convertCode(type.element, expression, scope);
    case 'struct':
      return `s[${scope.push(normalizerOf(type.definition.name)) - 1}].run(${expression}, form)`;
    case 'special':
      return type.special in specialConverters
        ? `s[${scope.push(specialConverters[type.special]!) - 1}](${expression}, form)`
        : expression;
    case 'bytes':
      return `s[${scope.push(canonicalBase64) - 1}](${expression})`;
    case 'slice':
    case 'map':
      return `s[${scope.push(converterOf(type)) - 1}](${expression}, form)`;
    default:
      return expression;
  }
}

/** A function that converts values of `type` that are not null. */
function converterOf(type: Type): Convert {
  switch (type.kind) {
    case 'pointer':
      return converterOf(type.element);
    case 'struct': {
      const normalizer = normalizerOf(type.definition.name);
      return (value: Fields, form: Form) => normalizer.run(value, form);
    }
    case 'special':
      return specialConverters[type.special] ?? same;
    case 'bytes':
      return canonicalBase64;
    case 'slice':
      return listConverter(type.element);
    case 'map':
      return mapConverter(type.element);
    default:
      return same;
  }
}

function same(value: unknown): unknown {
  return value;
}

/** What a null element of a list or map reads as. */
function zeroOf(type: Type): () => unknown {
  const code = emptyCode(type);
  if (code === undefined) return () => null;
  if (type.kind !== 'struct') return () => JSON.parse(code);
  const normalizer = normalizerOf(type.definition.name);
  return () => normalizer.run({}, 'received');
}

function listConverter(element: Type): (list: unknown[], form: Form) => unknown[] {
  const convert = converterOf(element) as (value: unknown, form: Form) => unknown;
  const zero = zeroOf(element);
  if (convert === same) return (list) => (list.includes(null) ? list.map((v) => v ?? zero()) : list.slice());
  return (list, form) => list.map((v) => (v === null ? zero() : convert(v, form)));
}

function mapConverter(element: Type): (map: Fields, form: Form) => Fields {
  const convert = converterOf(element) as (value: unknown, form: Form) => unknown;
  const zero = zeroOf(element);
  return (map, form) => {
    // The spread keeps a key `__proto__` an ordinary key, and so does assigning to it once it is there.
    const copy = { ...map };
    for (const key in copy) {
      const value = copy[key];
      if (value === null) copy[key] = zero();
      else if (convert !== same) copy[key] = convert(value, form);
    }
    return copy;
  };
}

/** As Go writes the bytes again: without line breaks. */
function canonicalBase64(value: string | number[]): string {
  if (typeof value !== 'string') return Buffer.from(value).toString('base64');
  return /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value;
}

function normalizeSchema(value: Fields, form: Form): Fields {
  return normalizerOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps').run(value, form);
}

function schemaOr(value: unknown, form: Form): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0) return null;
    return value.map((v) => (typeof v === 'string' ? v : normalizeSchema((v ?? {}) as Fields, form)));
  }
  return typeof value === 'object' ? normalizeSchema(value as Fields, form) : typeof value === 'boolean' ? value : null;
}

/** Zero values that are not written as null, as code. */
const specialZeros: Partial<Record<SpecialName, string>> = { Quantity: '"0"', IntOrString: '0', Duration: '"0s"' };

const specialConverters: Partial<Record<SpecialName, Convert>> = {
  Quantity: (value: unknown) => canonicalQuantity(value),
  Time: (value: string) => normalizeTime(value, 'Time'),
  MicroTime: (value: string) => normalizeTime(value, 'MicroTime'),
  JSONSchemaPropsOrBool: schemaOr,
  JSONSchemaPropsOrArray: schemaOr,
  JSONSchemaPropsOrStringArray: schemaOr,
};
