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

/** What may still be compiled: without a limit unless within `limitCompilation`. */
const compilation = { left: Number.POSITIVE_INFINITY };

/**
 * The characters of all expressions of one object, and the instructions of their patterns, that a write may bring along: up to a second of
 * compiling. Upstream has no such limit; the largest published CustomResourceDefinitions have a hundredth of it.
 */
export const maxCompilation = 256 * 1024;

/** Runs `validate`, in which expressions of no more than `maxCompilation` are compiled; what is beyond it does not compile. */
export function limitCompilation<T>(validate: () => T): T {
  const { left } = compilation;
  compilation.left = maxCompilation;
  try {
    return validate();
  } finally {
    compilation.left = left;
  }
}

/** Takes from what may still be compiled. Whether it was there. */
export function spendCompilation(size: number): boolean {
  compilation.left -= size;
  return compilation.left >= 0;
}
