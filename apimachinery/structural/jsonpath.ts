// JSONPath as kubectl and the tables of custom resources read it (client-go util/jsonpath parser.go): fields, indexes, slices,
// wildcards, unions, filters and recursion. There is one expression; templates with text and `range` are kubectl's own.
import { escapeHtml, printGo } from '../go-print.ts';
import {
  fieldStep,
  filterStep,
  JSONPathError,
  literalStep,
  recursiveStep,
  runSteps,
  type Slice,
  type Step,
  sliceStep,
  unionStep,
  wildcardStep,
} from './jsonpath-steps.ts';

export { JSONPathError } from './jsonpath-steps.ts';

export class JSONPath {
  readonly #steps: readonly Step[];

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** Reads an expression without braces: `.status.conditions[?(@.type=="Ready")].status`. Throws JSONPathError. */
  static parse(expression: string): JSONPath {
    return new JSONPath(new Parser(expression).parse());
  }

  /** Everything that the path leads to; nothing where a field is missing. Throws JSONPathError. */
  find(object: unknown): unknown[] {
    return runSteps(this.#steps, [object]);
  }

  /** PrintResults of one value: text as it is, objects and lists as JSON. */
  static print(value: unknown): string {
    if (value === null || value === undefined) return '<no value>';
    return typeof value === 'object' ? printJson(value) : printGo(value);
  }
}

/** Go's json.Marshal: names sorted, and what HTML would read escaped. */
function printJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return escapeHtml(JSON.stringify(value) ?? 'null');
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, item]) => `${escapeHtml(JSON.stringify(name))}:${printJson(item)}`).join(',')}}`;
}

/** Expressions within expressions: filters and unions. */
const maxNesting = 32;

class Parser {
  readonly #text: string;
  readonly #nesting: number;
  readonly #steps: Step[] = [];
  #at = 0;
  #afterRecursion = false;

  constructor(text: string, nesting = 0) {
    if (nesting > maxNesting) throw new JSONPathError('too many nested expressions');
    this.#text = text;
    this.#nesting = nesting;
  }

  parse(): Step[] {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '}') this.#next();
    return this.#steps;
  }

  #nested(text: string): Step[] {
    return new Parser(text, this.#nesting + 1).parse();
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match?.[0];
  }

  #push(step: Step): void {
    this.#steps.push(step);
    this.#afterRecursion = false;
  }

  #next(): void {
    const rest = this.#text.slice(this.#at, this.#at + 3);
    const character = rest[0]!;
    if (rest === '[?(') this.#filter();
    else if (rest.startsWith('..')) this.#recursion();
    else if (/[\r\n]/.test(character)) throw new JSONPathError('unclosed action');
    else if (/[ @$]/.test(character)) this.#at++;
    else if (character === '[') this.#brackets();
    else if (character === '"' || character === "'") this.#quote(character);
    else if (character === '.') this.#field(1);
    else if (/[+\-\d]/.test(character)) this.#number();
    else if (/[\p{L}_]/u.test(character)) this.#identifier();
    else throw new JSONPathError(`unrecognized character in action: ${unicodeName(character)}`);
  }

  #recursion(): void {
    if (this.#afterRecursion) throw new JSONPathError('invalid multiple recursive descent');
    this.#at += 2;
    this.#push(recursiveStep);
    this.#afterRecursion = true;
    if (/[\p{L}\d_]/u.test(this.#text[this.#at] ?? '')) this.#field(0);
  }

  /** A name up to the next terminator; a backslash takes what follows as it is. */
  #field(skip: number): void {
    this.#at += skip;
    const name = this.#take(/(?:\\[\s\S]?|[^\s.,[\]$@{}\\])*/y) ?? '';
    this.#push(name === '*' ? wildcardStep : fieldStep(name.replaceAll('\\', '')));
  }

  #number(): void {
    const text = this.#take(/[+-]?[\d.]*/y) ?? '';
    const value = Number(text);
    if (text === '' || !Number.isFinite(value) || !/\d/.test(text))
      throw new JSONPathError(`cannot parse number ${text}`);
    this.#push(literalStep(value));
  }

  #identifier(): void {
    const name = this.#take(/[^\s.,[\]$@{}]*/y) ?? '';
    if (name !== 'true' && name !== 'false') throw new JSONPathError(`unrecognized identifier ${name}`);
    this.#push(literalStep(name === 'true'));
  }

  #quote(quote: string): void {
    const start = this.#at++;
    for (; ; this.#at++) {
      const character = this.#text[this.#at];
      if (character === undefined || character === '\n') throw new JSONPathError('unterminated quoted string');
      if (character === quote && this.#text[this.#at - 1] !== '\\') break;
    }
    this.#at++;
    this.#push(literalStep(unquote(this.#text.slice(start + 1, this.#at - 1))));
  }

  #brackets(): void {
    const inner = this.#take(/\[[^\]\n]*\]/y);
    if (inner === undefined) throw new JSONPathError('unterminated array');
    const text = inner === '[*]' ? ':' : inner.slice(1, -1);
    const parts = text.split(',');
    const key = /^'([^']*)'$/.exec(text);
    if (parts.length > 1) this.#push(unionStep(parts.map((part) => this.#nested(`[${part.trim()}]`))));
    else if (key !== null) for (const step of this.#nested(`.${key[1]}`)) this.#push(step);
    else this.#push(sliceStep(parseSlice(text)));
  }

  #filter(): void {
    const start = this.#at + 3;
    const end = this.#filterEnd(start);
    if (this.#text[end + 1] !== ']') throw new JSONPathError('unclosed array expect ]');
    const text = this.#text.slice(start, end);
    this.#at = end + 2;
    const match = /^([^!<>=]+)([!<>=]+)(.+)$/.exec(text);
    if (match === null) this.#push(filterStep(this.#nested(text), 'exists', []));
    else this.#push(filterStep(this.#nested(match[1]!), match[2]!, this.#nested(match[3]!)));
  }

  /** The index of the closing parenthesis: one outside of the quotes, of which there is at most one pair. */
  #filterEnd(start: number): number {
    let quote: string | undefined;
    let closed = false;
    for (let i = start; i < this.#text.length && this.#text[i] !== '\n'; i++) {
      const character = this.#text[i]!;
      if (character === '"' || character === "'") {
        if (quote === undefined) quote = character;
        else if (character === quote && this.#text[i - 1] !== '\\') closed = true;
      } else if (character === ')' && (quote !== undefined) === closed) {
        return i;
      }
    }
    throw new JSONPathError('unterminated filter');
  }
}

function parseSlice(text: string): Slice {
  const match = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text);
  if (match === null) throw new JSONPathError(`invalid array index ${text}`);
  const [first, second, third] = match.slice(1) as [string, string | undefined, string | undefined];
  const start = first === '' ? undefined : parseIndex(first);
  const derived = second === undefined;
  return {
    start,
    end: derived ? (start ?? 0) + 1 : second === ':' ? undefined : parseIndex(second.slice(1)),
    step: third === undefined || third === ':' ? undefined : parseIndex(third.slice(1)),
    derived,
  };
}

function parseIndex(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new JSONPathError(`array index ${text} is not a number`);
  return value;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07' };

function unquote(text: string): string {
  return text.replace(/\\(u[\da-fA-F]{4}|x[\da-fA-F]{2}|[\s\S])/g, (_, code: string) =>
    code.length > 1 ? String.fromCodePoint(Number.parseInt(code.slice(1), 16)) : (escapes[code] ?? code),
  );
}

/** Go's %#U: `U+0025 '%'`. */
function unicodeName(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} '${character}'`;
}
