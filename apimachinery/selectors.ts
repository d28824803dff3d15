// Label and field selectors: what clients write in `labelSelector` and `fieldSelector`, and metav1.LabelSelector objects,
// turned into functions that match. Grammar, order of checks and error words are those of
// k8s.io/apimachinery pkg/labels/selector.go and pkg/fields/selector.go.
import { isLabelKey, isLabelValue } from './names.ts';
import { newBadRequest } from './status.ts';

export type Labels = Readonly<Record<string, string>> | undefined;

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  key: string;
  operator: LabelOperator;
  /** Sorted and without repetition. */
  values: readonly string[];
}

export interface LabelSelector {
  /** In key order. */
  requirements: readonly LabelRequirement[];
  /** True where everything matches. */
  empty: boolean;
  matches(labels: Labels): boolean;
}

/** metav1.LabelSelector as it stands in objects. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Why a selector does not parse; the message is upstream's. */
export class SelectorError extends Error {}

const everything: LabelSelector = { requirements: [], empty: true, matches: () => true };
const nothing: LabelSelector = { requirements: [], empty: false, matches: () => false };

// --- lexer

type TokenType =
  | 'error'
  | 'end'
  | 'identifier'
  | ')'
  | ','
  | '!'
  | '=='
  | '='
  | '>'
  | 'in'
  | '<'
  | '!='
  | 'notin'
  | '(';

interface Token {
  type: TokenType;
  literal: string;
}

const literals = new Set<string>([')', ',', '!', '==', '=', '>', 'in', '<', '!=', 'notin', '(']);
const special = new Set([...'=!(),><']);
const space = new Set([...' \t\r\n']);

function scanSymbol(text: string, start: number): { token: Token; end: number } {
  let end = start;
  let found: string | undefined;
  while (end < text.length && special.has(text[end]!)) {
    const candidate = text.slice(start, end + 1);
    if (literals.has(candidate)) found = candidate;
    else if (found !== undefined) break;
    end++;
  }
  if (found !== undefined) return { token: { type: found as TokenType, literal: found }, end };
  return { token: { type: 'error', literal: `error expected: keyword found '${text.slice(start, end)}'` }, end };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    if (space.has(text[position]!)) {
      position++;
    } else if (special.has(text[position]!)) {
      const { token, end } = scanSymbol(text, position);
      tokens.push(token);
      position = end;
    } else {
      const start = position;
      while (position < text.length && !special.has(text[position]!) && !space.has(text[position]!)) position++;
      const literal = text.slice(start, position);
      tokens.push({ type: literals.has(literal) ? (literal as TokenType) : 'identifier', literal });
    }
  }
  tokens.push({ type: 'end', literal: '' });
  return tokens;
}

// --- parser

const operators: Partial<Record<TokenType, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

class Parser {
  private readonly tokens: Token[];
  private position = 0;

  constructor(text: string) {
    this.tokens = tokenize(text);
  }

  /** The next token; `in` and `notin` are plain identifiers except where an operator stands. */
  private peek(operatorExpected = false): Token {
    const token = this.tokens[this.position]!;
    const word = token.type === 'in' || token.type === 'notin';
    return word && !operatorExpected ? { type: 'identifier', literal: token.literal } : token;
  }

  private next(operatorExpected = false): Token {
    const token = this.peek(operatorExpected);
    // The end token stays where it is, so that reading on past it keeps answering it.
    if (this.position < this.tokens.length - 1) this.position++;
    return token;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const { type, literal } = this.peek();
      if (type === 'end') return requirements;
      if (type !== 'identifier' && type !== '!')
        throw new SelectorError(`found '${literal}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.requirementWithContext());
      const separator = this.next();
      if (separator.type === 'end') return requirements;
      if (separator.type !== ',')
        throw new SelectorError(`found '${separator.literal}', expected: ',' or 'end of string'`);
      const after = this.peek();
      if (after.type !== 'identifier' && after.type !== '!')
        throw new SelectorError(`found '${after.literal}', expected: identifier after ','`);
    }
  }

  private requirementWithContext(): LabelRequirement {
    try {
      return this.requirement();
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  private requirement(): LabelRequirement {
    let token = this.next();
    const absent = token.type === '!';
    if (absent) token = this.next();
    if (token.type !== 'identifier') throw new SelectorError(`found '${token.literal}', expected: identifier`);
    const key = token.literal;
    const keyErrors = isLabelKey(key);
    if (keyErrors.length > 0)
      throw new SelectorError(`<nil>: Invalid value: ${JSON.stringify(key)}: ${keyErrors.join('; ')}`);
    const following = this.peek().type;
    if (absent) return newRequirement(key, '!', []);
    if (following === 'end' || following === ',') return newRequirement(key, 'exists', []);
    const operator = this.operator();
    const values = operator === 'in' || operator === 'notin' ? this.values() : [this.exactValue()];
    return newRequirement(key, operator, [...new Set(values)].sort());
  }

  private operator(): LabelOperator {
    const token = this.next(true);
    const operator = operators[token.type];
    if (operator === undefined)
      throw new SelectorError(`found '${token.literal}', expected: in, notin, =, ==, !=, gt, lt`);
    return operator;
  }

  private values(): string[] {
    const open = this.next();
    if (open.type !== '(') throw new SelectorError(`found '${open.literal}' expected: '('`);
    const first = this.peek();
    if (first.type === ')') {
      this.next();
      return [''];
    }
    if (first.type !== 'identifier' && first.type !== ',')
      throw new SelectorError(`found '${first.literal}', expected: ',', ')' or identifier`);
    const values = this.identifiers();
    if (this.next().type !== ')') throw new SelectorError(`found '${first.literal}', expected: ')'`);
    return values;
  }

  /** `a,b`, where a missing identifier is the empty value. Stops before the closing parenthesis. */
  private identifiers(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.next();
      if (token.type === 'identifier') {
        values.push(token.literal);
        const after = this.peek();
        if (after.type === ')') return values;
        if (after.type !== ',') throw new SelectorError(`found '${after.literal}', expected: ',' or ')'`);
      } else if (token.type === ',') {
        if (values.length === 0) values.push('');
        const after = this.peek().type;
        if (after === ')' || after === ',') values.push('');
        if (after === ')') return values;
      } else {
        throw new SelectorError(`found '${token.literal}', expected: ',', or identifier`);
      }
    }
  }

  private exactValue(): string {
    const next = this.peek();
    if (next.type === 'end' || next.type === ',') return '';
    const token = this.next();
    if (token.type !== 'identifier') throw new SelectorError(`found '${token.literal}', expected: identifier`);
    return token.literal;
  }
}

const integer = /^[+-]?[0-9]+$/;

function valuesError(operator: LabelOperator, values: readonly string[]): string | undefined {
  if ((operator === 'in' || operator === 'notin') && values.length === 0)
    return "for 'in', 'notin' operators, values set can't be empty";
  if ((operator === 'exists' || operator === '!') && values.length > 0)
    return 'values set must be empty for exists and does not exist';
  return undefined;
}

function newRequirement(key: string, operator: LabelOperator, values: string[]): LabelRequirement {
  const errors: string[] = [];
  const keyErrors = isLabelKey(key);
  if (keyErrors.length > 0) errors.push(`key: Invalid value: ${JSON.stringify(key)}: ${keyErrors.join('; ')}`);
  const wrongValues = valuesError(operator, values);
  if (wrongValues !== undefined) errors.push(`values: Invalid value: ${JSON.stringify(values)}: ${wrongValues}`);
  values.forEach((value, index) => {
    if ((operator === 'gt' || operator === 'lt') && !integer.test(value))
      errors.push(
        `values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
  });
  values.forEach((value, index) => {
    const messages = isLabelValue(value);
    if (messages.length > 0)
      errors.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${messages.join('; ')}`);
  });
  if (errors.length === 1) throw new SelectorError(errors[0]!);
  if (errors.length > 1) throw new SelectorError(`[${errors.join(', ')}]`);
  return { key, operator, values };
}

// --- matching

function has(labels: Labels, key: string): boolean {
  return labels !== undefined && Object.hasOwn(labels, key);
}

function compile({ key, operator, values }: LabelRequirement): (labels: Labels) => boolean {
  const set = new Set(values);
  const only = values[0]!;
  switch (operator) {
    case 'exists':
      return (labels) => has(labels, key);
    case '!':
      return (labels) => !has(labels, key);
    case 'in':
    case '=':
    case '==':
      if (set.size === 1) return (labels) => labels?.[key] === only;
      return (labels) => has(labels, key) && set.has(labels![key]!);
    case 'notin':
    case '!=':
      if (set.size === 1) return (labels) => labels?.[key] !== only;
      return (labels) => !has(labels, key) || !set.has(labels![key]!);
    case 'gt':
    case 'lt': {
      const bound = BigInt(only);
      const within = operator === 'gt' ? (value: bigint) => value > bound : (value: bigint) => value < bound;
      return (labels) => {
        const value = labels?.[key];
        return value !== undefined && integer.test(value) && within(BigInt(value));
      };
    }
  }
}

function newSelector(requirements: LabelRequirement[]): LabelSelector {
  if (requirements.length === 0) return everything;
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const matchers = requirements.map(compile);
  const first = matchers[0]!;
  const matches =
    matchers.length === 1 ? first : (labels: Labels): boolean => matchers.every((matcher) => matcher(labels));
  return { requirements, empty: false, matches };
}

/** Parses a `labelSelector` as written in a query. Throws SelectorError; the empty text matches everything. */
export function parseLabelSelector(text: string): LabelSelector {
  return text === '' ? everything : newSelector(new Parser(text).parse());
}

/** The same for a request: a selector that does not parse is the 400 that upstream answers. */
export function labelSelectorOfQuery(text: string): LabelSelector {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (error instanceof SelectorError) throw newBadRequest(error.message);
    throw error;
  }
}

/** A selector that requires each of these labels (labels.SelectorFromSet); none: everything matches. */
export function selectorFromLabels(labels: Readonly<Record<string, string>> | undefined): LabelSelector {
  return newSelector(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })));
}

const objectOperators: Record<string, LabelOperator> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/**
 * metav1.LabelSelectorAsSelector: undefined matches nothing, the empty selector everything.
 * Throws SelectorError for an operator it does not know and for values no label can have.
 */
export function selectorFromObject(object: LabelSelectorObject | null | undefined): LabelSelector {
  if (object === null || object === undefined) return nothing;
  const requirements = Object.entries(object.matchLabels ?? {}).map(([key, value]) =>
    newRequirement(key, '=', [value]),
  );
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = objectOperators[operator];
    if (known === undefined)
      throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push(newRequirement(key, known, [...new Set(values ?? [])].sort()));
  }
  return newSelector(requirements);
}

function printRequirement({ key, operator, values }: LabelRequirement): string {
  const list = values.join(',');
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    default:
      return `${key}${operator}${list}`;
  }
}

/** The selector's text as labels.Selector.String() writes it. */
export function printLabelSelector(selector: LabelSelector): string {
  return selector.requirements.map(printRequirement).join(',');
}
