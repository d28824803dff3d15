/**
 * Calls of functions: which overload runs, with what cost. Behaviour: cel-go interpreter/planner.go (planCall), decorators.go
 * (set membership, compiled regular expressions) and common/decls (overload guards).
 */
import type { Call } from './ast.ts';
import { noSuchOverload } from './errors.ts';
import type { Step } from './frame.ts';
import type { Implementation, Overload } from './functions.ts';
import { compilePattern, findAllMatches, findMatch, matchesPattern } from './library/regex.ts';
import type { Planned } from './plan.ts';
import { type CallCost, callCost } from './runtime-cost.ts';
import type { CelType } from './types.ts';
import {
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelUint,
  type CelValue,
} from './values.ts';

/** Functions whose one implementation decides by its values, for all overloads. */
const decidesByValue: ReadonlySet<string> = new Set([
  ...[
    '_+_',
    '_-_',
    '_*_',
    '_/_',
    '_%_',
    '_==_',
    '_!=_',
    '_<_',
    '_<=_',
    '_>_',
    '_>=_',
    '-_',
    '!_',
    '@in',
    'size',
    'dyn',
    'type',
  ],
]);

/** Plans a call with its planned arguments, the receiver first. Throws EvaluationFault for a constant pattern that is none. */
export function planCall(expr: Call, args: readonly Planned[]): Step {
  const overloads = expr.overloads as readonly Overload[];
  const only = overloads.length === 1 ? (overloads[0] as Overload) : undefined;
  const cost = callCost(expr.name, only?.id ?? '');
  const run = patternImplementation(expr, args) ?? implementationOf(expr, overloads);
  const steps = args.map(({ step }) => step);
  switch (steps.length) {
    case 0:
      return (frame) => {
        frame.charge(1);
        return run();
      };
    case 1:
      return unaryStep(steps[0] as Step, run, cost);
    case 2:
      return binaryStep(steps[0] as Step, steps[1] as Step, run, cost);
    default:
      return (frame) => {
        const values = steps.map((step) => step(frame));
        const result = run(...values);
        frame.charge(cost ? cost(values, result) : 1);
        return result;
      };
  }
}

function unaryStep(arg: Step, run: Implementation, cost: CallCost | undefined): Step {
  if (!cost) {
    return (frame) => {
      const value = arg(frame);
      frame.charge(1);
      return run(value);
    };
  }
  return (frame) => {
    const value = arg(frame);
    const result = run(value);
    frame.charge(cost([value], result));
    return result;
  };
}

function binaryStep(left: Step, right: Step, run: Implementation, cost: CallCost | undefined): Step {
  if (!cost) {
    return (frame) => {
      const a = left(frame);
      const b = right(frame);
      frame.charge(1);
      return run(a, b);
    };
  }
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    const result = run(a, b);
    frame.charge(cost([a, b], result));
    return result;
  };
}

function implementationOf(expr: Call, overloads: readonly Overload[]): Implementation {
  const first = overloads[0] as Overload;
  if (decidesByValue.has(expr.name)) return first.implementation;
  const types = (expr.target ? [expr.target, ...expr.args] : expr.args).map((arg) => arg.type as CelType);
  if (overloads.length === 1 && types.every(isCertain)) return first.implementation;
  return (...values) => {
    const overload = overloads.find(({ params }) => params.every((type, at) => admits(type, values[at])));
    if (!overload) throw noSuchOverload();
    return overload.implementation(...values);
  };
}

/** Whether values of a type are what it says. */
function isCertain(type: CelType): boolean {
  return type.kind !== 'dyn' && type.kind !== 'any' && type.kind !== 'param';
}

/** Whether a parameter of this type takes a value, as far as the value shows it. */
function admits(type: CelType, value: CelValue): boolean {
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'uint':
      return value instanceof CelUint;
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof CelTimestamp;
    case 'duration':
      return value instanceof CelDuration;
    case 'list':
      return value instanceof CelList;
    case 'map':
      return value instanceof CelMap;
    case 'object':
    case 'opaque':
      if (value instanceof CelOptional) return type.name === 'optional_type';
      return value instanceof CelOpaque && value.type.name === type.name;
    default:
      return true;
  }
}

/** `x in [1, 2]` with scalar constants: a lookup, which costs nothing. */
export function planMembership([value, list]: readonly Planned[]): Planned | undefined {
  const constants = list?.constant;
  if (!value || !(constants instanceof CelList)) return undefined;
  if (constants.size === 0) return { step: () => false, constant: false };
  const members = new Set<CelValue>();
  for (let at = 0; at < constants.size; at++) {
    const member = memberIdentity(constants.at(at));
    if (member === undefined) return undefined;
    members.add(member);
  }
  const { step } = value;
  return {
    step: (frame) => {
      const member = memberIdentity(step(frame));
      return member !== undefined && members.has(member);
    },
  };
}

function memberIdentity(value: CelValue): CelValue | undefined {
  if (value instanceof CelUint) return value.value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === 'object' && value !== null) return undefined;
  return value;
}

/** For functions that take a constant pattern: the same with the pattern compiled once. */
function patternImplementation(expr: Call, args: readonly Planned[]): Implementation | undefined {
  const pattern = args[1]?.constant;
  if (typeof pattern !== 'string') return undefined;
  switch (expr.name) {
    case 'matches': {
      const compiled = compilePattern(pattern);
      return (text: CelValue) => matchesPattern(text, compiled);
    }
    case 'find': {
      const compiled = compilePattern(pattern);
      return (text: CelValue) => findMatch(text, compiled);
    }
    case 'findAll': {
      const compiled = compilePattern(pattern);
      return (text: CelValue, _pattern: CelValue, limit?: CelValue) => findAllMatches(text, compiled, limit);
    }
    default:
      return undefined;
  }
}
