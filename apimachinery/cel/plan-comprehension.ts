/**
 * Loops: what macros like `all` and `map` expand to. Behaviour: cel-go interpreter/interpretable.go (evalFold): the accumulator may hold a
 * fault, which `all` and `exists` absorb with a later decisive element.
 */
import type { Comprehension, Expr } from './ast.ts';
import { EvaluationFault } from './errors.ts';
import type { Frame, Step } from './frame.ts';
import type { Planner } from './plan.ts';
import { listCreateBaseCost, selectAndIdentCost } from './runtime-cost.ts';
import { ArrayList, CelList, CelMap, type CelValue, EntryMap, typeName } from './values.ts';

/** Plans a loop, or the binding of a name (a loop over nothing). */
export function planComprehension(planner: Planner, expr: Comprehension): Step {
  if (isBinding(expr)) return planBinding(planner, expr);
  const range = planner.plan(expr.range).step;
  const initial = planner.plan(expr.accuInit).step;
  return planner.withVariable(expr.accuVar, undefined, (accu) => {
    const loop = planLoop(planner, expr, accu);
    const result = planner.plan(expr.result).step;
    const startsEmpty = expr.accuInit.kind === 'map';
    return (frame) => {
      const container = range(frame);
      frame.slots[accu] = startsEmpty ? new EntryMap() : initial(frame);
      loop(frame, container);
      return result(frame);
    };
  });
}

function isBinding(expr: Comprehension): boolean {
  return (
    expr.range.kind === 'list' &&
    expr.range.elements.length === 0 &&
    expr.condition.kind === 'literal' &&
    expr.condition.value === false
  );
}

function planBinding(planner: Planner, expr: Comprehension): Step {
  const initial = planner.plan(expr.accuInit).step;
  return planner.withVariable(expr.accuVar, initial, (slot) => {
    const result = planner.plan(expr.result).step;
    return (frame) => {
      frame.slots[slot] = undefined;
      return result(frame);
    };
  });
}

type Loop = (frame: Frame, container: CelValue) => void;

function planLoop(planner: Planner, expr: Comprehension, accu: number): Loop {
  return planner.withVariable(expr.iterVar, undefined, (first) => {
    if (expr.iterVar2 === undefined) return oneVariableLoop(first, planTurn(planner, expr, accu));
    return planner.withVariable(expr.iterVar2, undefined, (second) => {
      return twoVariableLoop(first, second, planTurn(planner, expr, accu));
    });
  });
}

/** One turn: false ends the loop. */
type Turn = (frame: Frame) => boolean;

function planTurn(planner: Planner, expr: Comprehension, accu: number): Turn {
  const step = planStep(planner, expr, accu);
  if (expr.condition.kind === 'literal' && expr.condition.value === true) {
    return (frame) => {
      step(frame);
      return true;
    };
  }
  const condition = planner.plan(expr.condition).step;
  return (frame) => {
    if (condition(frame) !== true) return false;
    step(frame);
    return true;
  };
}

function planStep(planner: Planner, expr: Comprehension, accu: number): (frame: Frame) => void {
  const step = planAppend(planner, expr, accu) ?? planner.plan(expr.step).step;
  return (frame) => {
    try {
      frame.slots[accu] = step(frame);
    } catch (fault) {
      if (!(fault instanceof EvaluationFault)) throw fault;
      frame.slots[accu] = fault;
    }
  };
}

/** `accu + [element]`, alone or behind a filter: appends to the accumulator's own list instead of joining lists. */
function planAppend(planner: Planner, expr: Comprehension, accu: number): Step | undefined {
  if (expr.accuInit.kind !== 'list') return undefined;
  const { step } = expr;
  if (step.kind !== 'call') return undefined;
  const isFiltered = step.name === '_?_:_';
  const append = isFiltered ? appendedElement(step.args[1] as Expr, expr.accuVar) : appendedElement(step, expr.accuVar);
  if (!append) return undefined;
  const element = planner.plan(append);
  const createCost = element.constant === undefined ? listCreateBaseCost : 0;
  const push: Step = (frame) => {
    const current = frame.slot(accu);
    frame.charge(selectAndIdentCost);
    const value = element.step(frame);
    frame.charge(createCost + 1);
    const list = current instanceof ArrayList && current.size > 0 ? current : new ArrayList([]);
    list.push(value);
    return list;
  };
  if (!isFiltered) return push;
  const filter = planner.plan(step.args[0] as Expr).step;
  return (frame) => {
    const keep = filter(frame);
    if (keep === true) return push(frame);
    if (keep === false) return frame.slot(accu);
    throw new EvaluationFault('no such overload');
  };
}

function appendedElement(expr: Expr, accuVar: string): Expr | undefined {
  if (expr.kind !== 'call' || expr.name !== '_+_') return undefined;
  const [accu, list] = expr.args as [Expr, Expr];
  if (accu.kind !== 'ident' || accu.name !== accuVar || list.kind !== 'list') return undefined;
  return list.elements.length === 1 && list.optionals.size === 0 ? list.elements[0] : undefined;
}

function oneVariableLoop(slot: number, turn: Turn): Loop {
  return (frame, container) => {
    if (container instanceof CelList) {
      for (let at = 0; at < container.size; at++) {
        frame.slots[slot] = container.at(at);
        if (!turn(frame)) return;
      }
    } else if (container instanceof CelMap) {
      for (const key of container.keys()) {
        frame.slots[slot] = key;
        if (!turn(frame)) return;
      }
    } else {
      throw new EvaluationFault(`got '${typeName(container)}', expected iterable type`);
    }
  };
}

function twoVariableLoop(first: number, second: number, turn: Turn): Loop {
  return (frame, container) => {
    if (container instanceof CelList) {
      for (let at = 0; at < container.size; at++) {
        frame.slots[first] = BigInt(at);
        frame.slots[second] = container.at(at);
        if (!turn(frame)) return;
      }
    } else if (container instanceof CelMap) {
      for (const key of container.keys()) {
        frame.slots[first] = key;
        frame.slots[second] = container.find(key) as CelValue;
        if (!turn(frame)) return;
      }
    } else {
      throw new EvaluationFault(`unsupported comprehension range type: ${typeName(container)}`);
    }
  };
}
