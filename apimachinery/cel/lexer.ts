/**
 * Tokens of an expression, as the ANTLR lexer of cel-go cuts them: the longest match wins, and what matches nothing is reported and skipped.
 * Behaviour: cel-go parser/gen/CEL.g4.
 */
import type { Issues } from './source.ts';

/** In the order of the grammar, which is the order in which faults list what they expected. */
const tokenNames = [
  ...['==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', '[', ']', '{', '}', '(', ')', '.', ',', '-', '!', '?', ':'],
  ...['+', '*', '/', '%', 'true', 'false', 'null', 'NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES'],
  ...['IDENTIFIER', 'ESC_IDENTIFIER', '<EOF>'],
] as const;

export type TokenType = (typeof tokenNames)[number];

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly position: number;
}

const tokenOrder = new Map<TokenType, number>(tokenNames.map((name, at) => [name, at]));

/** `'a'`, or `{'a', 'b', NUM_INT}`: as ANTLR lists what it expected. */
export function displayTokens(types: ReadonlySet<TokenType>): string {
  const sorted = [...types].sort((a, b) => (tokenOrder.get(a) as number) - (tokenOrder.get(b) as number));
  const shown = sorted.map((type) => (/^[A-Z_]+$|^<EOF>$/.test(type) ? type : `'${type}'`));
  return shown.length === 1 ? (shown[0] as string) : `{${shown.join(', ')}}`;
}

/** `'text'`, with white space escaped. */
export function displayText(text: string): string {
  return `'${text.replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}

const skipped = /(?:[\t \r\n\f]+|\/\/[^\n]*)+/y;
const number = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|(?:0x[0-9a-fA-F]+|\d+)[uU]?/y;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const escapedIdentifier = /`[A-Za-z0-9_.\-/ ]+`/y;
const operator = /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y;
const escapeSequence = String.raw`\\(?:[abfnrtv"'\\?${'`'}]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`;
const strings: readonly RegExp[] = [
  new RegExp(String.raw`"""(?:${escapeSequence}|[^\\])*?"""`, 'uy'),
  new RegExp(String.raw`'''(?:${escapeSequence}|[^\\])*?'''`, 'uy'),
  new RegExp(String.raw`"(?:${escapeSequence}|[^\\"\n\r])*"`, 'uy'),
  new RegExp(String.raw`'(?:${escapeSequence}|[^\\'\n\r])*'`, 'uy'),
];
const rawStrings: readonly RegExp[] = [/"""[\s\S]*?"""/y, /'''[\s\S]*?'''/y, /"[^"\n\r]*"/y, /'[^'\n\r]*'/y];
/** The part of a string that could have become one, up to and including the character at which it could not. */
const brokenString: Readonly<Record<string, RegExp>> = {
  '"': new RegExp(
    String.raw`"(?:${escapeSequence}|[^\\"\n\r])*(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?[\s\S]?`,
    'uy',
  ),
  "'": new RegExp(
    String.raw`'(?:${escapeSequence}|[^\\'\n\r])*(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?[\s\S]?`,
    'uy',
  ),
};

function matchAt(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}

function longest(patterns: readonly RegExp[], text: string, position: number): string | undefined {
  let best: string | undefined;
  for (const pattern of patterns) {
    const found = matchAt(pattern, text, position);
    if (found !== undefined && found.length > (best?.length ?? 0)) best = found;
  }
  return best;
}

function wordType(word: string): TokenType {
  return word === 'in' || word === 'true' || word === 'false' || word === 'null' ? word : 'IDENTIFIER';
}

function lexString(text: string, position: number): Token | undefined {
  const prefix = /[bB]?[rR]?(?=["'])/y as RegExp & { lastIndex: number };
  prefix.lastIndex = position;
  const found = prefix.exec(text);
  if (!found) return undefined;
  const isRaw = /[rR]$/.test(found[0]);
  const body = longest(isRaw ? rawStrings : strings, text, position + found[0].length);
  if (body === undefined) return undefined;
  return { type: /^[bB]/.test(found[0]) ? 'BYTES' : 'STRING', text: found[0] + body, position };
}

function lexNumber(text: string, position: number): Token | undefined {
  const found = matchAt(number, text, position);
  if (found === undefined) return undefined;
  const isFloat = !found.startsWith('0x') && /[.eE]/.test(found);
  return { type: isFloat ? 'NUM_FLOAT' : /[uU]$/.test(found) ? 'NUM_UINT' : 'NUM_INT', text: found, position };
}

function lexToken(text: string, position: number): Token | undefined {
  const literal = lexString(text, position) ?? lexNumber(text, position);
  if (literal) return literal;
  const word = matchAt(identifier, text, position);
  if (word !== undefined) return { type: wordType(word), text: word, position };
  const symbol = matchAt(operator, text, position);
  if (symbol !== undefined) return { type: symbol as TokenType, text: symbol, position };
  const escaped = matchAt(escapedIdentifier, text, position);
  return escaped === undefined ? undefined : { type: 'ESC_IDENTIFIER', text: escaped, position };
}

/** What the lexer had read when nothing could match any more: it goes on behind it. */
function unrecognized(text: string, position: number): string {
  const first = String.fromCodePoint(text.codePointAt(position) as number);
  const broken = brokenString[first];
  if (broken) return matchAt(broken, text, position) ?? first;
  if (first === '`') return matchAt(/`[A-Za-z0-9_.\-/ ]*[\s\S]?/uy, text, position) as string;
  if (first === '=' || first === '&' || first === '|') return matchAt(/[\s\S][\s\S]?/uy, text, position) as string;
  return first;
}

/** The tokens of `text`, the last of them `<EOF>`. Faults go to `issues`. */
export function lex(text: string, issues: Issues): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  for (;;) {
    position += matchAt(skipped, text, position)?.length ?? 0;
    if (position >= text.length) break;
    const token = lexToken(text, position);
    if (token) {
      tokens.push(token);
      position += token.text.length;
    } else {
      const part = unrecognized(text, position);
      issues.add(position, `Syntax error: token recognition error at: '${part}'`);
      position += part.length;
    }
  }
  tokens.push({ type: '<EOF>', text: '<EOF>', position: text.length });
  return tokens;
}
