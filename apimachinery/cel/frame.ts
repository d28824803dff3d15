/**
 * One running evaluation: what it has cost, the variables, and the slots of comprehensions. Behaviour: cel-go interpreter/activation.go and
 * runtimecost.go.
 */
import type { CelBindings } from './cel.ts';
import { CostLimitFault, EvaluationFault } from './errors.ts';
import type { CelValue } from './values.ts';

/** A planned expression. Throws EvaluationFault and CostLimitFault. */
export type Step = (frame: Frame) => CelValue;

export class Frame {
  cost = 0;
  readonly #limit: number;
  readonly #bindings: CelBindings;
  readonly #resolved = new Map<string, CelValue>();
  /** Variables of comprehensions. An accumulator may hold the fault of its last step; undefined is not computed yet. */
  readonly slots: (CelValue | EvaluationFault | undefined)[] = [];

  constructor(bindings: CelBindings, limit: number) {
    this.#bindings = bindings;
    this.#limit = limit;
  }

  /** Adds to the cost. Throws CostLimitFault when it is too much. */
  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.#limit) throw new CostLimitFault();
  }

  /** The value of a declared variable; functions are called once. Throws `no such attribute(s): name` without a binding. */
  variable(name: string): CelValue {
    const bound = Object.hasOwn(this.#bindings, name) ? this.#bindings[name] : undefined;
    if (bound === undefined) throw new EvaluationFault(`no such attribute(s): ${name}`);
    if (typeof bound !== 'function') return bound;
    const known = this.#resolved.get(name);
    if (known !== undefined) return known;
    const value = bound();
    this.#resolved.set(name, value);
    return value;
  }

  /** The value in a slot. Throws the fault that it holds. */
  slot(at: number): CelValue {
    const value = this.slots[at];
    if (value instanceof EvaluationFault) throw value;
    return value as CelValue;
  }
}
