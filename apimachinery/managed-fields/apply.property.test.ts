// What holds for any objects and any configurations: seeded, so that a failure names the seed that shows it.
import { describe, expect, test } from '@jest/globals';
import type { Json, JsonObject, KubeObject } from '../object.ts';
import { appliedFields } from './applied-fields.ts';
import { compare } from './compare.ts';
import { FieldManager } from './field-manager.ts';
import { type FieldSet, inOrder, parseFieldSet } from './field-set.ts';
import { merge } from './merge.ts';
import {
  deducedType,
  type FieldShape,
  type ListShape,
  type MapShape,
  type MergeType,
  scalarType,
} from './merge-type.ts';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** How often a type was consulted. */
let looks = 0;

class CountedFields extends Map<string, FieldShape> {
  override get(name: string): FieldShape | undefined {
    looks++;
    return super.get(name);
  }
}

function struct(fields: Record<string, MergeType>, element?: MergeType): { map: MapShape } {
  const shapes = Object.entries(fields).map(([name, type]): [string, FieldShape] => [name, { type }]);
  return { map: { atomic: false, fields: new CountedFields(shapes), element } };
}

const list = (
  relationship: ListShape['relationship'],
  element: MergeType,
  keys: string[] = [],
): { list: ListShape } => ({
  list: { relationship, keys, element },
});
const text = scalarType('string');
const inner = struct({ name: text, value: text, set: list('set', text) });
const item = struct({ name: text, value: text, inner: list('map', inner, ['name']), atomic: list('atomic', text) });
const type = struct({
  apiVersion: text,
  kind: text,
  metadata: struct({ name: text, labels: struct({}, text) }),
  scalar: text,
  set: list('set', text),
  items: list('map', item, ['name']),
  map: struct({}, text),
  any: deducedType,
});

class Generator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  #some(names: string[]): string[] {
    return names.filter(() => this.chance(0.5));
  }

  text(): string {
    return ['u', 'v', 'w'][Math.floor(this.#random() * 3)]!;
  }

  value(of: MergeType): Json {
    if (of === deducedType) return Object.fromEntries(this.#some(['p', 'q']).map((name) => [name, this.text()]));
    if (of.list !== undefined) return this.#list(of.list);
    return of.map === undefined ? this.text() : this.#map(of.map);
  }

  #map({ fields, element }: MapShape): Json {
    const declared = this.#some([...fields.keys()]).map((name) => [name, this.value(fields.get(name)!.type)]);
    const others = element === undefined ? [] : this.#some(['a', 'b', 'c']).map((name) => [name, this.value(element)]);
    return Object.fromEntries([...declared, ...others]) as JsonObject;
  }

  #list({ relationship, element }: ListShape): Json {
    const names = this.#some(['k', 'l', 'm', 'n']).sort(() => this.#random() - 0.5);
    if (relationship !== 'map') return names;
    return names.map((name) => ({ ...(this.value(element) as JsonObject), name }));
  }

  /** An object in which every field name is one of `only`, at the top. */
  object(only: string[]): KubeObject {
    // Nobody can own an empty list or map for long: Go leaves it out when it writes the object.
    const made = withoutEmpties(this.value(type)) as JsonObject;
    const kept = Object.fromEntries(Object.entries(made).filter(([name]) => only.includes(name)));
    return { ...kept, apiVersion: 'v1', kind: 'Any', metadata: { name: 'n' } };
  }
}

const fields = ['scalar', 'set', 'items', 'map', 'any'];
const manager = new FieldManager({
  subresource: '',
  emptyObject: { apiVersion: 'v1', kind: 'Any', metadata: {} },
  versions: { apiVersion: 'v1', typeIn: () => type, convert: (object) => object, filter: (set) => set },
});

function apply(live: KubeObject | undefined, applied: KubeObject, name: string, force = false): KubeObject {
  const { object, managedFields } = manager.apply(live, applied, { manager: name, now: '2026-01-01T00:00:00Z' }, force);
  const { metadata, ...content } = object;
  const kept = withoutEmpties(content) as Omit<KubeObject, 'metadata'>;
  return { ...kept, metadata: { ...metadata, uid: 'u', ...(managedFields ? { managedFields } : {}) } } as KubeObject;
}

/** As Go writes objects: without empty lists and maps. */
function withoutEmpties(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(withoutEmpties);
  if (typeof value !== 'object' || value === null) return value ?? null;
  const kept = Object.entries(value).map(([key, field]) => [key, withoutEmpties(field)] as const);
  return Object.fromEntries(
    kept.filter(([, field]) => typeof field !== 'object' || Object.keys(field ?? {}).length > 0),
  );
}

/** Elements of lists come in any order: only what is there counts. */
function unordered(value: Json | undefined): Json {
  if (Array.isArray(value))
    return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, one]) => [key, unordered(one)]),
  );
}

const seeds = Array.from({ length: 300 }, (_, i) => i + 1);

describe('for any configuration', () => {
  test('an apply is idempotent', () => {
    for (const seed of seeds) {
      const generator = new Generator(seed);
      let live: KubeObject | undefined;
      for (let i = 0; i < 4; i++) {
        const [applied, name] = [generator.object(fields), generator.chance(0.5) ? 'one' : 'two'];
        live = apply(live, applied, name, true);
        expect({ seed, object: apply(live, applied, name) }).toEqual({ seed, object: live });
      }
    }
  });

  test('two appliers of different fields may come in any order', () => {
    for (const seed of seeds) {
      const generator = new Generator(seed);
      const start = apply(undefined, generator.object(fields), 'zero');
      const split = fields.filter(() => generator.chance(0.5));
      const [a, b] = [generator.object(split), generator.object(fields.filter((name) => !split.includes(name)))];
      const [ab, ba] = [
        apply(apply(start, a, 'one', true), b, 'two', true),
        apply(apply(start, b, 'two', true), a, 'one', true),
      ];
      expect({ seed, object: unordered(ab as JsonObject) }).toEqual({ seed, object: unordered(ba as JsonObject) });
    }
  });

  test('what an applier sets is there, and it owns it', () => {
    for (const seed of seeds) {
      const generator = new Generator(seed);
      const start = apply(undefined, generator.object(fields), 'zero');
      const applied = generator.object(fields);
      const result = apply(start, applied, 'one', true);
      const { metadata: _, ...content } = applied;
      const { metadata: _own, ...all } = result;
      expect({ seed, merged: withoutEmpties(merge(all, content, type)) }).toEqual({ seed, merged: all });
    }
  });

  test('fieldsV1 comes back as it was written', () => {
    for (const seed of seeds) {
      const generator = new Generator(seed);
      const [before, after] = [generator.object(fields), generator.object(fields)];
      const { changed, removed } = compare(before as JsonObject, after as JsonObject, type, 'present');
      for (const set of [changed, removed, appliedFields(after as JsonObject, type)]) {
        const written = JSON.stringify(inOrder(set));
        expect(JSON.stringify(inOrder(parseFieldSet(JSON.parse(written) as FieldSet)))).toBe(written);
      }
    }
  });
});

describe('the work is linear in the size of the object', () => {
  const objectOf = (size: number, value: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Any',
    metadata: { name: 'n' },
    items: Array.from({ length: size }, (_, i) => ({
      name: `i${i}`,
      value,
      inner: [{ name: 'x', value, set: ['s'] }],
    })),
    map: Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}`, value])),
  });
  const looksOf = (run: () => unknown): number => {
    looks = 0;
    run();
    return looks;
  };
  const cases: [string, (size: number) => unknown][] = [
    ['create', (size) => manager.update(undefined, objectOf(size, 'a'), { manager: 'm', now: '2026-01-01T00:00:00Z' })],
    [
      'update of everything',
      (size) => {
        const entries = manager.update(undefined, objectOf(size, 'a'), { manager: 'm', now: '2026-01-01T00:00:00Z' })!;
        const live = { ...objectOf(size, 'a'), metadata: { uid: 'u', managedFields: entries } };
        return manager.update(live, objectOf(size, 'b'), { manager: 'n', now: '2026-01-01T00:00:00Z' });
      },
    ],
    [
      'apply, and another that gives everything up',
      (size) => apply(apply(undefined, objectOf(size, 'a'), 'one'), objectOf(0, 'a'), 'one'),
    ],
    [
      'apply of everything changed',
      (size) => apply(apply(undefined, objectOf(size, 'a'), 'one'), objectOf(size, 'b'), 'one'),
    ],
  ];
  test.each(cases)('%s', (_name, run) => {
    const [small, large] = [looksOf(() => run(100)), looksOf(() => run(800))];
    expect(small).toBeGreaterThan(100);
    expect(large / small).toBeLessThan(8.5);
  });

  test('lists nested in lists, of which only the innermost differs', () => {
    const nested: { list: ListShape } = {
      list: { relationship: 'map', keys: ['name'], element: { map: undefined as never } },
    };
    const element = struct({ name: text, value: text, below: nested });
    Object.assign(nested.list, { element });
    const of = (depth: number, value: string): JsonObject => ({
      name: 'x',
      ...(depth === 0 ? { value } : { below: [of(depth - 1, value)] }),
    });
    const [small, large] = [10, 80].map((depth) =>
      looksOf(() => compare(of(depth, 'a'), of(depth, 'b'), element, 'present')),
    );
    expect(large! / small!).toBeLessThan(9);
  });
});
