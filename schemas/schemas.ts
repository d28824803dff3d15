// The types of the Kubernetes v1.36 API, looked up by name or by group, version and kind.
// The facts are in v1.36.json (see README.md); a type's fields are resolved when they are first asked for.
import { readFileSync } from 'node:fs';

/** A group, version and kind as one definition serves them. */
export interface DefinitionKind {
  group: string;
  version: string;
  kind: string;
}

/** Types with a JSON form of their own (custom MarshalJSON upstream). */
export type SpecialName =
  | 'Duration'
  | 'FieldsV1'
  | 'IntOrString'
  | 'JSON'
  | 'JSONSchemaPropsOrArray'
  | 'JSONSchemaPropsOrBool'
  | 'JSONSchemaPropsOrStringArray'
  | 'MicroTime'
  | 'Patch'
  | 'Quantity'
  | 'RawExtension'
  | 'Time';

/** A Go type. `goName` is how Go prints it: `v1.Container`, `[]v1.Container`, `map[string]string`, `v1.Protocol`. */
export type Type =
  | { kind: 'struct'; goName: string; definition: Definition }
  | { kind: 'special'; goName: string; special: SpecialName; definition: Definition }
  | { kind: 'pointer' | 'slice' | 'map'; goName: string; element: Type }
  | { kind: 'string' | 'bool' | 'int' | 'int32' | 'int64' | 'float64' | 'bytes'; goName: string };

/** One JSON property of a type. */
export interface Field {
  name: string;
  type: Type;
  /** Go names of the embedded structs that lead to the field, outermost first. */
  via: readonly string[];
  /** No `omitempty` upstream: written even when empty, as null where it is a nil pointer, list or map. */
  always: boolean;
  /** `omitzero` upstream: a struct value that is left out when it is zero. */
  omitZero: boolean;
  /** Listed under `required` in OpenAPI. */
  required: boolean;
  enum?: readonly string[];
  /** The values that a list's or map's elements may have. */
  elementEnum?: readonly string[];
  /** The default in OpenAPI where it does not follow from the type. */
  default?: string | number | boolean;
  listType?: 'atomic' | 'map' | 'set';
  listMapKeys?: readonly string[];
  mapType?: 'atomic' | 'granular';
  /** `merge`, `replace`, `retainKeys` or `merge,retainKeys`: what strategic merge patch does with the field. */
  patchStrategy?: string;
  patchMergeKey?: string;
  /** Protobuf field number; a list where the field sits in embedded messages, outermost first. */
  proto?: number | readonly number[];
}

/** One named type of the API: an OpenAPI definition. */
export interface Definition {
  /** `io.k8s.api.core.v1.Pod` */
  name: string;
  /** `Pod` */
  shortName: string;
  /** As Go prints it: `v1.Pod`. */
  goName: string;
  kinds: readonly DefinitionKind[];
  special?: SpecialName;
  mapType?: 'atomic' | 'granular';
  /** x-kubernetes-unions, as OpenAPI has it. */
  unions?: readonly object[];
  /** In Go's order, which is the order in which they are written. Empty for special types. */
  readonly fields: ReadonlyMap<string, Field>;
}

interface FieldFacts extends Omit<Partial<Field>, 'type' | 'via'> {
  type: string;
  via?: string;
}

interface TypeFacts {
  kinds?: [string, string, string][];
  special?: boolean;
  named?: string;
  fields?: Record<string, FieldFacts>;
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-unions'?: object[];
}

class LazyDefinition implements Definition {
  readonly name: string;
  readonly shortName: string;
  readonly goName: string;
  readonly kinds: readonly DefinitionKind[];
  readonly special?: SpecialName;
  readonly mapType?: 'atomic' | 'granular';
  readonly unions?: readonly object[];
  readonly #facts: TypeFacts;
  readonly #package: string;
  #fields: Map<string, Field> | undefined;

  constructor(packageName: string, shortName: string, facts: TypeFacts) {
    this.name = `${packageName}.${shortName}`;
    this.shortName = shortName;
    this.goName = `${packageName.slice(packageName.lastIndexOf('.') + 1)}.${shortName}`;
    this.kinds = (facts.kinds ?? []).map(([group, version, kind]) => ({ group, version, kind }));
    if (facts.special) this.special = shortName as SpecialName;
    if (facts['x-kubernetes-map-type']) this.mapType = facts['x-kubernetes-map-type'];
    if (facts['x-kubernetes-unions']) this.unions = facts['x-kubernetes-unions'];
    this.#facts = facts;
    this.#package = packageName;
  }

  get fields(): ReadonlyMap<string, Field> {
    this.#fields ??= new Map(
      Object.entries(this.#facts.fields ?? {}).map(([name, facts]) => [name, resolveField(this.#package, name, facts)]),
    );
    return this.#fields;
  }
}

function resolveField(packageName: string, name: string, facts: FieldFacts): Field {
  return {
    ...facts,
    name,
    type: resolveType(packageName, facts.type),
    via: facts.via?.split('.') ?? [],
    always: facts.always ?? false,
    omitZero: facts.omitZero ?? false,
    required: facts.required ?? false,
  };
}

interface Index {
  definitions: Map<string, LazyDefinition>;
  /** Named types that are no definitions (`RestartPolicy`), to the type below them. */
  named: Map<string, string>;
  byKind: Map<string, LazyDefinition>;
}

let loaded: Index | undefined;

function kindKey(group: string, version: string, kind: string): string {
  return `${group}/${version}/${kind}`;
}

function load(): Index {
  const packages = JSON.parse(readFileSync(new URL('./v1.36.json', import.meta.url), 'utf8')) as Record<
    string,
    Record<string, TypeFacts>
  >;
  const index: Index = { definitions: new Map(), named: new Map(), byKind: new Map() };
  for (const [packageName, types] of Object.entries(packages)) {
    for (const [shortName, facts] of Object.entries(types)) {
      if (facts.named !== undefined) {
        index.named.set(`${packageName}.${shortName}`, facts.named);
        continue;
      }
      const definition = new LazyDefinition(packageName, shortName, facts);
      index.definitions.set(definition.name, definition);
      for (const k of definition.kinds) index.byKind.set(kindKey(k.group, k.version, k.kind), definition);
    }
  }
  return index;
}

function index(): Index {
  loaded ??= load();
  return loaded;
}

const basicTypes: Readonly<Record<string, Type>> = {
  string: { kind: 'string', goName: 'string' },
  bool: { kind: 'bool', goName: 'bool' },
  int: { kind: 'int', goName: 'int' },
  int32: { kind: 'int32', goName: 'int32' },
  int64: { kind: 'int64', goName: 'int64' },
  float64: { kind: 'float64', goName: 'float64' },
  '[]byte': { kind: 'bytes', goName: '[]uint8' },
};

const resolvedTypes = new Map<string, Type>();

/** Turns a Go type expression of the facts into a Type; names without a package are of `packageName`. */
function resolveType(packageName: string, expression: string): Type {
  const basic = basicTypes[expression];
  if (basic) return basic;
  if (expression.startsWith('*')) {
    const element = resolveType(packageName, expression.slice(1));
    return { kind: 'pointer', goName: `*${element.goName}`, element };
  }
  if (expression.startsWith('[]')) {
    const element = resolveType(packageName, expression.slice(2));
    return { kind: 'slice', goName: `[]${element.goName}`, element };
  }
  if (expression.startsWith('map[')) {
    const close = expression.indexOf(']');
    const key = resolveType(packageName, expression.slice(4, close));
    const element = resolveType(packageName, expression.slice(close + 1));
    return { kind: 'map', goName: `map[${key.goName}]${element.goName}`, element };
  }
  return resolveNamed(expression.includes('.') ? expression : `${packageName}.${expression}`);
}

function resolveNamed(name: string): Type {
  const known = resolvedTypes.get(name);
  if (known) return known;
  const type = makeNamed(name);
  resolvedTypes.set(name, type);
  return type;
}

function makeNamed(name: string): Type {
  const definition = index().definitions.get(name);
  if (definition) return typeOf(definition);
  const below = index().named.get(name);
  if (below === undefined) throw new Error(`schemas/v1.36.json does not know the type ${name}`);
  const parts = name.split('.');
  return { ...resolveType(parts.slice(0, -1).join('.'), below), goName: parts.slice(-2).join('.') };
}

/** The definition of that name (`io.k8s.api.core.v1.Pod`). */
export function definitionNamed(name: string): Definition | undefined {
  return index().definitions.get(name);
}

/** The definition that a group, version and kind go by. */
export function definitionOf(gvk: DefinitionKind): Definition | undefined {
  return index().byKind.get(kindKey(gvk.group, gvk.version, gvk.kind));
}

/** Every definition, in the order of the facts (by package, then by name). */
export function allDefinitions(): Iterable<Definition> {
  return index().definitions.values();
}

/** The type that values of a definition have. */
export function typeOf(definition: Definition): Type {
  if (definition.special)
    return { kind: 'special', goName: definition.goName, special: definition.special, definition };
  return { kind: 'struct', goName: definition.goName, definition };
}

/** The type below any pointers. */
export function dereference(type: Type): Type {
  let below = type;
  while (below.kind === 'pointer') below = below.element;
  return below;
}
