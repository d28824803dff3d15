// Paths of fields as `fieldPath` of rules and `jsonPath` of selectable fields write them: `.spec.replicas`, `.spec['a.b']`
// (apiextensions-apiserver pkg/apiserver/schema/cel validation.go, ValidFieldPath).
import type { SchemaNode } from './schema.ts';

export interface FieldPathOptions {
  /** `['name']`, which selectable fields may not use. */
  allowArrayNotation: boolean;
}

/** The path as field errors print it, and the schema of the field; or why it leads nowhere. */
export type FoundField = { path: string; node: SchemaNode; root: string } | { error: string };

class PathError extends Error {}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
};

function unescaped(text: string): string {
  return text.replace(/\\([^\n])/g, (match, character: string) => {
    const value = escapes[character];
    if (value === undefined) throw new PathError(`invalid string literal: invalid escape char ${match}`);
    return value;
  });
}

/** Delimiters, quoted strings, and what lies between them. */
function tokensOf(path: string): string[] {
  const tokens: string[] = [];
  let rest = path;
  while (rest !== '') {
    const token = rest.startsWith("'") ? quotedToken(rest) : /^(?:[.[\]]|[^.[\]]+)/.exec(rest)![0];
    tokens.push(token);
    rest = rest.slice(token.length);
  }
  return tokens;
}

/** Up to the first quote that no backslash precedes; all that is left where there is none. */
function quotedToken(text: string): string {
  for (let i = 1; i < text.length; i++) if (text[i] === "'" && text[i - 1] !== '\\') return text.slice(0, i + 1);
  return text;
}

class Walk {
  path = '';
  root = '';
  node: SchemaNode;

  constructor(node: SchemaNode) {
    this.node = node;
  }

  step(name: string): void {
    const { properties, additional } = this.node;
    if (properties === undefined) {
      if (typeof additional !== 'object') throw new PathError('does not refer to a valid field');
      this.#go(additional, name, `${this.path}[${name}]`);
      return;
    }
    const next = properties.get(name);
    if (next === undefined) throw new PathError('does not refer to a valid field');
    this.#go(next, name, this.path === '' ? name : `${this.path}.${name}`);
  }

  #go(node: SchemaNode, name: string, path: string): void {
    if (this.path === '') this.root = name;
    this.path = path;
    this.node = node;
  }
}

function follow(walk: Walk, tokens: Iterator<string>, options: FieldPathOptions): void {
  const next = (): string => {
    const { value, done } = tokens.next();
    if (done === true) throw new PathError('unexpected end of JSON path');
    return value;
  };
  for (let token = tokens.next(); token.done !== true; token = tokens.next()) {
    if (token.value === '.') {
      walk.step(next());
    } else if (token.value === '[') {
      if (!options.allowArrayNotation) throw new PathError('array notation is not allowed');
      const name = next();
      if (name.length < 2 || !name.startsWith("'") || !name.endsWith("'"))
        throw new PathError(`expected single quoted string but got ${name}`);
      walk.step(unescaped(name.slice(1, -1)));
      const close = next();
      if (close !== ']') throw new PathError(`expected ] but got ${close}`);
    } else {
      throw new PathError(`expected [ or . but got: ${token.value}`);
    }
  }
}

/** Finds the field that a path leads to, from a schema on. */
export function findField(path: string, node: SchemaNode, options: FieldPathOptions): FoundField {
  const walk = new Walk(node);
  try {
    follow(walk, tokensOf(path)[Symbol.iterator](), options);
  } catch (error) {
    if (error instanceof PathError) return { error: error.message };
    throw error;
  }
  return { path: walk.path, node: walk.node, root: walk.root };
}
