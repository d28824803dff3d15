/**
 * The syntax tree of an expression. The checker writes types and what names mean into the nodes. Behaviour: cel-go common/ast.
 */
import type { Overload } from './functions.ts';
import type { CelType } from './types.ts';
import type { CelValue } from './values.ts';

interface Node {
  /** UTF-16 offset of the token that faults point at. */
  position: number;
  /** Set by the checker. */
  type?: CelType;
}

export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: CelValue;
}

export interface Ident extends Node {
  readonly kind: 'ident';
  name: string;
  /** The type that the name stands for, where it is one. */
  typeValue?: CelType;
}

export interface Select extends Node {
  readonly kind: 'select';
  readonly operand: Expr;
  readonly field: string;
  /** `has(operand.field)`. */
  readonly testOnly: boolean;
  /** The checker found that the whole is one qualified name. */
  resolved?: Ident;
}

export interface Call extends Node {
  readonly kind: 'call';
  name: string;
  /** What the function is called on; taken away by the checker where it was the function's namespace. */
  target: Expr | undefined;
  readonly args: Expr[];
  /** Those that may take the arguments, in order of declaration. */
  overloads?: readonly Overload[];
}

export interface ListExpr extends Node {
  readonly kind: 'list';
  readonly elements: Expr[];
  readonly optionals: ReadonlySet<number>;
}

export interface MapEntry {
  readonly position: number;
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface MapExpr extends Node {
  readonly kind: 'map';
  readonly entries: MapEntry[];
}

export interface StructField {
  readonly position: number;
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface StructExpr extends Node {
  readonly kind: 'struct';
  typeName: string;
  readonly fields: StructField[];
}

export interface Comprehension extends Node {
  readonly kind: 'comprehension';
  readonly range: Expr;
  readonly iterVar: string;
  readonly iterVar2: string | undefined;
  readonly accuVar: string;
  readonly accuInit: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Comprehension;

/** A copy that the checker can annotate on its own. */
export function copyExpr(expr: Expr): Expr {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return { ...expr };
    case 'select':
      return { ...expr, operand: copyExpr(expr.operand) };
    case 'call':
      return { ...expr, target: expr.target && copyExpr(expr.target), args: expr.args.map(copyExpr) };
    case 'list':
      return { ...expr, elements: expr.elements.map(copyExpr) };
    case 'map':
      return { ...expr, entries: expr.entries.map((e) => ({ ...e, key: copyExpr(e.key), value: copyExpr(e.value) })) };
    case 'struct':
      return { ...expr, fields: expr.fields.map((field) => ({ ...field, value: copyExpr(field.value) })) };
    case 'comprehension':
      return {
        ...expr,
        range: copyExpr(expr.range),
        accuInit: copyExpr(expr.accuInit),
        condition: copyExpr(expr.condition),
        step: copyExpr(expr.step),
        result: copyExpr(expr.result),
      };
  }
}

/** The dotted name that nested selections spell, or undefined. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name;
  if (expr.kind !== 'select' || expr.testOnly) return undefined;
  const prefix = qualifiedName(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}
