/**
 * What a checked expression can cost, before it runs: a walk that follows sizes from the bounds of the variables' types through fields, loops and
 * calls. Behaviour: cel-go checker/cost.go with apiserver pkg/cel/library/cost.go; the price of calls is in `cost-estimate-calls.ts`.
 */
import type { Call, Comprehension, Expr, Select } from './ast.ts';
import type { CelRange } from './cel.ts';
import { type CallEstimate, estimateCall } from './cost-estimate-calls.ts';
import {
  addRanges,
  fixed,
  multiplyRanges,
  noCost,
  sumRanges,
  unbounded,
  unionRanges,
  unitCost,
  unknownRange,
} from './cost-range.ts';
import { accumulator } from './macros.ts';
import { listCreateBaseCost, mapCreateBaseCost, structCreateBaseCost } from './runtime-cost.ts';
import type { CelKind, CelType } from './types.ts';
import { actualSize } from './values.ts';

/** Sizes of the keys (or indices) and values of a container. */
interface EntrySizes {
  readonly container: CelKind;
  readonly key: CelRange;
  readonly value: CelRange;
}

interface LocalVariable {
  readonly path: readonly string[] | undefined;
  readonly size: CelRange | undefined;
  readonly entries: EntrySizes | undefined;
}

/** What the price of a call is made from: where a value comes from, its type and size. */
export interface EstimateNode {
  readonly path: readonly string[] | undefined;
  readonly type: CelType;
  readonly expr: Expr | undefined;
  readonly size: CelRange | undefined;
}

const scalarKinds: ReadonlySet<CelKind> = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint']);

/** Estimates one expression. */
export class CostEstimator {
  readonly #variableType: (name: string) => CelType | undefined;
  readonly #paths = new Map<Expr, readonly string[]>();
  readonly #sizes = new Map<Expr, CelRange>();
  readonly #entrySizes = new Map<Expr, EntrySizes>();
  readonly #locals = new Map<string, LocalVariable[]>();

  constructor(variableType: (name: string) => CelType | undefined) {
    this.#variableType = variableType;
  }

  estimate(expr: Expr): CelRange {
    switch (expr.kind) {
      case 'literal':
        return noCost;
      case 'ident':
        // The estimator for rules of custom resources takes the name of a type, like any other, for `self`.
        this.#paths.set(expr, expr.typeValue ? ['self'] : (this.#local(expr.name)?.path ?? [expr.name]));
        return unitCost;
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return addRanges(sumRanges(expr.fields.map(({ value }) => this.estimate(value))), fixed(structCreateBaseCost));
      case 'comprehension':
        return isBinding(expr) ? this.#binding(expr) : this.#comprehension(expr);
    }
  }

  #local(name: string): LocalVariable | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #within<T>(name: string, variable: LocalVariable, work: () => T): T {
    const stack = this.#locals.get(name) ?? [];
    this.#locals.set(name, stack);
    stack.push(variable);
    const result = work();
    stack.pop();
    return result;
  }

  #select(expr: Select): CelRange {
    if (expr.resolved) {
      this.#paths.set(expr, [expr.resolved.name]);
      return unitCost;
    }
    const cost = this.estimate(expr.operand);
    if (expr.testOnly) return cost;
    this.#paths.set(expr, [...(this.#path(expr.operand) ?? []), expr.field]);
    const kind = (expr.operand.type as CelType).kind;
    return kind === 'map' || kind === 'object' || kind === 'param' ? addRanges(cost, unitCost) : cost;
  }

  #call(expr: Call): CelRange {
    if (expr.name === 'dyn') return this.#dyn(expr);
    const argCosts = expr.args.map((arg) => this.estimate(arg));
    const nodes = expr.args.map((arg) => this.#node(arg));
    if (expr.name === '_?._') return addRanges(sumRanges(argCosts), unitCost);
    const targetCost = expr.target ? this.estimate(expr.target) : noCost;
    const target = expr.target && this.#node(expr.target);
    let total: CelRange = { min: unbounded, max: 0 };
    let resultSize: CelRange | undefined;
    for (const { id } of expr.overloads ?? []) {
      const { cost, size } = this.#overload(expr, id, target, nodes, argCosts);
      total = unionRanges(total, cost);
      if (size) resultSize = resultSize ? unionRanges(resultSize, size) : size;
      if (id === 'index_list' || id === 'index_map') {
        const container = expr.args[0] as Expr;
        resultSize = this.#entries(container)?.value;
        this.#paths.set(expr, [...(this.#path(container) ?? []), id === 'index_list' ? '@items' : '@values']);
      }
      resultSize ??= this.#size(expr);
    }
    if (resultSize) this.#sizes.set(expr, resultSize);
    return addRanges(targetCost, total);
  }

  #dyn(expr: Call): CelRange {
    const arg = expr.args[0] as Expr;
    const cost = addRanges(unitCost, this.estimate(arg));
    this.#copySizes(expr, arg);
    return cost;
  }

  #overload(
    expr: Call,
    overload: string,
    target: EstimateNode | undefined,
    args: readonly EstimateNode[],
    argCosts: readonly CelRange[],
  ): CallEstimate {
    const [first, second, third] = argCosts as [CelRange, CelRange, CelRange];
    if (overload === 'logical_and' || overload === 'logical_or') {
      return { cost: { min: first.min, max: addRanges(first, second).max } };
    }
    if (overload === 'conditional') {
      const [, ifTrue, ifFalse] = expr.args as [Expr, Expr, Expr];
      this.#setEntries(expr, unionEntries(this.#entries(ifTrue), this.#entries(ifFalse)));
      const size = unionRanges(this.#size(ifTrue) ?? unknownRange, this.#size(ifFalse) ?? unknownRange);
      return { cost: addRanges(first, unionRanges(second, third)), size };
    }
    if (overload === 'add_string' || overload === 'add_bytes' || overload === 'add_list') {
      const [left, right] = expr.args as [Expr, Expr];
      this.#setEntries(expr, unionEntries(this.#entries(left), this.#entries(right)));
    }
    const estimate = estimateCall(expr.name, overload, target, args, (node) => this.#nodeSize(node));
    return { cost: addRanges(estimate.cost, sumRanges(argCosts)), size: estimate.size };
  }

  #list(expr: Extract<Expr, { kind: 'list' }>): CelRange {
    let size: CelRange = { min: expr.elements.length === 0 ? 0 : unbounded, max: 0 };
    let cost = fixed(listCreateBaseCost);
    for (const element of expr.elements) {
      cost = addRanges(cost, this.estimate(element));
      size = unionRanges(size, this.#size(element) ?? unknownRange);
    }
    this.#setEntries(expr, { container: 'list', key: unitCost, value: size });
    return cost;
  }

  #map(expr: Extract<Expr, { kind: 'map' }>): CelRange {
    const start: CelRange = { min: expr.entries.length === 0 ? 0 : unbounded, max: 0 };
    let [keySize, valueSize] = [start, start];
    let cost = fixed(mapCreateBaseCost);
    for (const { key, value } of expr.entries) {
      cost = addRanges(cost, addRanges(this.estimate(key), this.estimate(value)));
      keySize = unionRanges(keySize, this.#size(key) ?? unknownRange);
      valueSize = unionRanges(valueSize, this.#size(value) ?? unknownRange);
    }
    this.#setEntries(expr, { container: 'map', key: keySize, value: valueSize });
    return cost;
  }

  #comprehension(expr: Comprehension): CelRange {
    const start = addRanges(this.estimate(expr.range), this.estimate(expr.accuInit));
    const accu = {
      path: this.#path(expr.accuInit),
      size: this.#size(expr.accuInit),
      entries: this.#entries(expr.accuInit),
    };
    const [turn, result] = this.#within(expr.accuVar, accu, () => {
      return [this.#turn(expr), this.estimate(expr.result)] as const;
    });
    const count = this.#size(expr.range) ?? unknownRange;
    this.#setLoopSizes(expr, count);
    return addRanges(addRanges(start, result), multiplyRanges(count, turn));
  }

  #turn(expr: Comprehension): CelRange {
    const work = (): CelRange => {
      const condition = this.estimate(expr.condition);
      return addRanges(this.estimate(expr.step), condition);
    };
    if (expr.iterVar2 === undefined) return this.#within(expr.iterVar, this.#iterVariable(expr.range, 'single'), work);
    const value = this.#iterVariable(expr.range, 'value');
    const second = expr.iterVar2;
    return this.#within(expr.iterVar, this.#iterVariable(expr.range, 'key'), () => this.#within(second, value, work));
  }

  #iterVariable(range: Expr, role: 'key' | 'value' | 'single'): LocalVariable {
    const entries = this.#entries(range);
    const isList = (entries?.container ?? (range.type as CelType).kind) === 'list';
    const isValue = role === 'value' || (role === 'single' && isList);
    const subpath = isValue ? (isList ? '@items' : '@values') : isList ? '@indices' : '@keys';
    return {
      path: [...(this.#path(range) ?? []), subpath],
      size: isValue ? entries?.value : entries?.key,
      entries: undefined,
    };
  }

  #setLoopSizes(expr: Comprehension, count: CelRange): void {
    const { kind } = expr.accuInit;
    if (kind === 'literal') {
      const size = this.#size(expr.accuInit);
      if (size) this.#sizes.set(expr, size);
    } else if (kind === 'list' || kind === 'map') {
      this.#sizes.set(expr, count);
      this.#setEntries(expr, this.#entries(expr.step));
    }
  }

  #binding(expr: Comprehension): CelRange {
    const start = addRanges(this.estimate(expr.range), this.estimate(expr.accuInit));
    const variable = {
      path: this.#path(expr.accuInit),
      size: this.#size(expr.accuInit),
      entries: this.#entries(expr.accuInit),
    };
    return this.#within(expr.accuVar, variable, () => {
      const result = this.estimate(expr.result);
      this.#copySizes(expr, expr.result);
      return addRanges(start, result);
    });
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#size(from);
    if (size) this.#sizes.set(to, size);
    this.#setEntries(to, this.#entries(from));
  }

  #path(expr: Expr): readonly string[] | undefined {
    const local = expr.kind === 'ident' ? this.#local(expr.name) : undefined;
    return local ? local.path : this.#paths.get(expr);
  }

  #node(expr: Expr): EstimateNode {
    const path = this.#path(expr);
    const isAccumulator = path?.[0] === accumulator;
    return { path: isAccumulator ? undefined : path, type: expr.type as CelType, expr, size: this.#size(expr) };
  }

  #setEntries(expr: Expr, entries: EntrySizes | undefined): void {
    if (entries) this.#entrySizes.set(expr, entries);
  }

  #entries(expr: Expr): EntrySizes | undefined {
    return this.#entrySizes.get(expr) ?? (expr.kind === 'ident' ? this.#local(expr.name)?.entries : undefined);
  }

  #size(expr: Expr): CelRange | undefined {
    const known = this.#sizes.get(expr) ?? literalSize(expr);
    if (known) return known;
    const declared = this.#declaredSize(this.#path(expr));
    if (declared) {
      this.#sizes.set(expr, declared);
      return declared;
    }
    if (isScalar(expr.type as CelType)) return unitCost;
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined;
  }

  #nodeSize(node: EstimateNode): CelRange {
    return node.size ?? this.#declaredSize(node.path) ?? unknownRange;
  }

  /** The size that the declared type at the end of a path allows. */
  #declaredSize(path: readonly string[] | undefined): CelRange | undefined {
    if (!path || path.length === 0) return undefined;
    let type = this.#variableType(path[0] as string);
    for (const part of path.slice(1)) {
      type = type && typeAt(type, part);
      if (!type) return undefined;
    }
    const { maxElements } = type?.options ?? {};
    return maxElements === undefined ? undefined : { min: 0, max: maxElements };
  }
}

function typeAt(type: CelType, part: string): CelType | undefined {
  switch (part) {
    case '@items':
    case '@values':
      return type.kind === 'list' ? type.params[0] : type.params[1];
    case '@keys':
      return type.params[0];
    default:
      return type.kind === 'object' ? type.fields.get(part)?.type : type.kind === 'map' ? type.params[1] : undefined;
  }
}

function literalSize(expr: Expr): CelRange | undefined {
  if (expr.kind === 'literal') return fixed(actualSize(expr.value));
  if (expr.kind === 'list') return fixed(expr.elements.length);
  return expr.kind === 'map' ? fixed(expr.entries.length) : undefined;
}

function isScalar(type: CelType): boolean {
  if (type.name === 'optional_type') return isScalar(type.params[0] as CelType);
  return scalarKinds.has(type.kind);
}

function unionEntries(a: EntrySizes | undefined, b: EntrySizes | undefined): EntrySizes | undefined {
  return a && b && { container: a.container, key: unionRanges(a.key, b.key), value: unionRanges(a.value, b.value) };
}

function isBinding(expr: Comprehension): boolean {
  if (expr.range.kind !== 'list' || expr.range.elements.length > 0) return false;
  return expr.condition.kind === 'literal' && expr.condition.value === false;
}
