/**
 * Macros: calls that the parser replaces by other expressions. Behaviour: cel-go parser/macro.go, cel/library.go (optMap, optFlatMap) and
 * ext/comprehensions.go (two variables).
 */
import { copyExpr, type Expr } from './ast.ts';
import type { CelValue } from './values.ts';

/** The name of the variable in which a macro collects its result. */
export const accumulator = '@result';

/** Why a macro cannot be expanded. */
export class MacroFault {
  readonly position: number;
  readonly message: string;

  constructor(position: number, message: string) {
    this.position = position;
    this.message = message;
  }
}

/** Builds the nodes of one expansion, all at the macro's position. */
class Factory {
  readonly #position: number;

  constructor(position: number) {
    this.#position = position;
  }

  literal(value: CelValue): Expr {
    return { kind: 'literal', position: this.#position, value };
  }

  ident(name: string): Expr {
    return { kind: 'ident', position: this.#position, name };
  }

  accu(): Expr {
    return this.ident(accumulator);
  }

  call(name: string, ...args: Expr[]): Expr {
    return { kind: 'call', position: this.#position, name, target: undefined, args };
  }

  memberCall(name: string, target: Expr, ...args: Expr[]): Expr {
    return { kind: 'call', position: this.#position, name, target, args };
  }

  presenceTest(operand: Expr, field: string): Expr {
    return { kind: 'select', position: this.#position, operand, field, testOnly: true };
  }

  list(...elements: Expr[]): Expr {
    return { kind: 'list', position: this.#position, elements, optionals: new Set() };
  }

  map(): Expr {
    return { kind: 'map', position: this.#position, entries: [] };
  }

  /** A loop over `range`; the result is the accumulator unless it says otherwise. */
  fold(range: Expr, vars: IterVars, parts: { init: Expr; condition?: Expr; step: Expr; result?: Expr }): Expr {
    return {
      kind: 'comprehension',
      position: this.#position,
      range,
      ...vars,
      accuVar: accumulator,
      accuInit: parts.init,
      condition: parts.condition ?? this.literal(true),
      step: parts.step,
      result: parts.result ?? this.accu(),
    };
  }

  /** `name` bound to `value` within `result`. */
  bind(name: string, value: Expr, result: Expr): Expr {
    return {
      kind: 'comprehension',
      position: this.#position,
      range: this.list(),
      iterVar: '#unused',
      iterVar2: undefined,
      accuVar: name,
      accuInit: value,
      condition: this.literal(false),
      step: this.ident(name),
      result,
    };
  }
}

interface IterVars {
  iterVar: string;
  iterVar2: string | undefined;
}

type Expander = (make: Factory, target: Expr, args: readonly Expr[]) => Expr | MacroFault;

function iterVars(args: readonly Expr[], count: 1 | 2, complaint: string): IterVars | MacroFault {
  const names: string[] = [];
  for (const arg of args.slice(0, count)) {
    if (arg.kind !== 'ident') return new MacroFault(arg.position, complaint);
    names.push(arg.name);
  }
  const [iterVar, iterVar2] = names as [string, string | undefined];
  const second = args[1]?.position ?? 0;
  if (iterVar === iterVar2) return new MacroFault(second, `duplicate variable name: ${iterVar}`);
  const overwriting = names.findIndex((name) => name === accumulator || name === '__result__');
  if (overwriting < 0) return { iterVar, iterVar2 };
  const position = (args[overwriting] as Expr).position;
  return new MacroFault(position, 'iteration variable overwrites accumulator variable');
}

/** A macro over a range with one or two variables; `body` gets what comes after them. */
function loop(
  count: 1 | 2,
  body: (make: Factory, range: Expr, vars: IterVars, args: readonly Expr[]) => Expr,
  complaint = 'argument must be a simple name',
): Expander {
  return (make, target, args) => {
    const vars = iterVars(args, count, complaint);
    return vars instanceof MacroFault ? vars : body(make, target, vars, args.slice(count));
  };
}

function all(make: Factory, range: Expr, vars: IterVars, [predicate]: readonly Expr[]): Expr {
  return make.fold(range, vars, {
    init: make.literal(true),
    condition: make.call('@not_strictly_false', make.accu()),
    step: make.call('_&&_', make.accu(), predicate as Expr),
  });
}

function exists(make: Factory, range: Expr, vars: IterVars, [predicate]: readonly Expr[]): Expr {
  return make.fold(range, vars, {
    init: make.literal(false),
    condition: make.call('@not_strictly_false', make.call('!_', make.accu())),
    step: make.call('_||_', make.accu(), predicate as Expr),
  });
}

function existsOne(make: Factory, range: Expr, vars: IterVars, [predicate]: readonly Expr[]): Expr {
  return make.fold(range, vars, {
    init: make.literal(0n),
    step: make.call('_?_:_', predicate as Expr, make.call('_+_', make.accu(), make.literal(1n)), make.accu()),
    result: make.call('_==_', make.accu(), make.literal(1n)),
  });
}

/** `args` is the new element, or a condition and the new element. */
function transformList(make: Factory, range: Expr, vars: IterVars, args: readonly Expr[]): Expr {
  const step = make.call('_+_', make.accu(), make.list(args.at(-1) as Expr));
  return make.fold(range, vars, { init: make.list(), step: filtered(make, args, step) });
}

function filtered(make: Factory, args: readonly Expr[], step: Expr): Expr {
  return args.length === 2 ? make.call('_?_:_', args[0] as Expr, step, make.accu()) : step;
}

function filter(make: Factory, range: Expr, vars: IterVars, [predicate]: readonly Expr[], element: Expr): Expr {
  const step = make.call('_+_', make.accu(), make.list(element));
  return make.fold(range, vars, { init: make.list(), step: make.call('_?_:_', predicate as Expr, step, make.accu()) });
}

function transformMap(make: Factory, range: Expr, vars: IterVars, args: readonly Expr[]): Expr {
  const step = make.call('cel.@mapInsert', make.accu(), make.ident(vars.iterVar), args.at(-1) as Expr);
  return make.fold(range, vars, { init: make.map(), step: filtered(make, args, step) });
}

function transformMapEntry(make: Factory, range: Expr, vars: IterVars, args: readonly Expr[]): Expr {
  const step = make.call('cel.@mapInsert', make.accu(), args.at(-1) as Expr);
  return make.fold(range, vars, { init: make.map(), step: filtered(make, args, step) });
}

function has(make: Factory, _target: Expr, [arg]: readonly Expr[]): Expr | MacroFault {
  if (arg?.kind !== 'select') return new MacroFault(arg?.position ?? 0, 'invalid argument to has() macro');
  return make.presenceTest(arg.operand, arg.field);
}

function optionalMap(name: string, wrap: (make: Factory, value: Expr) => Expr): Expander {
  return (make, target, [variable, value]) => {
    if (variable?.kind !== 'ident') {
      return new MacroFault(variable?.position ?? 0, `${name}() variable name must be a simple identifier`);
    }
    const bound = make.bind(variable.name, make.memberCall('value', copyExpr(target)), value as Expr);
    return make.call('_?_:_', make.memberCall('hasValue', target), wrap(make, bound), make.call('optional.none'));
  };
}

const sortInput = '@__sortBy_input__';

/** `list.sortBy(e, key)`: the list bound to a name, and sorted by the keys of its elements. */
function sortBy(make: Factory, target: Expr, args: readonly Expr[]): Expr | MacroFault {
  if (target.kind === 'literal' || target.kind === 'map' || target.kind === 'struct') {
    const complaint = 'sortBy can only be applied to a list, identifier, comprehension, call or select expression';
    return new MacroFault(target.position, complaint);
  }
  const keys = loop(1, transformList, notIdentifier)(make, make.ident(sortInput), args);
  if (keys instanceof MacroFault) return keys;
  return make.bind(sortInput, target, make.memberCall('@sortByAssociatedKeys', make.ident(sortInput), keys));
}

const notIdentifier = 'argument is not an identifier';

/** By name and number of arguments; all but `has` are called on a target. */
const macros = new Map<string, Expander>([
  ['has/1', has],
  ['all/2', loop(1, all)],
  ['all/3', loop(2, all)],
  ['exists/2', loop(1, exists)],
  ['exists/3', loop(2, exists)],
  ['exists_one/2', loop(1, existsOne)],
  ['exists_one/3', loop(2, existsOne)],
  ['existsOne/2', loop(1, existsOne)],
  ['existsOne/3', loop(2, existsOne)],
  ['map/2', loop(1, transformList, notIdentifier)],
  ['map/3', loop(1, transformList, notIdentifier)],
  [
    'filter/2',
    loop(1, (make, range, vars, args) => filter(make, range, vars, args, make.ident(vars.iterVar)), notIdentifier),
  ],
  ['transformList/3', loop(2, transformList)],
  ['transformList/4', loop(2, transformList)],
  ['transformMap/3', loop(2, transformMap)],
  ['transformMap/4', loop(2, transformMap)],
  ['transformMapEntry/3', loop(2, transformMapEntry)],
  ['transformMapEntry/4', loop(2, transformMapEntry)],
  ['sortBy/2', sortBy],
  ['optMap/2', optionalMap('optMap', (make, value) => make.call('optional.of', value))],
  ['optFlatMap/2', optionalMap('optFlatMap', (_make, value) => value)],
]);

/** What a call stands for: undefined where it is no macro. */
export function expandMacro(
  name: string,
  position: number,
  target: Expr | undefined,
  args: readonly Expr[],
): Expr | MacroFault | undefined {
  const expander = macros.get(`${name}/${args.length}`);
  if (!expander || (target === undefined) !== (name === 'has')) return undefined;
  return expander(new Factory(position), target as Expr, args);
}
