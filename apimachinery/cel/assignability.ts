/**
 * Which types fit where, with type parameters bound on the way. Behaviour: cel-go checker/{types,mapping}.go.
 */
import { CelType, dynType, isDyn, isOptional, listType, mapType, typeType } from './types.ts';

/** What type parameters stand for, by name. */
export type Substitutions = Map<string, CelType>;

function isDynOrError(type: CelType): boolean {
  return isDyn(type) || type.kind === 'error';
}

/** The substitutions with which `from` fits `to`, or undefined. */
export function assignable(substitutions: Substitutions, from: CelType, to: CelType): Substitutions | undefined {
  return allAssignable(substitutions, [from], [to]);
}

/** The substitutions with which each of `from` fits its one of `to`, or undefined. */
export function allAssignable(
  substitutions: Substitutions,
  from: readonly CelType[],
  to: readonly CelType[],
): Substitutions | undefined {
  const copy = new Map(substitutions);
  return fitAll(copy, from, to) ? copy : undefined;
}

function fitAll(bound: Substitutions, from: readonly CelType[], to: readonly CelType[]): boolean {
  return from.length === to.length && from.every((type, at) => fits(bound, type, to[at] as CelType));
}

function fits(bound: Substitutions, a: CelType, b: CelType): boolean {
  if (b.kind === 'param') {
    const { valid, hadOne } = substitutes(bound, a, b);
    if (valid) return true;
    if (hadOne) return false;
  }
  if (a.kind === 'param') return substitutes(bound, b, a).valid;
  if (isDynOrError(a) || isDynOrError(b)) return true;
  if (a.kind === 'null') return isNullable(b);
  if (b.kind === 'null') return isNullable(a);
  if (a.kind !== b.kind) return false;
  if (a.kind === 'type') return true;
  if (a.kind === 'opaque' || a.kind === 'list' || a.kind === 'map') {
    return a.name === b.name && fitAll(bound, a.params, b.params);
  }
  return a.name === b.name;
}

function isNullable(type: CelType): boolean {
  return ['opaque', 'object', 'any', 'duration', 'timestamp', 'null'].includes(type.kind);
}

/** Whether `param` can stand for `type`, and whether it stood for something before. */
function substitutes(bound: Substitutions, type: CelType, param: CelType): { valid: boolean; hadOne: boolean } {
  if (type.kind === 'param' && type.name === param.name) return { valid: true, hadOne: true };
  const current = bound.get(param.name);
  if (current) {
    if (type.kind === current.kind && type.equals(current)) return { valid: true, hadOne: true };
    if (!fits(bound, type, current)) return { valid: false, hadOne: true };
    const general = mostGeneral(type, current);
    if (!occursIn(bound, param, general)) bound.set(param.name, general);
    return { valid: true, hadOne: true };
  }
  if (occursIn(bound, param, type)) return { valid: false, hadOne: false };
  bound.set(param.name, type);
  return { valid: true, hadOne: false };
}

function occursIn(bound: Substitutions, param: CelType, type: CelType): boolean {
  if (type.kind === 'param') {
    if (type.name === param.name) return true;
    const current = bound.get(type.name);
    return current !== undefined && occursIn(bound, param, current);
  }
  return type.params.some((inner) => occursIn(bound, param, inner));
}

/** Of two types that fit each other the one that says less. */
export function mostGeneral(a: CelType, b: CelType): CelType {
  return isEqualOrLessSpecific(a, b) ? a : b;
}

function isEqualOrLessSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'param') return true;
  if (isDyn(b) || b.kind === 'param') return false;
  if (a.kind !== b.kind) return false;
  if (a.kind === 'type') return true;
  if (a.name !== b.name || a.params.length !== b.params.length) return false;
  return a.params.every((param, at) => isEqualOrLessSpecific(param, b.params[at] as CelType));
}

/** `type` with its parameters replaced by what they stand for; those that stand for nothing by dyn, if `freeToDyn`. */
export function substitute(bound: Substitutions, type: CelType, freeToDyn: boolean): CelType {
  if (type.kind === 'param') {
    const current = bound.get(type.name);
    if (current) return substitute(bound, current, freeToDyn);
    return freeToDyn ? dynType : type;
  }
  if (type.params.length === 0) return type;
  const params = type.params.map((param) => substitute(bound, param, freeToDyn));
  if (params.every((param, at) => param === type.params[at])) return type;
  switch (type.kind) {
    case 'list':
      return listType(params[0] as CelType, type.options);
    case 'map':
      return mapType(params[0] as CelType, params[1] as CelType, type.options);
    case 'type':
      return typeType(params[0]);
    default:
      return new CelType(type.kind, type.name, params, type.options);
  }
}

/** What an optional holds, or the type itself. */
export function unwrapOptional(type: CelType): { type: CelType; wasOptional: boolean } {
  return isOptional(type) ? { type: type.params[0] as CelType, wasOptional: true } : { type, wasOptional: false };
}
