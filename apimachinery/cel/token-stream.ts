/**
 * Reads tokens as ANTLR's parsers do, with its words for what does not fit and its ways to go on: drop one token, imagine one, or skip to
 * what may follow. Behaviour: ANTLR 4 DefaultErrorStrategy, with the limits of cel-go parser/parser.go.
 */
import { displayText, displayTokens, type Token, type TokenType } from './lexer.ts';
import { type Issues, noPosition } from './source.ts';

const errorRecoveryLimit = 30;
const lookaheadLimit = 256;

/** What an expression can begin with. */
export const expressionStart: ReadonlySet<TokenType> = new Set<TokenType>([
  ...(['[', '{', '(', '.', '-', '!', 'true', 'false', 'null', 'NUM_FLOAT', 'NUM_INT', 'NUM_UINT'] as const),
  ...(['STRING', 'BYTES', 'IDENTIFIER'] as const),
]);

/** What can continue an expression. */
const continuations: ReadonlySet<TokenType> = new Set<TokenType>([
  ...(['==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', '[', '.', '-', '?', '+', '*', '/', '%'] as const),
]);

/** Thrown from a rule to the rule that can skip to what follows it; the fault has been reported. */
export class RuleMismatch {}

/** Thrown when the parser gives up altogether. */
export class ParsingEnded {}

/** The tokens, and where in them the parser is. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  readonly #issues: Issues;
  /** Tokens that may follow each enclosing expression. */
  readonly #terminators: ReadonlySet<TokenType>[] = [new Set<TokenType>(['<EOF>'])];
  #at = 0;
  #recovering = false;
  #recoveries = 0;
  #lastRecovery = -1;

  constructor(tokens: readonly Token[], text: string, issues: Issues) {
    this.#tokens = tokens;
    this.#text = text;
    this.#issues = issues;
  }

  get current(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get type(): TokenType {
    return this.current.type;
  }

  /** The type of the token `offset` further on. */
  ahead(offset: number): TokenType {
    return (this.#tokens[this.#at + offset] ?? (this.#tokens.at(-1) as Token)).type;
  }

  is(type: TokenType): boolean {
    return this.type === type;
  }

  /** Takes the current token, which fits. */
  take(): Token {
    const token = this.current;
    if (token.type !== '<EOF>') this.#at++;
    this.#recovering = false;
    return token;
  }

  /** Takes the current token if it is `type`. */
  takeIf(type: TokenType): Token | undefined {
    return this.type === type ? this.take() : undefined;
  }

  /** Runs a rule whose expressions end at `terminators`. */
  within<T>(terminators: readonly TokenType[], rule: () => T): T {
    this.#terminators.push(new Set(terminators));
    try {
      return rule();
    } finally {
      this.#terminators.pop();
    }
  }

  /** Takes a token of `type`; where there is none, drops the one that is in its place, or goes on as if it were there. */
  match(type: TokenType, follow: ReadonlySet<TokenType> = new Set()): Token {
    if (this.type === type) return this.take();
    this.#countRecovery();
    const expected = new Set([type]);
    if (this.#dropOne(expected)) return this.take();
    if (this.#mayFollow(follow)) {
      this.#report(this.current, `missing '${type}' at ${displayText(this.current.text)}`);
      this.#recovering = true;
      return { type, text: `<missing '${type}'>`, position: this.current.position };
    }
    throw this.mismatch(expected);
  }

  /** Makes sure that the current token is one of `expected`, by dropping one if need be. */
  sync(expected: ReadonlySet<TokenType>): void {
    if (expected.has(this.type) || this.#recovering) return;
    if (!this.#dropOne(expected)) throw this.mismatch(expected);
  }

  /** Reports that the current token does not fit. */
  mismatch(expected: ReadonlySet<TokenType>): RuleMismatch {
    this.#report(
      this.current,
      `mismatched input ${displayText(this.current.text)} expecting ${displayTokens(expected)}`,
    );
    return new RuleMismatch();
  }

  /** Reports that the current token should not be there. */
  unwanted(expected: ReadonlySet<TokenType>): void {
    this.#report(
      this.current,
      `extraneous input ${displayText(this.current.text)} expecting ${displayTokens(expected)}`,
    );
    this.#recovering = true;
  }

  /** Reports that from the current token up to the one `offset` further on nothing fits. */
  noViableAlternative(offset: number): RuleMismatch {
    const end = this.#tokens[Math.min(this.#at + offset, this.#tokens.length - 1)] as Token;
    const textEnd = end.type === '<EOF>' ? end.position : end.position + end.text.length;
    const text = this.#text.slice(this.current.position, textEnd);
    const reserved = /^.(true|false|null)$/.exec(text);
    const message = reserved
      ? `mismatched input '${reserved[1]}' expecting IDENTIFIER`
      : `no viable alternative at input ${displayText(text)}`;
    this.#report(end, message);
    return new RuleMismatch();
  }

  /** After a mismatch: skips to what may follow in any enclosing rule, or continue the expression. */
  recover(continues: boolean): void {
    this.#countRecovery();
    if (this.#lastRecovery === this.#at) this.#skip();
    this.#lastRecovery = this.#at;
    this.#recovering = true;
    for (let skipped = 0; !this.is('<EOF>') && !this.#canFollow(continues); skipped++) {
      if (skipped === lookaheadLimit) this.#giveUp();
      this.#skip();
    }
  }

  #giveUp(): never {
    this.#issues.add(noPosition, `error recovery token lookahead limit exceeded: ${lookaheadLimit}`);
    throw new ParsingEnded();
  }

  #skip(): void {
    if (!this.is('<EOF>')) this.#at++;
  }

  #canFollow(continues: boolean): boolean {
    return (continues && continuations.has(this.type)) || this.#terminators.some((types) => types.has(this.type));
  }

  /** Whether the current token fits behind one that is missing. */
  #mayFollow(follow: ReadonlySet<TokenType>): boolean {
    if (follow.size > 0) return follow.has(this.type);
    return continuations.has(this.type) || (this.#terminators.at(-1) as ReadonlySet<TokenType>).has(this.type);
  }

  #dropOne(expected: ReadonlySet<TokenType>): boolean {
    if (this.is('<EOF>') || !expected.has(this.ahead(1))) return false;
    this.unwanted(expected);
    this.#at++;
    return true;
  }

  #countRecovery(): void {
    if (this.#recoveries++ < errorRecoveryLimit) return;
    this.#issues.add(
      this.current.position,
      `Syntax error: error recovery attempt limit exceeded: ${errorRecoveryLimit}`,
    );
    throw new ParsingEnded();
  }

  #report(token: Token, message: string): void {
    if (this.#recovering) return;
    this.#recovering = true;
    this.#issues.add(token.position, `Syntax error: ${message}`);
  }
}
