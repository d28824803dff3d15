/**
 * Faults inside an evaluation, and the bound on the work that costs do not count. A fault is thrown by the operation that meets it and
 * absorbed by `&&`, `||` and the quantifiers, so it is light: no stack, no Error. `program.ts` turns it into a CelRuntimeError.
 */

/** An error value of CEL. */
export class EvaluationFault {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The evaluation has used up what it may cost; nothing absorbs it. */
export class CostLimitFault {
  readonly message = 'operation cancelled: actual cost limit exceeded';
}

/** What cel-go says when no overload takes the values at hand. */
export function noSuchOverload(): EvaluationFault {
  return new EvaluationFault('no such overload');
}

/**
 * Steps inside one operation (comparing deep values, joining lists) which upstream's cost model prices without regard to their depth.
 * An evaluation starts with `workLimit` of them; evaluations are synchronous, so one counter serves all.
 */
const work = { left: 0 };

/** Less than a second of comparing. */
export const workLimit = 8_000_000;

/** Called when an evaluation starts. */
export function grantWork(): void {
  work.left = workLimit;
}

/** Takes `steps` from what is left; throws CostLimitFault when nothing is. */
export function spendWork(steps: number): void {
  work.left -= steps;
  if (work.left < 0) throw new CostLimitFault();
}
