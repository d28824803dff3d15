/**
 * Turns a checked syntax tree into closures that compute its value and count its cost. Behaviour: cel-go interpreter/{planner,
 * interpretable,attributes,decorators}.go with constant folding, and the costs of interpreter/runtimecost.go: a name and each field or
 * index read from it cost 1, has() nothing of its own, calls what `runtime-cost.ts` says.
 */
import type { Call, Comprehension, Expr, MapExpr, Select, StructExpr } from './ast.ts';
import { EvaluationFault, noSuchOverload } from './errors.ts';
import { Frame, type Step } from './frame.ts';
import { planCall, planMembership } from './plan-call.ts';
import { planComprehension } from './plan-comprehension.ts';
import { isPresent, qualify, qualifyOptional } from './qualify.ts';
import { listCreateBaseCost, mapCreateBaseCost, selectAndIdentCost, structCreateBaseCost } from './runtime-cost.ts';
import type { CelType } from './types.ts';
import { formatValue } from './value-format.ts';
import { ArrayList, CelOptional, type CelValue, EntryMap, StructValue } from './values.ts';

const typeConversions: ReadonlySet<string> = new Set([
  ...['bool', 'bytes', 'double', 'dyn', 'duration', 'int', 'string', 'timestamp', 'type', 'uint'],
]);

/** A planned node. A constant one has its value; an attribute is a name with what is read from it. */
export interface Planned {
  readonly step: Step;
  readonly constant?: CelValue;
  /** The value without the cost of the attribute's name: for what reads on from it. */
  readonly bare?: Step;
}

/** Plans `expr`. Throws EvaluationFault where a constant part has no value. */
export function plan(expr: Expr): Step {
  return new Planner().plan(expr).step;
}

export class Planner {
  /** Slots by the names of the variables in scope, innermost last. */
  readonly #scopes: { name: string; slot: number; initial: Step | undefined }[] = [];
  #slots = 0;

  /** A slot for a variable while `within` is planned. `initial` computes it when it is first read. */
  withVariable<T>(name: string, initial: Step | undefined, within: (slot: number) => T): T {
    const slot = this.#slots++;
    this.#scopes.push({ name, slot, initial });
    try {
      return within(slot);
    } finally {
      this.#scopes.pop();
    }
  }

  plan(expr: Expr): Planned {
    switch (expr.kind) {
      case 'literal':
        return constant(expr.value);
      case 'ident':
        return expr.typeValue ? constant(expr.typeValue) : attribute(this.#name(expr.name));
      case 'select':
        return expr.resolved ? this.plan(expr.resolved) : this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return { step: this.#struct(expr) };
      case 'comprehension':
        return { step: planComprehension(this, expr as Comprehension) };
    }
  }

  /** What to read on from: without the cost of the name if it is an attribute. */
  #base(expr: Expr): { step: Step; isAttribute: boolean } {
    const planned = this.plan(expr);
    return { step: planned.bare ?? planned.step, isAttribute: planned.bare !== undefined };
  }

  #name(name: string): Step {
    const scope = this.#scopes.findLast((candidate) => candidate.name === name);
    if (!scope) return (frame) => frame.variable(name);
    const { slot, initial } = scope;
    if (!initial) return (frame) => frame.slot(slot);
    return (frame) => {
      if (frame.slots[slot] === undefined) frame.slots[slot] = initial(frame);
      return frame.slot(slot);
    };
  }

  #select(expr: Select): Planned {
    const { step } = this.#base(expr.operand);
    const { field } = expr;
    if (expr.testOnly) {
      const test: Step = (frame) => {
        const container = step(frame);
        frame.charge(selectAndIdentCost);
        return isPresent(container, field);
      };
      return { step: test, bare: test };
    }
    return this.#qualified(expr.operand, step, (container) => qualify(container, field));
  }

  /** A field, key or index read from `operand`. */
  #qualified(operand: Expr, step: Step, read: (container: CelValue) => CelValue): Planned {
    const bare: Step = (frame) => {
      const container = step(frame);
      frame.charge(selectAndIdentCost);
      return read(container);
    };
    return isConditional(operand) ? { step: bare, bare } : attribute(bare);
  }

  #call(expr: Call): Planned {
    switch (expr.name) {
      case '_&&_':
      case '_||_':
        return { step: this.#logical(expr, expr.name === '_||_') };
      case '_?_:_':
        return this.#conditional(expr);
      case '_?._':
      case '_[?_]':
        return this.#index(expr, true);
      case '_[_]':
        return this.#index(expr, false);
      case '@not_strictly_false':
        return { step: this.#notStrictlyFalse(expr) };
      case 'or':
      case 'orValue':
        return { step: this.#optionalOr(expr) };
      default:
        return this.#function(expr);
    }
  }

  #function(expr: Call): Planned {
    const args = (expr.target ? [expr.target, ...expr.args] : expr.args).map((arg) => this.plan(arg));
    if (expr.name === '@in' && expr.overloads?.length === 1 && expr.overloads[0]?.id === 'in_list') {
      const membership = planMembership(args);
      if (membership) return membership;
    }
    const step = planCall(expr, args);
    if (args.length !== 1 || !typeConversions.has(expr.name) || args[0]?.constant === undefined) return { step };
    return constant(step(new Frame({}, Number.POSITIVE_INFINITY)));
  }

  /** `&&` and `||`: a decisive side wins over a fault of the other. */
  #logical(expr: Call, decisive: boolean): Step {
    const [left, right] = expr.args.map((arg) => this.plan(arg).step) as [Step, Step];
    return (frame) => {
      let fault: unknown;
      let undecided = false;
      try {
        const value = left(frame);
        if (value === decisive) return decisive;
        if (typeof value !== 'boolean') throw noSuchOverload();
      } catch (error) {
        if (!(error instanceof EvaluationFault)) throw error;
        fault = error;
        undecided = true;
      }
      const value = right(frame);
      if (value === decisive) return decisive;
      if (undecided) throw fault;
      if (typeof value !== 'boolean') throw noSuchOverload();
      return value;
    };
  }

  #conditional(expr: Call): Planned {
    const condition = this.plan(expr.args[0] as Expr).step;
    const ifTrue = this.#base(expr.args[1] as Expr).step;
    const ifFalse = this.#base(expr.args[2] as Expr).step;
    const step: Step = (frame) => {
      const value = condition(frame);
      if (value === true) return ifTrue(frame);
      if (value === false) return ifFalse(frame);
      throw noSuchOverload();
    };
    return { step, bare: step };
  }

  #index(expr: Call, optional: boolean): Planned {
    const [operand, key] = expr.args as [Expr, Expr];
    const { step } = this.#base(operand);
    const read = optional ? qualifyOptional : qualify;
    const planned = this.plan(key);
    if (planned.constant !== undefined) {
      const { constant } = planned;
      return this.#qualified(operand, step, (container) => read(container, constant));
    }
    const keyStep = planned.bare ?? planned.step;
    const bare: Step = (frame) => {
      const container = step(frame);
      const value = keyStep(frame);
      frame.charge(selectAndIdentCost);
      return read(container, value);
    };
    return isConditional(operand) ? { step: bare, bare } : attribute(bare);
  }

  /** True for everything but false; faults and non-booleans too. */
  #notStrictlyFalse(expr: Call): Step {
    const arg = this.plan(expr.args[0] as Expr).step;
    return (frame) => {
      frame.charge(1);
      try {
        return arg(frame) !== false;
      } catch (error) {
        if (error instanceof EvaluationFault) return true;
        throw error;
      }
    };
  }

  #optionalOr(expr: Call): Step {
    const left = this.plan(expr.target as Expr).step;
    const right = this.plan(expr.args[0] as Expr).step;
    const unwraps = expr.name === 'orValue';
    return (frame) => {
      const optional = left(frame);
      if (!(optional instanceof CelOptional)) throw noSuchOverload();
      if (optional.value === undefined) return right(frame);
      return unwraps ? optional.value : optional;
    };
  }

  #list(expr: Extract<Expr, { kind: 'list' }>): Planned {
    const elements = expr.elements.map((element) => this.plan(element));
    if (expr.optionals.size > 0) return { step: optionalListStep(elements, expr.optionals) };
    const steps = elements.map(({ step }) => step);
    if (elements.every((element) => element.constant !== undefined)) {
      return constant(new ArrayList(elements.map((element) => element.constant as CelValue)));
    }
    const step: Step = (frame) => {
      const values = steps.map((element) => element(frame));
      frame.charge(listCreateBaseCost);
      return new ArrayList(values);
    };
    return { step };
  }

  #map(expr: MapExpr): Planned {
    const entries = expr.entries.map((entry) => ({
      ...entry,
      key: this.plan(entry.key),
      value: this.plan(entry.value),
    }));
    const step: Step = (frame) => {
      const map = new EntryMap();
      for (const { key, value, optional } of entries) {
        const keyValue = key.step(frame);
        const given = value.step(frame);
        if (!optional) map.set(keyValue, given);
        else setOptional(keyValue, given, (present) => map.set(keyValue, present));
      }
      frame.charge(mapCreateBaseCost);
      return map;
    };
    const isConstant = entries.every(({ key, value }) => key.constant !== undefined && value.constant !== undefined);
    return isConstant ? constant(step(new Frame({}, Number.POSITIVE_INFINITY))) : { step };
  }

  #struct(expr: StructExpr): Step {
    const fields = expr.fields.map((field) => ({ ...field, value: this.plan(field.value).step }));
    const type = expr.type as CelType;
    return (frame) => {
      const values = new Map<string, CelValue>();
      for (const { name, value, optional } of fields) {
        const given = value(frame);
        if (!optional) values.set(name, given);
        else setOptional(name, given, (present) => values.set(name, present));
      }
      frame.charge(structCreateBaseCost);
      return new StructValue(type, values);
    };
  }
}

function constant(value: CelValue): Planned {
  return { step: () => value, constant: value };
}

function attribute(bare: Step): Planned {
  return {
    bare,
    step: (frame) => {
      frame.charge(selectAndIdentCost);
      return bare(frame);
    },
  };
}

/** Whether the name at the root of an attribute is `c ? a : b`, which costs nothing of its own. */
function isConditional(expr: Expr): boolean {
  if (expr.kind === 'select') return isConditional(expr.operand);
  if (expr.kind !== 'call') return false;
  if (expr.name === '_?_:_') return true;
  return ['_[_]', '_[?_]', '_?._'].includes(expr.name) && isConditional(expr.args[0] as Expr);
}

function setOptional(key: CelValue, given: CelValue, set: (value: CelValue) => void): void {
  if (!(given instanceof CelOptional)) {
    const [entry, value] = [formatValue(key), formatValue(given)];
    throw new EvaluationFault(`cannot initialize optional entry '${entry}' from non-optional value ${value}`);
  }
  if (given.value !== undefined) set(given.value);
}

function optionalListStep(elements: readonly Planned[], optionals: ReadonlySet<number>): Step {
  return (frame) => {
    const values: CelValue[] = [];
    for (const [at, element] of elements.entries()) {
      const value = element.step(frame);
      if (!optionals.has(at)) values.push(value);
      else if (!(value instanceof CelOptional)) {
        throw new EvaluationFault(
          `cannot initialize optional list element from non-optional value ${formatValue(value)}`,
        );
      } else if (value.value !== undefined) values.push(value.value);
    }
    frame.charge(listCreateBaseCost);
    return new ArrayList(values);
  };
}
