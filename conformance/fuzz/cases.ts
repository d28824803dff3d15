// The kinds of requests that the fuzzer sends. Each is a function of the random choices and a seed object.

import type { KubeObject } from '../../apimachinery/object.ts';
import { encodeProtobuf } from '../../apimachinery/protobuf/encode.ts';
import type { Document } from '../corpus/corpus.ts';
import type { WireRequest } from '../corpus/target.ts';
import { mutated } from './mutate.ts';
import type { Random } from './random.ts';
import type { Seed } from './seeds.ts';
import { anything, word } from './values.ts';

/** One case: what to send, and where the object is then if the server took it. */
export interface FuzzCase {
  kind: string;
  request: WireRequest;
  /** Path of the object that the request changes. */
  path?: string;
  /** Where the object is that the request makes. */
  collection?: string;
}

type Make = (random: Random, seed: Seed, unique: string) => FuzzCase;

const protobuf = 'application/vnd.kubernetes.protobuf';

function named(seed: Seed, unique: string): Document {
  const object = structuredClone(seed.object);
  const metadata = object['metadata'] as Document;
  // Names that say something (addresses, group and plural) stay; for the rest every case has an object of its own.
  if (/^[a-z-]+$/.test(seed.name)) metadata['name'] = `${seed.name}-${unique}`;
  return object;
}

function post(kind: string, seed: Seed, object: Document): FuzzCase {
  const body = JSON.stringify(object);
  const path = seed.dryRunOnly ? `${seed.collection}?dryRun=All` : seed.collection;
  return { kind, request: { method: 'POST', path, body }, ...madeIn(seed) };
}

function madeIn({ stored, dryRunOnly, collection }: Seed): Partial<FuzzCase> {
  return stored && !dryRunOnly ? { collection } : {};
}

const createMild: Make = (random, seed, unique) =>
  post('create', seed, mutated(random, named(seed, unique), 1 + random.below(3), true));

const createWild: Make = (random, seed, unique) =>
  post('create (wild)', seed, mutated(random, named(seed, unique), 1 + random.below(6), false));

/** What a live object is changed to: its own seed, mutated. */
const replace: Make = (random, seed) => {
  const subresource = seed.subresources.length > 0 && random.chance(0.3) ? `/${random.pick(seed.subresources)}` : '';
  const object = mutated(random, seed.object, 1 + random.below(3), random.chance(0.8));
  return change('replace', seed, `${subresource}`, { method: 'PUT', body: JSON.stringify(object) });
};

function change(kind: string, seed: Seed, tail: string, request: Omit<WireRequest, 'path'>): FuzzCase {
  const path = `${seed.collection}/${seed.name}`;
  const query = seed.dryRunOnly ? '?dryRun=All' : '';
  return {
    kind,
    request: { ...request, path: `${path}${tail}${query}` },
    ...(seed.stored && !seed.dryRunOnly && { path }),
  };
}

/** Merge and strategic patches: part of a mutated object, now and then with directives. */
const patch: Make = (random, seed) => {
  const object = mutated(random, seed.object, 2, random.chance(0.6));
  const part = Object.fromEntries(Object.entries(object).filter(() => random.chance(0.6)));
  if (random.chance(0.5)) direct(random, part);
  const type = random.pick(['merge-patch', 'strategic-merge-patch', 'strategic-merge-patch']);
  const tail = seed.subresources.length > 0 && random.chance(0.3) ? `/${random.pick(seed.subresources)}` : '';
  return change(type, seed, tail, { method: 'PATCH', body: JSON.stringify(part), type: `application/${type}+json` });
};

/** Puts a directive of strategic merge patches somewhere into a document. */
function direct(random: Random, document: Document): void {
  const inner = Object.values(document).filter((value) => typeof value === 'object' && value !== null) as Document[];
  const at = inner.length > 0 && random.chance(0.7) ? random.pick(inner) : document;
  if (Array.isArray(at)) {
    at.push({ $patch: random.pick(['delete', 'replace', 'merge', 'explode', null, 1]) });
    return;
  }
  const list = random.pick(['containers', 'finalizers', 'ports', 'spec', '']);
  const directives: [string, unknown][] = [
    ['$patch', random.pick(['delete', 'replace', 'merge', 'explode', null, {}])],
    ['$retainKeys', random.pick([['type'], [], 'type', [1], null])],
    [`$setElementOrder/${list}`, random.pick([['a'], [{ name: 'a' }], [null], 'a', { a: 1 }])],
    [`$deleteFromPrimitiveList/${list}`, random.pick([['a'], [1], 'a', null])],
  ];
  const [key, value] = random.pick(directives);
  at[key] = value;
}

const jsonPatch: Make = (random, seed) => {
  const pointers = pointersOf(seed.object);
  const pointer = () =>
    random.chance(0.8) ? random.pick(pointers) : `/${word(random)}/${random.pick(['-', '0', '~1', '~'])}`;
  const operation = () => ({
    op: random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'invent']),
    path: pointer(),
    ...(random.chance(0.6) && { from: pointer() }),
    ...(random.chance(0.8) && { value: anything(random, 2) }),
  });
  const body: unknown = random.chance(0.95) ? Array.from({ length: random.below(6) }, operation) : anything(random);
  return change('json-patch', seed, '', {
    method: 'PATCH',
    body: JSON.stringify(body),
    type: 'application/json-patch+json',
  });
};

function pointersOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inner = Object.entries(value).flatMap(([key, item]) => {
    return pointersOf(item, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  });
  return [at, ...inner, ...(Array.isArray(value) ? [`${at}/-`] : [])];
}

const apply: Make = (random, seed) => {
  const object = mutated(random, seed.object, random.below(3), random.chance(0.8));
  const made = change('apply', seed, '', {
    method: 'PATCH',
    body: JSON.stringify(object),
    type: 'application/apply-patch+yaml',
  });
  const separator = made.request.path.includes('?') ? '&' : '?';
  const manager = encodeURIComponent(random.pick(['fuzz', 'other', '', word(random)]).toWellFormed());
  made.request.path += `${separator}fieldManager=${manager}&force=${random.pick(['true', 'false', 'x'])}`;
  return made;
};

const query: Make = (random, seed) => {
  const text = () => encodeURIComponent(word(random).toWellFormed());
  const selector = () =>
    `${text()}${random.pick(['=', '==', '!=', ' in (', ',', '!', ' notin (a', ' exists', '>1'])}${text()}`;
  const parameter = (): string => {
    const name = random.pick([
      'labelSelector',
      'fieldSelector',
      'limit',
      'continue',
      'resourceVersion',
      'resourceVersionMatch',
    ]);
    if (name.endsWith('Selector')) return `${name}=${encodeURIComponent(selector())}`;
    return `${name}=${random.chance(0.5) ? random.pick(['0', '1', '-1', '99999999999999999999', 'Exact', 'NotOlderThan']) : text()}`;
  };
  const path = `${seed.collection}?${Array.from({ length: 1 + random.below(3) }, parameter).join('&')}`;
  const accept = random.pick([
    'application/json',
    protobuf,
    'application/json;as=Table;v=v1;g=meta.k8s.io',
    'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    'text/html;q=0.1, */*;q=0',
  ]);
  return { kind: 'query', request: { method: 'GET', path, accept } };
};

/** Protobuf of a valid object with some bytes changed, cut or made up. */
const protobufBytes: Make = (random, seed, unique) => {
  const whole = Buffer.from(encodeProtobuf(named(seed, unique) as KubeObject));
  const body = random.chance(0.1) ? Buffer.concat([whole.subarray(0, 4), random.bytes(random.below(200))]) : whole;
  for (let i = random.below(4); i > 0 && body.length > 4; i--)
    body[4 + random.below(body.length - 4)] = random.below(256);
  const cut = random.chance(0.2) ? body.subarray(0, random.below(body.length)) : body;
  const path = `${seed.collection}${seed.dryRunOnly ? '?dryRun=All' : ''}`;
  return { kind: 'protobuf', request: { method: 'POST', path, body: cut, type: protobuf }, ...madeIn(seed) };
};

/** Text that is nearly JSON or YAML. */
const brokenText: Make = (random, seed, unique) => {
  const text = Buffer.from(JSON.stringify(named(seed, unique)));
  for (let i = 1 + random.below(3); i > 0; i--) text[random.below(text.length)] = random.below(256);
  const body = random.chance(0.3) ? text.subarray(0, random.below(text.length)) : text;
  const type = random.pick(['application/json', 'application/yaml', 'application/json;charset=x', 'text/plain', '*/*']);
  return { kind: 'broken text', request: { method: 'POST', path: `${seed.collection}?dryRun=All`, body, type } };
};

const makers: readonly (readonly [weight: number, make: Make])[] = [
  [30, createMild],
  [14, createWild],
  [12, replace],
  [14, patch],
  [8, jsonPatch],
  [6, apply],
  [6, query],
  [6, protobufBytes],
  [4, brokenText],
];
const weighted = makers.flatMap(([weight, make]) => Array<Make>(weight).fill(make));

/** One random case. `unique` makes names that no other case has. */
export function makeCase(random: Random, seeds: readonly Seed[], unique: string): FuzzCase {
  return random.pick(weighted)(random, random.pick(seeds), unique);
}
