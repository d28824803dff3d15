// A JSON reader that keeps what JSON.parse loses: repeated keys, the text of numbers, and Go's words for syntax errors
// (encoding/json's scanner). It runs only when the fast path has found something wrong, to say what.

/** A JSON value with repeated keys and number texts kept. `raw` of a number is its text. */
export type JsonNode =
  | { type: 'object'; entries: [key: string, value: JsonNode][] }
  | { type: 'array'; items: JsonNode[] }
  | { type: 'string'; value: string }
  | { type: 'number'; raw: string }
  | { type: 'bool'; value: boolean }
  | { type: 'null' };

/** Thrown by parseTree; the message is encoding/json's. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonSyntaxError';
  }
}

/**
 * Nesting beyond which a body is refused. encoding/json gives up at 10,000; here every level costs stack in all that the object goes
 * through later, and nothing real nests a tenth of this.
 */
export const maxDepth = 1000;

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Parses `text`. Throws JsonSyntaxError. */
export function parseTree(text: string): JsonNode {
  return new TreeReader(text).document();
}

class TreeReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonNode {
    const node = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
    return node;
  }

  #space(): void {
    while (this.#at < this.#text.length && ' \t\r\n'.includes(this.#text[this.#at]!)) this.#at++;
  }

  #fail(context: string): never {
    if (this.#at >= this.#text.length) throw new JsonSyntaxError('unexpected end of JSON input');
    throw new JsonSyntaxError(`invalid character ${quoteCharacter(this.#text[this.#at]!)} ${context}`);
  }

  #value(): JsonNode {
    this.#space();
    const c = this.#text[this.#at];
    switch (c) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return { type: 'string', value: this.#string() };
      case 't':
        return this.#literal('true', { type: 'bool', value: true });
      case 'f':
        return this.#literal('false', { type: 'bool', value: false });
      case 'n':
        return this.#literal('null', { type: 'null' });
    }
    if (c === '-' || isDigit(c)) return { type: 'number', raw: this.#number() };
    return this.#fail('looking for beginning of value');
  }

  #nested(read: () => JsonNode): JsonNode {
    if (++this.#depth > maxDepth) throw new JsonSyntaxError('exceeded max depth');
    this.#at++;
    const node = read();
    this.#depth--;
    return node;
  }

  #object(): JsonNode {
    const entries: [string, JsonNode][] = [];
    this.#space();
    if (this.#take('}')) return { type: 'object', entries };
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string');
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) this.#fail('after object key');
      entries.push([key, this.#value()]);
      this.#space();
      if (this.#take('}')) return { type: 'object', entries };
      if (!this.#take(',')) this.#fail('after object key:value pair');
    }
  }

  #array(): JsonNode {
    const items: JsonNode[] = [];
    this.#space();
    if (this.#take(']')) return { type: 'array', items };
    for (;;) {
      items.push(this.#value());
      this.#space();
      if (this.#take(']')) return { type: 'array', items };
      if (!this.#take(',')) this.#fail('after array element');
    }
  }

  #take(c: string): boolean {
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #literal(word: string, node: JsonNode): JsonNode {
    for (let i = 0; i < word.length; i++) {
      if (!this.#take(word[i]!)) this.#fail(`in literal ${word} (expecting ${quoteCharacter(word[i]!)})`);
    }
    return node;
  }

  #string(): string {
    this.#at++;
    let value = '';
    let from = this.#at;
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === 0x22) break;
      if (Number.isNaN(c) || c < 0x20) this.#fail('in string literal');
      if (c === 0x5c) {
        value += this.#text.slice(from, this.#at++) + this.#escape();
        from = this.#at;
      } else this.#at++;
    }
    value += this.#text.slice(from, this.#at++);
    return value;
  }

  #escape(): string {
    const c = this.#text[this.#at];
    const plain = c === undefined ? undefined : escapes[c];
    if (plain !== undefined) {
      this.#at++;
      return plain;
    }
    if (c !== 'u') this.#fail('in string escape code');
    this.#at++;
    for (let i = 0; i < 4; i++, this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape');
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(this.#at - 4, this.#at), 16));
  }

  #number(): string {
    const from = this.#at;
    this.#take('-');
    if (!this.#take('0')) this.#digits('in numeric literal');
    if (this.#take('.')) this.#digits('after decimal point in numeric literal');
    if (this.#take('e') || this.#take('E')) {
      if (!this.#take('+')) this.#take('-');
      this.#digits('in exponent of numeric literal');
    }
    return this.#text.slice(from, this.#at);
  }

  #digits(context: string): void {
    if (!isDigit(this.#text[this.#at])) this.#fail(context);
    while (isDigit(this.#text[this.#at])) this.#at++;
  }
}

function isDigit(c: string | undefined): boolean {
  return c !== undefined && c >= '0' && c <= '9';
}

/** encoding/json's quoteChar. */
function quoteCharacter(c: string): string {
  if (c === "'") return "'\\''";
  if (c === '"') return "'\"'";
  return `'${JSON.stringify(c).slice(1, -1)}'`;
}

/** A tree of a value that did not come as text; `undefined` counts as not there. */
export function treeOf(value: unknown): JsonNode {
  if (value === null || value === undefined) return { type: 'null' };
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'number') return { type: 'number', raw: String(value) };
  if (Array.isArray(value)) return { type: 'array', items: value.map(treeOf) };
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return { type: 'object', entries: entries.map(([key, item]) => [key, treeOf(item)]) };
}

/** `duplicate field "a.b[0].c"` for every key that stands in one object twice. */
export function repeatedKeys(node: JsonNode, path = '', found: string[] = []): string[] {
  if (node.type === 'array') {
    node.items.forEach((item, i) => {
      repeatedKeys(item, `${path}[${i}]`, found);
    });
  } else if (node.type === 'object') {
    const seen = new Set<string>();
    for (const [key, value] of node.entries) {
      const at = path === '' ? key : `${path}.${key}`;
      const message = `duplicate field ${JSON.stringify(at)}`;
      if (seen.has(key) && !found.includes(message)) found.push(message);
      seen.add(key);
      repeatedKeys(value, at, found);
    }
  }
  return found;
}
