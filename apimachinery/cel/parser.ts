/**
 * Expressions to syntax trees. The rules are those of cel-go's grammar, so that faults are found where upstream finds them.
 * Behaviour: cel-go parser/parser.go and parser/gen/CEL.g4.
 */
import type { Expr, ListExpr, MapEntry, MapExpr, StructField } from './ast.ts';
import { reservedWords } from './escaping.ts';
import { lex, type Token, type TokenType } from './lexer.ts';
import { parseBytesLiteral, parseStringLiteral } from './literals.ts';
import { expandMacro, MacroFault } from './macros.ts';
import { type Issues, noPosition } from './source.ts';
import { expressionStart, ParsingEnded, RuleMismatch, TokenStream } from './token-stream.ts';
import { CelUint } from './values.ts';

const maxRecursionDepth = 250;
const maxCodePoints = 100_000;

const relations: ReadonlySet<TokenType> = new Set<TokenType>(['==', '!=', 'in', '<', '<=', '>=', '>']);
const products: ReadonlySet<TokenType> = new Set<TokenType>(['*', '/', '%']);
const sums: ReadonlySet<TokenType> = new Set<TokenType>(['+', '-']);
const argumentStart: ReadonlySet<TokenType> = new Set<TokenType>([...expressionStart, ')']);
const optionalStart: ReadonlySet<TokenType> = new Set<TokenType>([...expressionStart, '?']);
const identifiers: ReadonlySet<TokenType> = new Set<TokenType>(['IDENTIFIER', 'ESC_IDENTIFIER']);

/** The tree of an expression, or undefined where `issues` has got why there is none. */
export function parse(text: string, issues: Issues): Expr | undefined {
  if (text.length > maxCodePoints && [...text].length > maxCodePoints) {
    const size = [...text].length;
    issues.add(noPosition, `expression code point size exceeds limit: size: ${size}, limit ${maxCodePoints}`);
    return undefined;
  }
  try {
    const expr = new Parser(text, issues).parse();
    return issues.count === 0 ? expr : undefined;
  } catch (fault) {
    if (fault instanceof ParsingEnded) return undefined;
    throw fault;
  }
}

class Parser {
  readonly #issues: Issues;
  readonly #tokens: TokenStream;
  #depth = 0;
  #nesting = 0;

  constructor(text: string, issues: Issues) {
    this.#issues = issues;
    this.#tokens = new TokenStream(lex(text, issues), text, issues);
  }

  parse(): Expr {
    const expr = this.#expr();
    try {
      this.#tokens.match('<EOF>', new Set(['<EOF>']));
    } catch (fault) {
      if (!(fault instanceof RuleMismatch)) throw fault;
    }
    return expr;
  }

  #expr(): Expr {
    if (++this.#nesting > maxRecursionDepth) {
      this.#issues.add(noPosition, `expression recursion limit exceeded: ${maxRecursionDepth}`);
      throw new ParsingEnded();
    }
    this.#enter();
    const condition = this.#or();
    const question = this.#tokens.takeIf('?');
    const expr = question ? this.#conditional(condition, question) : condition;
    this.#depth--;
    this.#nesting--;
    return expr;
  }

  #conditional(condition: Expr, question: Token): Expr {
    return this.#recovering(
      () => {
        const ifTrue = this.#tokens.within([':'], () => this.#or());
        this.#tokens.match(':', expressionStart);
        return call('_?_:_', question.position, [condition, ifTrue, this.#expr()]);
      },
      question.position,
      false,
    );
  }

  #or(): Expr {
    return this.#logical('||', '_||_', () => this.#and());
  }

  #and(): Expr {
    return this.#logical('&&', '_&&_', () => this.#relation());
  }

  #logical(token: TokenType, name: string, operand: () => Expr): Expr {
    const first = operand();
    if (!this.#tokens.is(token)) return first;
    const terms = [first];
    const positions: number[] = [];
    for (let op = this.#tokens.takeIf(token); op; op = this.#tokens.takeIf(token)) {
      positions.push(op.position);
      terms.push(operand());
    }
    return balance(name, terms, positions);
  }

  #relation(): Expr {
    return this.#binary(relations, () => this.#binary(sums, () => this.#binary(products, () => this.#unary())));
  }

  #binary(operators: ReadonlySet<TokenType>, operand: () => Expr): Expr {
    let left = operand();
    let depth = 0;
    while (operators.has(this.#tokens.type)) {
      const op = this.#tokens.take();
      this.#enter();
      depth++;
      left = call(op.text === 'in' ? '@in' : `_${op.text}_`, op.position, [left, operand()]);
    }
    this.#depth -= depth;
    return left;
  }

  #unary(): Expr {
    const start = this.#tokens.current.position;
    return this.#recovering(() => {
      this.#tokens.sync(expressionStart);
      if (this.#tokens.is('!')) return this.#prefixed('!', '!_');
      if (!this.#tokens.is('-')) return this.#member();
      if (!expressionStart.has(this.#tokens.ahead(1))) throw this.#tokens.noViableAlternative(1);
      const next = this.#tokens.ahead(1);
      return next === 'NUM_INT' || next === 'NUM_FLOAT' ? this.#member() : this.#prefixed('-', '-_');
    }, start);
  }

  #prefixed(operator: TokenType, name: string): Expr {
    const first = this.#tokens.take();
    let count = 1;
    while (this.#tokens.takeIf(operator)) count++;
    if (!expressionStart.has(this.#tokens.type)) {
      this.#tokens.unwanted(expressionStart);
      throw new RuleMismatch();
    }
    const operand = this.#member();
    return count % 2 === 0 ? operand : call(name, first.position, [operand]);
  }

  #member(): Expr {
    let expr = this.#primary();
    let depth = 0;
    while (this.#tokens.is('.') || this.#tokens.is('[')) {
      this.#enter();
      depth++;
      expr = this.#tokens.is('.') ? this.#selection(expr) : this.#index(expr);
    }
    this.#depth -= depth;
    return expr;
  }

  #selection(operand: Expr): Expr {
    const next = this.#tokens.ahead(1);
    if (next !== '?' && !identifiers.has(next)) throw this.#tokens.noViableAlternative(1);
    const dot = this.#tokens.take();
    const optional = this.#tokens.takeIf('?') !== undefined;
    if (!optional && this.#tokens.is('IDENTIFIER') && this.#tokens.ahead(1) === '(') {
      const name = this.#tokens.take().text;
      const open = this.#tokens.take();
      return this.#callOrMacro(name, open.position, operand, this.#arguments());
    }
    const field = this.#fieldToken();
    const name = this.#fieldName(field);
    if (!optional) return { kind: 'select', position: dot.position, operand, field: name, testOnly: false };
    return call('_?._', dot.position, [operand, { kind: 'literal', position: field.position, value: name }]);
  }

  #fieldToken(): Token {
    const { position } = this.#tokens.current;
    try {
      this.#tokens.sync(identifiers);
    } catch (fault) {
      this.#issues.add(position, 'unsupported ident kind');
      throw fault;
    }
    return this.#tokens.take();
  }

  #fieldName(token: Token): string {
    if (token.type === 'ESC_IDENTIFIER') this.#issues.add(token.position, "unsupported syntax: '`'");
    return token.text;
  }

  #index(operand: Expr): Expr {
    const open = this.#tokens.take();
    this.#tokens.sync(optionalStart);
    const optional = this.#tokens.takeIf('?') !== undefined;
    const index = this.#tokens.within([']'], () => this.#expr());
    this.#tokens.match(']');
    return call(optional ? '_[?_]' : '_[_]', open.position, [operand, index]);
  }

  #primary(): Expr {
    const { type, position } = this.#tokens.current;
    switch (type) {
      case '(':
        this.#tokens.take();
        return this.#parenthesized();
      case '[':
        return this.#list();
      case '{':
        return this.#map();
      case 'IDENTIFIER':
      case '.':
        return this.#name();
      default:
        return this.#literal(position);
    }
  }

  #parenthesized(): Expr {
    const expr = this.#tokens.within([')'], () => this.#expr());
    this.#tokens.match(')');
    return expr;
  }

  #name(): Expr {
    const { position } = this.#tokens.current;
    if (this.#tokens.is('.') && this.#tokens.ahead(1) !== 'IDENTIFIER') throw this.#tokens.noViableAlternative(1);
    if (this.#isStruct()) return this.#struct();
    const dot = this.#tokens.takeIf('.') ? '.' : '';
    const identifier = this.#tokens.take();
    const name = dot + identifier.text;
    const open = this.#tokens.takeIf('(');
    const args = open && this.#arguments();
    if (reservedWords.has(identifier.text)) {
      this.#issues.add(position, `reserved identifier: ${identifier.text}`);
      return errorExpr(position);
    }
    if (open && args) return this.#callOrMacro(name, open.position, undefined, args);
    return { kind: 'ident', position: identifier.position, name };
  }

  /** Whether a dotted name and `{` come next. */
  #isStruct(): boolean {
    let offset = this.#tokens.is('.') ? 2 : 1;
    while (this.#tokens.ahead(offset) === '.' && this.#tokens.ahead(offset + 1) === 'IDENTIFIER') offset += 2;
    return this.#tokens.ahead(offset) === '{';
  }

  #arguments(): Expr[] {
    const args: Expr[] = [];
    this.#tokens.sync(argumentStart);
    if (!this.#tokens.is(')')) {
      this.#tokens.within([')', ','], () => {
        do args.push(this.#expr());
        while (this.#tokens.takeIf(','));
      });
    }
    this.#tokens.match(')');
    return args;
  }

  #list(): ListExpr {
    const { position } = this.#tokens.take();
    const elements: Expr[] = [];
    const optionals = new Set<number>();
    this.#tokens.sync(new Set<TokenType>([...optionalStart, ']', ',']));
    if (optionalStart.has(this.#tokens.type)) {
      this.#tokens.within([']', ','], () => {
        do {
          if (this.#tokens.takeIf('?')) optionals.add(elements.length);
          elements.push(this.#expr());
        } while (optionalStart.has(this.#tokens.ahead(1)) && this.#tokens.takeIf(','));
      });
      this.#tokens.sync(new Set<TokenType>([']', ',']));
    }
    this.#tokens.takeIf(',');
    this.#tokens.match(']');
    return { kind: 'list', position, elements, optionals };
  }

  #map(): MapExpr {
    const { position } = this.#tokens.take();
    const entries: MapEntry[] = [];
    this.#tokens.sync(new Set<TokenType>([...optionalStart, '}', ',']));
    if (optionalStart.has(this.#tokens.type)) {
      do entries.push(this.#mapEntry());
      while (optionalStart.has(this.#tokens.ahead(1)) && this.#tokens.takeIf(','));
      this.#tokens.sync(new Set<TokenType>(['}', ',']));
    }
    this.#tokens.takeIf(',');
    this.#tokens.match('}');
    return { kind: 'map', position, entries };
  }

  #mapEntry(): MapEntry {
    const optional = this.#tokens.takeIf('?') !== undefined;
    const key = this.#tokens.within([':'], () => this.#expr());
    const colon = this.#tokens.match(':', expressionStart);
    return { position: colon.position, key, value: this.#tokens.within(['}', ','], () => this.#expr()), optional };
  }

  #struct(): Expr {
    let typeName = this.#tokens.takeIf('.') ? '.' : '';
    typeName += this.#tokens.take().text;
    while (this.#tokens.takeIf('.')) typeName += `.${this.#tokens.take().text}`;
    const { position } = this.#tokens.take();
    const fields: StructField[] = [];
    const fieldStart = new Set<TokenType>(['?', 'IDENTIFIER', 'ESC_IDENTIFIER']);
    this.#tokens.sync(new Set<TokenType>([...fieldStart, '}', ',']));
    if (fieldStart.has(this.#tokens.type)) {
      do fields.push(this.#structField());
      while (fieldStart.has(this.#tokens.ahead(1)) && this.#tokens.takeIf(','));
      this.#tokens.sync(new Set<TokenType>(['}', ',']));
    }
    this.#tokens.takeIf(',');
    this.#tokens.match('}');
    return { kind: 'struct', position, typeName, fields };
  }

  #structField(): StructField {
    const optional = this.#tokens.takeIf('?') !== undefined;
    this.#tokens.sync(identifiers);
    const name = this.#fieldName(this.#tokens.take());
    const colon = this.#tokens.match(':', expressionStart);
    return { position: colon.position, name, value: this.#tokens.within(['}', ','], () => this.#expr()), optional };
  }

  #literal(position: number): Expr {
    const sign = this.#tokens.takeIf('-') ? '-' : '';
    const { type, text } = this.#tokens.take();
    const literal = (value: Extract<Expr, { kind: 'literal' }>['value']): Expr => ({
      kind: 'literal',
      position,
      value,
    });
    switch (type) {
      case 'true':
      case 'false':
        return literal(type === 'true');
      case 'null':
        return literal(null);
      case 'NUM_INT': {
        const value = BigInt(text) * (sign ? -1n : 1n);
        if (BigInt.asIntN(64, value) !== value) return this.#fault(position, 'invalid int literal');
        return literal(value);
      }
      case 'NUM_UINT': {
        const value = BigInt(text.slice(0, -1));
        if (BigInt.asUintN(64, value) !== value) return this.#fault(position, 'invalid uint literal');
        return literal(new CelUint(value));
      }
      case 'NUM_FLOAT': {
        const value = Number(sign + text);
        return Number.isFinite(value) ? literal(value) : this.#fault(position, 'invalid double literal');
      }
      case 'STRING':
      case 'BYTES': {
        const value = type === 'STRING' ? parseStringLiteral(text) : parseBytesLiteral(text);
        return 'fault' in value ? this.#fault(position, value.fault) : literal(value.value);
      }
      default:
        throw this.#tokens.mismatch(expressionStart);
    }
  }

  #fault(position: number, message: string): Expr {
    this.#issues.add(position, message);
    return errorExpr(position);
  }

  #callOrMacro(name: string, position: number, target: Expr | undefined, args: Expr[]): Expr {
    if (this.#issues.count > 0) return call(name, position, args, target);
    const expanded = expandMacro(name, position, target, args);
    if (expanded instanceof MacroFault) return this.#fault(expanded.position, expanded.message);
    return expanded ?? call(name, position, args, target);
  }

  /** Runs a rule; where it fails, skips to what may follow it: operators too, if it `continues`. */
  #recovering(rule: () => Expr, position: number, continues = true): Expr {
    const depth = this.#depth;
    const nesting = this.#nesting;
    try {
      return rule();
    } catch (fault) {
      if (!(fault instanceof RuleMismatch)) throw fault;
      this.#depth = depth;
      this.#nesting = nesting;
      this.#tokens.recover(continues);
      return errorExpr(position);
    }
  }

  #enter(): void {
    if (++this.#depth <= maxRecursionDepth) return;
    this.#issues.add(noPosition, 'max recursion depth exceeded');
    throw new ParsingEnded();
  }
}

function errorExpr(position: number): Expr {
  return { kind: 'literal', position, value: null };
}

/** A call of a function or operator. */
export function call(name: string, position: number, args: Expr[], target?: Expr): Expr {
  return { kind: 'call', position, name, target, args };
}

/** A chain of `&&` or `||` as a tree of logarithmic depth. */
function balance(name: string, terms: readonly Expr[], positions: readonly number[]): Expr {
  const build = (low: number, high: number): Expr => {
    const middle = Math.floor((low + high + 1) / 2);
    const left = middle === low ? (terms[middle] as Expr) : build(low, middle - 1);
    const right = middle === high ? (terms[middle + 1] as Expr) : build(middle + 1, high);
    return call(name, positions[middle] as number, [left, right]);
  };
  return build(0, positions.length - 1);
}
