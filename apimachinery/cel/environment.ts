/**
 * The environment of Kubernetes 1.36, and what makes programs of expressions. Behaviour: apiserver pkg/cel/environment/base.go (all that is
 * introduced up to 1.36 and on by default) and cel-go cel/env.go.
 */

import type { Expr } from './ast.ts';
import {
  type CelBindings,
  CelCompileError,
  CelCostLimitError,
  type CelEnvironment,
  type CelEvaluateOptions,
  type CelExtension,
  type CelProgram,
  type CelRange,
  type CelResult,
  CelRuntimeError,
  perCallLimit,
} from './cel.ts';
import { check, type Declarations } from './checker.ts';
import { CostEstimator } from './cost-estimate.ts';
import { CostLimitFault, EvaluationFault, grantWork } from './errors.ts';
import { Frame, type Step } from './frame.ts';
import { type FunctionTable, functionTable, libraryTypes } from './functions.ts';
import { libraryRows } from './library/index.ts';
import { parse } from './parser.ts';
import { plan } from './plan.ts';
import { Issues } from './source.ts';
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  optionalType,
  stringType,
  timestampType,
  typeType,
  uintType,
} from './types.ts';
import { validate } from './validators.ts';

const base: { environment?: Environment } = {};

/** The environment without variables, made once. */
export function baseEnvironment(): CelEnvironment {
  base.environment ??= new Environment({
    functions: functionTable(libraryRows()),
    variables: new Map(),
    resolvers: [standardType],
  });
  return base.environment;
}

const standardTypes: Readonly<Record<string, CelType>> = {
  ...{
    bool: boolType,
    bytes: bytesType,
    double: doubleType,
    dyn: dynType,
    int: intType,
    string: stringType,
    uint: uintType,
  },
  ...{ list: listType(dynType), map: mapType(dynType, dynType), null_type: nullType, type: typeType() },
  ...{ 'google.protobuf.Timestamp': timestampType, 'google.protobuf.Duration': durationType },
  optional_type: optionalType(dynType),
};

function standardType(name: string): CelType | undefined {
  return Object.hasOwn(standardTypes, name) ? standardTypes[name] : libraryTypes().get(name);
}

interface EnvironmentParts {
  readonly functions: FunctionTable;
  readonly variables: ReadonlyMap<string, CelType>;
  readonly resolvers: readonly ((name: string) => CelType | undefined)[];
}

class Environment implements CelEnvironment, Declarations {
  readonly functions: FunctionTable;
  readonly #parts: EnvironmentParts;

  constructor(parts: EnvironmentParts) {
    this.functions = parts.functions;
    this.#parts = parts;
  }

  variable(name: string): CelType | undefined {
    return this.#parts.variables.get(name);
  }

  typeNamed(name: string): CelType | undefined {
    for (const resolve of this.#parts.resolvers) {
      const type = resolve(name);
      if (type) return type;
    }
    return undefined;
  }

  extend({ variables = {}, resolveType, functions = [] }: CelExtension): CelEnvironment {
    const { resolvers } = this.#parts;
    const added = functionTable(functions);
    return new Environment({
      functions: added.size === 0 ? this.functions : new Map([...this.functions, ...added]),
      variables: new Map([...this.#parts.variables, ...Object.entries(variables)]),
      resolvers: resolveType ? [resolveType, ...resolvers] : resolvers,
    });
  }

  compile(expression: string): CelProgram | CelCompileError {
    const issues = new Issues(expression);
    const expr = parse(expression, issues);
    if (!expr) return issues.toError();
    const outputType = check(expr, this, issues);
    if (issues.count === 0) validate(expr, issues);
    if (issues.count > 0) return issues.toError();
    try {
      return new Program(expression, expr, outputType, this, plan(expr));
    } catch (fault) {
      if (!(fault instanceof EvaluationFault)) throw fault;
      return new CelCompileError(fault.message, [], 'program');
    }
  }
}

class Program implements CelProgram {
  readonly expression: string;
  readonly outputType: CelType;
  readonly variables: ReadonlySet<string>;
  readonly #expr: Expr;
  readonly #declarations: Declarations;
  readonly #step: Step;

  constructor(expression: string, expr: Expr, outputType: CelType, declarations: Declarations, step: Step) {
    this.expression = expression;
    this.outputType = outputType;
    this.variables = readVariables(expr);
    this.#expr = expr;
    this.#declarations = declarations;
    this.#step = step;
  }

  evaluate(bindings: CelBindings, { costLimit = perCallLimit }: CelEvaluateOptions = {}): CelResult {
    const frame = new Frame(bindings, Math.min(costLimit, perCallLimit));
    grantWork();
    try {
      const value = this.#step(frame);
      return { value, cost: frame.cost };
    } catch (fault) {
      throw runtimeError(fault, frame.cost);
    }
  }

  estimateCost(): CelRange {
    return new CostEstimator((name) => this.#declarations.variable(name)).estimate(this.#expr);
  }
}

/** What callers see of a fault. A stack that is used up by deeply nested values is a fault of the expression too. */
function runtimeError(fault: unknown, cost: number): unknown {
  if (fault instanceof CostLimitFault) return new CelCostLimitError(fault.message, cost);
  if (fault instanceof EvaluationFault) return new CelRuntimeError(fault.message, cost);
  if (fault instanceof RangeError) return new CelRuntimeError(`operation cancelled: ${fault.message}`, cost);
  return fault;
}

/** The names that an expression reads and does not bind itself. */
function readVariables(root: Expr): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (expr: Expr, bound: ReadonlySet<string>): void => {
    switch (expr.kind) {
      case 'ident':
        if (!bound.has(expr.name) && !expr.typeValue) names.add(expr.name);
        return;
      case 'select':
        visit(expr.resolved ?? expr.operand, bound);
        return;
      case 'call':
        for (const arg of expr.target ? [expr.target, ...expr.args] : expr.args) visit(arg, bound);
        return;
      case 'list':
        for (const element of expr.elements) visit(element, bound);
        return;
      case 'map':
        for (const { key, value } of expr.entries) {
          visit(key, bound);
          visit(value, bound);
        }
        return;
      case 'struct':
        for (const { value } of expr.fields) visit(value, bound);
        return;
      case 'comprehension': {
        visit(expr.range, bound);
        visit(expr.accuInit, bound);
        const inner = new Set([...bound, expr.accuVar]);
        visit(expr.result, inner);
        inner.add(expr.iterVar);
        if (expr.iterVar2 !== undefined) inner.add(expr.iterVar2);
        visit(expr.condition, inner);
        visit(expr.step, inner);
      }
    }
  };
  visit(root, new Set());
  return names;
}
