// OpenAPI v2 of two servers in one document (k8s.io/kube-openapi pkg/aggregator): of the other server what is below its group
// version, with the definitions that it needs; a definition that means something else under the same name gets another.
import type { Json as JsonValue } from '../../apimachinery/object.ts';
import { deepEqual } from '../../apimachinery/patch/json-values.ts';

type Json = Record<string, unknown>;

export interface OpenApiV2 {
  paths?: Json;
  definitions?: Json;
  [field: string]: unknown;
}

const prefix = '#/definitions/';

/** Documents are JSON as it was parsed, which is what equality is judged on. */
const copy = (document: Json): Json => JSON.parse(JSON.stringify(document)) as Json;

/** Calls back for every object below a value that is a reference to a definition. */
function eachReference(value: unknown, callback: (holder: { $ref: string }, name: string) => void): void {
  if (Array.isArray(value)) for (const item of value) eachReference(item, callback);
  else if (typeof value === 'object' && value !== null) {
    const { $ref } = value as { $ref?: unknown };
    if (typeof $ref === 'string' && $ref.startsWith(prefix))
      callback(value as { $ref: string }, $ref.slice(prefix.length));
    for (const inner of Object.values(value)) eachReference(inner, callback);
  }
}

/** The names of all definitions that are needed to understand a value. */
function neededBy(paths: Json, definitions: Json): Set<string> {
  const needed = new Set<string>();
  const visit = (value: unknown) =>
    eachReference(value, (_, name) => {
      if (needed.has(name)) return;
      needed.add(name);
      visit(definitions[name]);
    });
  visit(paths);
  return needed;
}

/** Puts into `total`, in place, what `remote` says below `path`. Neither shares anything with the other that is changed later. */
export function mergeOpenApiV2(total: OpenApiV2, remote: OpenApiV2, path: string): void {
  const below = ([name]: [string, unknown]) => name === path || name.startsWith(`${path}/`);
  const paths = copy(Object.fromEntries(Object.entries(remote.paths ?? {}).filter(below)));
  const needed = neededBy(paths, remote.definitions ?? {});
  const definitions: Json = copy(Object.fromEntries([...needed].map((name) => [name, remote.definitions?.[name]])));
  total.definitions ??= {};
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions))
    names.set(name, nameFor(total.definitions, name, definition));
  eachReference([paths, definitions], (holder, name) => {
    holder.$ref = prefix + (names.get(name) ?? name);
  });
  for (const [name, definition] of Object.entries(definitions)) total.definitions[names.get(name)!] ??= definition;
  total.paths = { ...total.paths, ...paths };
}

/** The name itself where it is free or means the same, otherwise the first free of `name_v2`, `name_v3`, …. */
function nameFor(definitions: Json, name: string, definition: unknown): string {
  let candidate = name;
  for (let version = 2; definitions[candidate] !== undefined; version++) {
    if (deepEqual(definitions[candidate] as JsonValue, definition as JsonValue)) return candidate;
    candidate = `${name}_v${version}`;
  }
  return candidate;
}
