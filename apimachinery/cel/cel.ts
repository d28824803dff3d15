/**
 * CEL as kube-apiserver 1.36 evaluates it: the interface that validation rules, policies, match conditions and device
 * selectors use. Compile once with an environment, keep the program, evaluate it often.
 *
 * ```ts
 * const environment = baseEnvironment().extend({ variables: { self: selfType, oldSelf: selfType } });
 * const program = environment.compile('self.replicas <= self.maxReplicas');
 * if (program instanceof CelCompileError) …            // program.message is cel-go's text
 * if (!program.outputType.equals(boolType)) …
 * const { value, cost } = program.evaluate({ self: bindJson(object, selfType) }, { costLimit: 10_000_000 });
 * ```
 *
 * Behaviour: cel-go (parser, checker, interpreter, ext) and apiserver pkg/cel/{environment,library}.
 */
import type { OverloadRow } from './functions.ts';
import type { CelType } from './types.ts';
import type { CelValue } from './values.ts';

/** A range of cost or of size; `max` is 2^64 where nothing bounds it. */
export interface CelRange {
  readonly min: number;
  readonly max: number;
}

/** What `extend` adds. Variables and types of the same name replace the earlier ones. */
export interface CelExtension {
  readonly variables?: Readonly<Record<string, CelType>>;
  /** Object types that expressions may name to construct them (`Object.spec{…}`): asked with the full name. */
  readonly resolveType?: (name: string) => CelType | undefined;
  /** Functions beyond the base libraries, with all their overloads. */
  readonly functions?: readonly OverloadRow[];
}

/** The declarations that expressions are compiled with. Immutable. */
export interface CelEnvironment {
  extend(extension: CelExtension): CelEnvironment;
  /** Parses and checks. Never throws for what an expression says: it gives the error back. */
  compile(expression: string): CelProgram | CelCompileError;
}

/** Values of variables: a value, or a function that is called when (and only when) the variable is first read. */
export type CelBindings = Readonly<Record<string, CelValue | (() => CelValue)>>;

export interface CelEvaluateOptions {
  /** The most that this evaluation may cost. PerCallLimit (1,000,000) where absent; a larger one has no effect. */
  readonly costLimit?: number;
}

/** What an evaluation gives: the value (`celToJson` makes JSON of it) and what it cost. */
export interface CelResult {
  readonly value: CelValue;
  readonly cost: number;
}

/** A checked expression, ready to run any number of times. */
export interface CelProgram {
  readonly expression: string;
  readonly outputType: CelType;
  /** The declared variables that the expression reads. */
  readonly variables: ReadonlySet<string>;
  /** Throws CelRuntimeError, in cel-go's words. Variables without a binding fail when they are read. */
  evaluate(bindings: CelBindings, options?: CelEvaluateOptions): CelResult;
  /** What an evaluation can cost, from the bounds (`maxElements`) of the variables' types. */
  estimateCost(): CelRange;
}

/** One fault of an expression. */
export interface CelIssue {
  /** From 1. */
  readonly line: number;
  /** In code points, from 0. */
  readonly column: number;
  readonly message: string;
}

/** What is wrong with an expression. `message` is cel-go's text of all issues: `ERROR: <input>:1:6: …\n | expr\n | ….^`. */
export class CelCompileError extends Error {
  override readonly name = 'CelCompileError';
  readonly issues: readonly CelIssue[];
  /** `expression`: it does not parse or its types do not fit. `program`: a constant part of it has no value (upstream: "program instantiation failed"). */
  readonly stage: 'expression' | 'program';

  constructor(message: string, issues: readonly CelIssue[], stage: 'expression' | 'program' = 'expression') {
    super(message);
    this.issues = issues;
    this.stage = stage;
  }
}

/** Why an evaluation gave no value: `no such key: x`, `no such overload`, `divide by zero`, … */
export class CelRuntimeError extends Error {
  override readonly name: string = 'CelRuntimeError';
  /** What the evaluation had cost until then. */
  readonly cost: number;

  constructor(message: string, cost: number) {
    super(message);
    this.cost = cost;
  }
}

/** The evaluation was ended because it cost more than allowed. */
export class CelCostLimitError extends CelRuntimeError {
  override readonly name = 'CelCostLimitError';
}

/** The most that one evaluation may cost (apis/cel PerCallLimit), about 0.1 s upstream. */
export const perCallLimit = 1_000_000;
/** The most that all rules together may cost for one object (RuntimeCELCostBudget), about 1 s upstream. */
export const runtimeCostBudget = 10_000_000;
/** The most that matching conditions together may cost (RuntimeCELCostBudgetMatchConditions). */
export const matchConditionsCostBudget = 2_500_000;
/** Evaluations look for an interrupt after this many comprehension steps (CheckFrequency). */
export const interruptCheckFrequency = 100;
