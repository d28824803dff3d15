// One random change of an object: what its schema allows, and what nothing allows.
import { type Definition, definitionOf, dereference, type Field, type Type, typeOf } from '../../schemas/schemas.ts';
import type { Document } from '../corpus/corpus.ts';
import type { Random } from './random.ts';
import { anything, fittingValue } from './values.ts';

/** A place in a document: where it is kept, under which name, and of which type it should be. */
interface Place {
  parent: Record<string | number, unknown>;
  key: string | number;
  type: Type | undefined;
  field: Field | undefined;
}

/** The definition that an object is of, by its apiVersion and kind. */
export function definitionOfObject({ apiVersion, kind }: Document): Definition | undefined {
  const [version = '', group = ''] = String(apiVersion).split('/').reverse();
  return definitionOf({ group, version, kind: String(kind) });
}

/** What mild changes leave alone: without the right kind nothing else is looked at. */
const spared: ReadonlySet<string | number> = new Set(['apiVersion', 'kind', 'managedFields']);

/** A copy of `document` with `count` random changes. With `mild`, most of them keep to the schema's JSON types. */
export function mutated(random: Random, document: Document, count: number, mild: boolean): Document {
  const root: { object: Document } = { object: structuredClone(document) };
  const definition = definitionOfObject(document);
  for (let i = 0; i < count; i++) {
    const places: Place[] = [];
    const type = definition && typeOf(definition);
    collect(places, { parent: root, key: 'object', type, field: undefined });
    const candidates = places.filter(({ key }) => key !== 'object' && !(mild && spared.has(key)));
    if (candidates.length > 0) change(random, random.pick(candidates), mild);
  }
  return root.object;
}

/** Every place of a document, and every field of its schema that it lacks. */
/** Below this depth nothing is changed: changes on top of each other nest thousands deep. */
const maxDepth = 1000;

function collect(places: Place[], place: Place, depth = 0): void {
  places.push(place);
  const value = place.parent[place.key];
  if (typeof value !== 'object' || value === null || depth > maxDepth) return;
  const type = place.type && dereference(place.type);
  const parent = value as Place['parent'];
  if (Array.isArray(value)) {
    const element = type?.kind === 'slice' ? type.element : undefined;
    for (const key of value.keys()) collect(places, { parent, key, type: element, field: place.field }, depth + 1);
    return;
  }
  const fields = type?.kind === 'struct' ? type.definition.fields : undefined;
  for (const key of new Set([...Object.keys(value), ...(fields?.keys() ?? [])])) {
    const field = fields?.get(key);
    const inner = type?.kind === 'map' ? type.element : field?.type;
    const missing = !(key in parent);
    if (missing) places.push({ parent, key, type: inner, field });
    else collect(places, { parent, key, type: inner, field: field ?? place.field }, depth + 1);
  }
}

const changes: readonly ((random: Random, place: Place) => void)[] = [
  function drop(_, { parent, key }) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  },
  function fill(random, { parent, key, type, field }) {
    parent[key] = type === undefined ? anything(random) : fittingValue(random, type, field);
  },
  function duplicate(_, { parent, key }) {
    if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
  },
  function emptyOut(_, { parent, key }) {
    const value = parent[key];
    parent[key] = Array.isArray(value) ? [] : typeof value === 'object' ? {} : typeof value === 'string' ? '' : 0;
  },
  function retype(random, { parent, key }) {
    parent[key] = anything(random);
  },
  function nullify(_, { parent, key }) {
    parent[key] = null;
  },
  function swap(random, { parent, key }) {
    const other = random.pick(Object.keys(parent)) ?? key;
    [parent[key], parent[other]] = [parent[other], parent[key]];
  },
  function rename(random, { parent, key }) {
    if (Array.isArray(parent)) return;
    parent[random.pick(['unknown', `${key}s`, String(key).toUpperCase()])] = parent[key];
  },
];
const mildChanges = [0, 1, 1, 1, 1, 1, 1, 2, 3];

function change(random: Random, place: Place, mild: boolean): void {
  const pick = mild ? random.pick(mildChanges) : random.below(changes.length);
  changes[pick]!(random, place);
}
