/**
 * What is checked after types fit: literals of durations, timestamps and patterns, and that lists and maps hold one type. Behaviour: cel-go
 * cel/validator.go; Kubernetes has all four since 1.29.
 */
import type { Call, Expr, ListExpr, MapExpr } from './ast.ts';
import { EvaluationFault } from './errors.ts';
import { compilePattern } from './library/regex.ts';
import { parseFormat } from './library/string-format.ts';
import type { Issues } from './source.ts';
import { parseGoDuration, parseTimestamp } from './time.ts';
import type { CelType } from './types.ts';

/** Checks a tree without type errors. */
export function validate(expr: Expr, issues: Issues): void {
  visit(expr, false, issues);
}

function visit(expr: Expr, isExempt: boolean, issues: Issues): void {
  const inside = isExempt || (expr.kind === 'call' && expr.name === 'format');
  if (expr.kind === 'call') validateCall(expr, issues);
  else if (expr.kind === 'list' && !isExempt) validateList(expr, issues);
  else if (expr.kind === 'map' && !isExempt) validateMap(expr, issues);
  for (const child of children(expr)) visit(child, inside, issues);
}

function children(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'select':
      return [expr.operand];
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args;
    case 'list':
      return expr.elements;
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.fields.map(({ value }) => value);
    case 'comprehension':
      return [expr.range, expr.accuInit, expr.condition, expr.step, expr.result];
    default:
      return [];
  }
}

const literalChecks: Readonly<Record<string, (text: string) => boolean>> = {
  duration: (text) => parseGoDuration(text) !== undefined,
  timestamp: (text) => parseTimestamp(text) !== undefined,
  matches: (text) => compilePattern(text) !== undefined,
};

function validateCall(expr: Call, issues: Issues): void {
  if (expr.name === 'format') validateFormat(expr, issues);
  const arg = expr.args[0];
  const isValid = literalChecks[expr.name];
  if (!Object.hasOwn(literalChecks, expr.name) || !isValid || arg?.kind !== 'literal' || typeof arg.value !== 'string')
    return;
  if (!holds(() => isValid(arg.value as string))) issues.add(arg.position, `invalid ${expr.name} argument`);
}

function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch (fault) {
    if (fault instanceof EvaluationFault) return false;
    throw fault;
  }
}

const accepted: Readonly<Record<string, { types: readonly string[]; complaint: string }>> = {
  d: { types: ['int', 'uint'], complaint: 'decimal clause can only be used on integers' },
  f: { types: ['double', 'string'], complaint: 'fixed-point clause can only be used on doubles' },
  e: { types: ['double', 'string'], complaint: 'scientific clause can only be used on doubles' },
  b: { types: ['int', 'uint', 'bool'], complaint: 'only integers and bools can be formatted as binary' },
  o: { types: ['int', 'uint'], complaint: 'octal clause can only be used on integers' },
  x: {
    types: ['int', 'uint', 'string', 'bytes'],
    complaint: 'only integers, byte buffers, and strings can be formatted as hex',
  },
};

function validateFormat(expr: Call, issues: Issues): void {
  const [list] = expr.args;
  if (expr.target?.kind !== 'literal' || typeof expr.target.value !== 'string' || list?.kind !== 'list') return;
  try {
    const { clauses } = parseFormat(expr.target.value);
    for (const [at, { verb }] of clauses.entries()) {
      const arg = list.elements[at];
      if (!arg) throw new EvaluationFault(`index ${at} out of range`);
      const rule = accepted[verb.toLowerCase()];
      const type = arg.type as CelType;
      if (!rule || type.kind === 'dyn' || rule.types.includes(type.kind)) continue;
      issues.add(arg.position, `error during formatting: ${rule.complaint}, was given ${type.name}`);
      return;
    }
    const surplus = list.elements.length > clauses.length;
    const counts = `(expected ${clauses.length}, got ${list.elements.length})`;
    if (surplus) issues.add(expr.position, `too many arguments supplied to string.format ${counts}`);
  } catch (fault) {
    if (!(fault instanceof EvaluationFault)) throw fault;
    issues.add(expr.position, fault.message);
  }
}

function mismatch(issues: Issues, expr: Expr, expected: CelType): void {
  issues.add(expr.position, `expected type '${expected}' but found '${expr.type}'`);
}

function heldType(expr: Expr, optional: boolean): CelType {
  const type = expr.type as CelType;
  return optional ? (type.params[0] ?? type) : type;
}

function validateList(expr: ListExpr, issues: Issues): void {
  let expected: CelType | undefined;
  for (const [at, element] of expr.elements.entries()) {
    const type = heldType(element, expr.optionals.has(at));
    expected ??= type;
    if (expected.equals(type)) continue;
    mismatch(issues, element, expected);
    return;
  }
}

function validateMap(expr: MapExpr, issues: Issues): void {
  const [first] = expr.entries;
  if (!first) return;
  const keyType = first.key.type as CelType;
  const valueType = heldType(first.value, first.optional);
  for (const { key, value, optional } of expr.entries) {
    if (!keyType.equals(key.type as CelType)) mismatch(issues, key, keyType);
    if (!valueType.equals(heldType(value, optional))) mismatch(issues, value, valueType);
  }
}
