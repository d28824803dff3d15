// YAML bodies become JSON text first, as sigs.k8s.io/yaml does, and are then decoded as JSON. YAML 1.1's plain scalars
// (`yes`, `0644`) count, but its base-60 numbers and timestamps do not: go-yaml reads those as strings.
import { createRequire } from 'node:module';
import type { Document, Pair, Tags } from 'yaml';
import { maxDepth } from './json-tree.ts';

/** Nested aliases may repeat a node this often; more is an attack (go-yaml has a limit of the same kind). */
const maxAliasCount = 100;
/** Anchors and aliases of one document: the library compares each alias with all of them. */
const maxAnchorsAndAliases = 1000;
/** Larger YAML is refused: the reader takes a second or more per megabyte. kubectl sends JSON, whatever it was given. */
export const maxYamlBytes = 1024 * 1024;

/** Thrown by yamlToJson; the message is upstream's up to what the YAML reader itself says. */
export class YamlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'YamlError';
  }
}

let loaded: typeof import('yaml') | undefined;

/** The YAML library, loaded with the first YAML body: most servers never see one. */
function library(): typeof import('yaml') {
  loaded ??= createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return loaded;
}

export interface YamlBody {
  /** The first document as JSON text. */
  json: string;
  /** Repeated keys, which strict decoding refuses: one message for all of them. */
  strictErrors: string[];
}

const yamlErrorPrefix = 'error converting YAML to JSON: yaml: ';

function fail(message: string): never {
  throw new YamlError(yamlErrorPrefix + message);
}

/** Converts the first YAML document of `text`. Throws YamlError. */
export function yamlToJson(text: string): YamlBody {
  if (flowDepth(text) > maxDepth || blockDepth(text) > maxDepth) fail(`exceeded max depth of ${maxDepth}`);
  try {
    const document = firstDocument(text);
    const { repeated } = new Survey(text, document.contents);
    return {
      json: toJson(document.toJS({ maxAliasCount }) ?? null),
      strictErrors: repeated.length === 0 ? [] : [`yaml: unmarshal errors:\n  ${repeated.join('\n  ')}`],
    };
  } catch (error) {
    if (error instanceof ReferenceError) fail('document contains excessive aliasing');
    // JSON.stringify of a value that an alias put into itself.
    if (error instanceof TypeError) fail('anchor value contains itself');
    if (error instanceof RangeError) fail(`exceeded max depth of ${maxDepth}`);
    throw error;
  }
}

/** The reader makes an object that contains itself of an alias inside of its own anchor; go-yaml refuses it. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) fail('anchor value contains itself');
    throw error;
  }
}

const dropped = new Set(['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:binary']);

function withoutTimes(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || !(tag.format === 'TIME' || dropped.has(tag.tag)));
}

/** Reads one document and stops at the first error: text made of errors would otherwise take seconds per megabyte. */
function firstDocument(text: string): Document.Parsed {
  const { Composer, Parser } = library();
  const composer = new Composer({
    version: '1.1',
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    customTags: withoutTimes,
  });
  Object.assign(composer, {
    onError(place: ErrorPlace, _code: string, message: string, isWarning?: boolean) {
      // What was said of something inside comes by here once more.
      if (message.startsWith(yamlErrorPrefix)) throw new YamlError(message);
      if (!isWarning) fail(`line ${lineAt(text, offsetOf(place))}: ${message}`);
    },
  });
  const { value } = composer.compose(new Parser().parse(text), true, text.length).next();
  return value ?? fail('EOF');
}

/** Where the library's composer says that an error is. */
type ErrorPlace = number | [number, number] | { offset: number };

function offsetOf(place: ErrorPlace): number {
  if (typeof place === 'number') return place;
  return Array.isArray(place) ? place[0] : place.offset;
}

/** How deep flow brackets nest, quoted text aside. Counts too many rather than too few in plain scalars. */
function flowDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (bracket === '[' || bracket === '{') deepest = Math.max(deepest, ++depth);
    else if (bracket === ']' || bracket === '}') depth = Math.max(0, depth - 1);
  }
  return deepest;
}

/** How deep block collections nest, by the columns at which they begin. Counts too many rather than too few in block scalars. */
function blockDepth(text: string): number {
  const columns: number[] = [];
  let deepest = 0;
  for (const [line] of text.matchAll(/^ *(?:[-?:][ \t]+)*(?=[^\s#])/gm)) {
    const starts = [...line.matchAll(/[-?:]/g)].map(({ index }) => index);
    const first = starts[0] ?? line.length;
    while (columns.length > 0 && columns[columns.length - 1]! >= first) columns.pop();
    columns.push(...starts.slice(0, maxDepth + 1));
    if (starts.length === 0) columns.push(first);
    deepest = Math.max(deepest, columns.length);
    if (deepest > maxDepth) break;
  }
  return deepest;
}

/** Gives the line (from 1) of an offset. */
function lineAt(text: string, offset: number): number {
  return lineFinder(text)(offset);
}

/** As lineAt, for many offsets of one text in ascending order. */
function lineFinder(text: string): (offset: number) => number {
  let line = 1;
  let next = text.indexOf('\n');
  return (offset) => {
    for (; next >= 0 && next < offset; next = text.indexOf('\n', next + 1)) line++;
    return line;
  };
}

/** One walk through a document: go-yaml's words for keys that stand in one mapping twice, and the bounds of depth and aliasing. */
class Survey {
  readonly repeated: string[] = [];
  readonly #library = library();
  readonly #lineOf: (offset: number) => number;
  #anchorsAndAliases = 0;

  constructor(text: string, root: unknown) {
    this.#lineOf = lineFinder(text);
    this.#visit(root, 0);
  }

  #visit(node: unknown, depth: number): void {
    const { isAlias, isCollection, isMap, isNode } = this.#library;
    if (isAlias(node) || (isNode(node) && 'anchor' in node && node.anchor !== undefined)) this.#countAnchor();
    if (!isCollection(node)) return;
    if (depth > maxDepth) fail(`exceeded max depth of ${maxDepth}`);
    if (isMap(node)) this.#visitMap(node.items as Pair[], depth);
    else for (const item of node.items) this.#visit(item, depth + 1);
  }

  #countAnchor(): void {
    if (++this.#anchorsAndAliases > maxAnchorsAndAliases) fail('document contains excessive aliasing');
  }

  #visitMap(pairs: readonly Pair[], depth: number): void {
    const { isScalar } = this.#library;
    const seen = new Set<string>();
    for (const { key, value } of pairs) {
      if (isScalar(key) && key.value !== '<<') {
        const name = String(key.value);
        if (seen.has(name)) {
          const line = this.#lineOf(key.range?.[0] ?? 0);
          this.repeated.push(`line ${line}: key ${JSON.stringify(name)} already set in map`);
        }
        seen.add(name);
      }
      this.#visit(value, depth + 1);
    }
  }
}
