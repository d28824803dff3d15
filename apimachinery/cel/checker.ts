/**
 * Gives every node of a syntax tree its type, finds what names and calls mean, and reports what does not fit. Behaviour: cel-go
 * checker/{checker,env,errors}.go, with homogeneous aggregate literals and numeric comparisons across types, as Kubernetes has them.
 */
import {
  allAssignable,
  assignable,
  mostGeneral,
  type Substitutions,
  substitute,
  unwrapOptional,
} from './assignability.ts';
import {
  type Call,
  type Comprehension,
  type Expr,
  type Ident,
  qualifiedName,
  type Select,
  type StructExpr,
} from './ast.ts';
import { type FunctionTable, libraryTypes, type Overload } from './functions.ts';
import type { Issues } from './source.ts';
import {
  boolType,
  type CelType,
  dynType,
  errorType,
  intType,
  isDyn,
  listType,
  mapType,
  optionalType,
  paramType,
  typeType,
} from './types.ts';
import { typeOf } from './values.ts';

/** What names mean. */
export interface Declarations {
  readonly functions: FunctionTable;
  variable(name: string): CelType | undefined;
  /** A type that expressions may name: `int`, `net.IP`, `Object.spec`. */
  typeNamed(name: string): CelType | undefined;
}

/** Checks `expr` and returns its type; what is wrong goes to `issues`. */
export function check(expr: Expr, declarations: Declarations, issues: Issues): CelType {
  const checker = new Checker(declarations, issues);
  checker.check(expr);
  return checker.finish(expr);
}

class Checker {
  readonly #declarations: Declarations;
  readonly #issues: Issues;
  readonly #checked: Expr[] = [];
  #scopes: Map<string, CelType>[] = [];
  #bound: Substitutions = new Map();
  #freeVariables = 0;

  constructor(declarations: Declarations, issues: Issues) {
    this.#declarations = declarations;
    this.#issues = issues;
  }

  /** Writes the final types: parameters that nothing decided are dyn. */
  finish(root: Expr): CelType {
    for (const expr of this.#checked) expr.type = substitute(this.#bound, expr.type as CelType, true);
    return root.type as CelType;
  }

  check(expr: Expr): CelType {
    expr.type = this.#typeOf(expr);
    this.#checked.push(expr);
    return expr.type;
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return typeOf(expr.value);
      case 'ident':
        return this.#ident(expr);
      case 'select':
        return this.#select(expr);
      case 'call':
        return expr.name === '_?._' ? this.#optionalSelect(expr) : this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return this.#struct(expr);
      case 'comprehension':
        return this.#comprehension(expr);
    }
  }

  #resolve(expr: Ident): CelType | undefined {
    const name = expr.name.startsWith('.') ? expr.name.slice(1) : expr.name;
    const declared = this.#variable(name, expr.name !== name);
    if (declared) {
      expr.name = name;
      return declared;
    }
    const type = this.#declarations.typeNamed(name);
    if (!type) return undefined;
    expr.name = name;
    expr.typeValue = type;
    return typeType(type);
  }

  #variable(name: string, isGlobal: boolean): CelType | undefined {
    if (!isGlobal) {
      for (let at = this.#scopes.length - 1; at >= 0; at--) {
        const type = this.#scopes[at]?.get(name);
        if (type) return type;
      }
    }
    return this.#declarations.variable(name);
  }

  #ident(expr: Ident): CelType {
    const type = this.#resolve(expr);
    if (type) return type;
    this.#undeclared(expr.position, expr.name);
    return errorType;
  }

  #undeclared(position: number, name: string): void {
    this.#issues.add(position, `undeclared reference to '${name}' (in container '')`);
  }

  #select(expr: Select): CelType {
    const name = qualifiedName(expr);
    if (name !== undefined) {
      const ident: Ident = { kind: 'ident', position: expr.position, name };
      const type = this.#resolve(ident);
      if (type) {
        ident.type = type;
        expr.resolved = ident;
        return type;
      }
    }
    const type = this.#field(expr.position, expr.operand, expr.field, false);
    return expr.testOnly ? boolType : substitute(this.#bound, type, false);
  }

  #optionalSelect(expr: Call): CelType {
    const [operand, field] = expr.args as [Expr, Expr];
    field.type = typeOf((field as Extract<Expr, { kind: 'literal' }>).value);
    return substitute(this.#bound, this.#field(expr.position, operand, fieldName(field), true), false);
  }

  #field(position: number, operand: Expr, field: string, optional: boolean): CelType {
    const { type, wasOptional } = unwrapOptional(substitute(this.#bound, this.check(operand), false));
    const result = this.#fieldOf(position, type, field);
    return wasOptional || optional ? optionalType(result) : result;
  }

  #fieldOf(position: number, type: CelType, field: string): CelType {
    switch (type.kind) {
      case 'map':
        return type.params[1] as CelType;
      case 'object':
        return this.#objectField(position, type, field);
      case 'param':
        this.#assign(dynType, type);
        return dynType;
      case 'dyn':
      case 'any':
      case 'error':
        return dynType;
      default:
        this.#issues.add(position, `type '${type}' does not support field selection`);
        return dynType;
    }
  }

  #objectField(position: number, type: CelType, field: string): CelType {
    const found = type.fields.get(field);
    if (found) return found.type;
    const isOpaque = libraryTypes().has(type.name);
    this.#issues.add(position, isOpaque ? `unexpected failed resolution of '${type}'` : `undefined field '${field}'`);
    return errorType;
  }

  #call(expr: Call): CelType {
    for (const arg of expr.args) this.check(arg);
    if (!expr.target) {
      const name = expr.name.startsWith('.') ? expr.name.slice(1) : expr.name;
      const overloads = this.#declarations.functions.get(name);
      if (!overloads) return this.#noFunction(expr);
      expr.name = name;
      return this.#overload(expr, overloads);
    }
    const prefix = qualifiedName(expr.target);
    const qualified = prefix === undefined ? undefined : this.#declarations.functions.get(`${prefix}.${expr.name}`);
    if (qualified) {
      expr.name = `${prefix}.${expr.name}`;
      expr.target = undefined;
      return this.#overload(expr, qualified);
    }
    this.check(expr.target);
    const overloads = this.#declarations.functions.get(expr.name);
    return overloads ? this.#overload(expr, overloads) : this.#noFunction(expr);
  }

  #noFunction(expr: Call): CelType {
    this.#undeclared(expr.position, expr.name);
    return errorType;
  }

  #overload(expr: Call, overloads: readonly Overload[]): CelType {
    if (expr.name === '_&&_' || expr.name === '_||_') return this.#logical(expr, overloads);
    const types = (expr.target ? [expr.target, ...expr.args] : expr.args).map((arg) => arg.type as CelType);
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.isMember !== (expr.target !== undefined)) continue;
      const type = this.#tryOverload(overload, types);
      if (!type) continue;
      matching.push(overload);
      if (!result) result = type;
      else if (!isDyn(result) && !type.equals(result)) result = dynType;
    }
    expr.overloads = matching;
    if (result) return result;
    this.#noOverload(expr, types);
    return errorType;
  }

  /** The result of a call with these types, or undefined. */
  #tryOverload(overload: Overload, types: readonly CelType[]): CelType | undefined {
    let { params, result } = overload;
    if (overload.hasTypeParams) {
      const fresh: Substitutions = new Map();
      const rename = (type: CelType): CelType => this.#instantiate(type, fresh);
      params = params.map(rename);
      result = rename(result);
    }
    const bound = allAssignable(this.#bound, types, params);
    if (!bound) return undefined;
    this.#bound = bound;
    return substitute(bound, result, false);
  }

  /** `type` with free variables in place of the declaration's parameters. */
  #instantiate(type: CelType, fresh: Substitutions): CelType {
    for (const name of parameterNames(type)) if (!fresh.has(name)) fresh.set(name, this.#newVariable());
    return substitute(fresh, type, false);
  }

  #newVariable(): CelType {
    return paramType(`_var${this.#freeVariables++}`);
  }

  #logical(expr: Call, overloads: readonly Overload[]): CelType {
    expr.overloads = overloads;
    let valid = true;
    for (const arg of expr.args) if (!this.#expect(arg, boolType)) valid = false;
    return valid ? boolType : errorType;
  }

  #noOverload(expr: Call, types: readonly CelType[]): void {
    const shown = types.map((type) => substitute(this.#bound, type, true).toString());
    const receiver = expr.target ? `${shown.shift()}.` : '';
    const signature = `${receiver}(${shown.join(', ')})`;
    this.#issues.add(expr.position, `found no matching overload for '${expr.name}' applied to '${signature}'`);
  }

  #list(expr: Extract<Expr, { kind: 'list' }>): CelType {
    let element: CelType | undefined;
    for (const [at, value] of expr.elements.entries()) {
      const type = this.#entryType(value, expr.optionals.has(at));
      element = this.#join(value, element, type);
    }
    return listType(element ?? this.#newVariable());
  }

  #map(expr: Extract<Expr, { kind: 'map' }>): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of expr.entries) {
      key = this.#join(entry.key, key, this.check(entry.key));
      value = this.#join(entry.value, value, this.#entryType(entry.value, entry.optional));
    }
    return mapType(key ?? this.#newVariable(), value ?? this.#newVariable());
  }

  /** The type of an element, field or entry; of an optional one what it holds. */
  #entryType(value: Expr, optional: boolean): CelType {
    const type = this.check(value);
    if (!optional) return type;
    const unwrapped = unwrapOptional(type);
    if (!unwrapped.wasOptional && !isDyn(unwrapped.type)) this.#mismatch(value, optionalType(type), type);
    return unwrapped.type;
  }

  #join(expr: Expr, previous: CelType | undefined, current: CelType): CelType {
    if (!previous) return current;
    if (this.#assign(previous, current)) return mostGeneral(previous, current);
    this.#mismatch(expr, previous, current);
    return errorType;
  }

  #struct(expr: StructExpr): CelType {
    const name = expr.typeName.startsWith('.') ? expr.typeName.slice(1) : expr.typeName;
    const type = this.#declarations.typeNamed(name);
    let result = errorType;
    if (!type && !this.#variable(name, false)) {
      this.#undeclared(expr.position, expr.typeName);
      return errorType;
    }
    if (!type) this.#issues.add(expr.position, `'${this.#variable(name, false)}' is not a type`);
    else if (type.kind !== 'object') this.#issues.add(expr.position, `'${type}' is not a message type`);
    else result = type;
    expr.typeName = name;
    for (const field of expr.fields) this.#structField(field, result);
    return result;
  }

  #structField(field: StructExpr['fields'][number], type: CelType): void {
    const valueType = this.#entryType(field.value, field.optional);
    const declared = type.kind === 'object' ? this.#objectField(field.position, type, field.name) : errorType;
    if (this.#assign(declared, valueType)) return;
    const message = `expected type of field '${field.name}' is '${declared}' but provided type is '${valueType}'`;
    this.#issues.add(field.position, message);
  }

  #comprehension(expr: Comprehension): CelType {
    this.check(expr.range);
    const accuType = this.check(expr.accuInit);
    const range = substitute(this.#bound, expr.range.type as CelType, false);
    this.#scopes.push(new Map([[expr.accuVar, accuType]]));
    const [first, second] = this.#iterTypes(expr, range);
    this.#scopes.push(new Map([[expr.iterVar, first]]));
    if (expr.iterVar2 !== undefined) this.#scopes.at(-1)?.set(expr.iterVar2, second);
    this.check(expr.condition);
    this.#expect(expr.condition, boolType);
    this.check(expr.step);
    this.#expect(expr.step, accuType);
    this.#scopes.pop();
    const result = this.check(expr.result);
    this.#scopes.pop();
    return substitute(this.#bound, result, false);
  }

  #iterTypes(expr: Comprehension, range: CelType): [CelType, CelType] {
    const both = expr.iterVar2 !== undefined;
    switch (range.kind) {
      case 'list':
        return both ? [intType, range.params[0] as CelType] : [range.params[0] as CelType, dynType];
      case 'map':
        return [range.params[0] as CelType, range.params[1] as CelType];
      case 'dyn':
      case 'any':
      case 'error':
      case 'param':
        this.#assign(dynType, range);
        return [dynType, dynType];
    }
    const message = `expression of type '${range}' cannot be range of a comprehension (must be list, map, or dynamic)`;
    this.#issues.add(expr.range.position, message);
    return [errorType, errorType];
  }

  #assign(from: CelType, to: CelType): boolean {
    const bound = assignable(this.#bound, from, to);
    if (bound) this.#bound = bound;
    return bound !== undefined;
  }

  #expect(expr: Expr, type: CelType): boolean {
    if (this.#assign(type, expr.type as CelType)) return true;
    this.#mismatch(expr, type, expr.type as CelType);
    return false;
  }

  #mismatch(expr: Expr, expected: CelType, found: CelType): void {
    this.#issues.add(expr.position, `expected type '${expected}' but found '${found}'`);
  }
}

function fieldName(field: Expr): string {
  return field.kind === 'literal' ? String(field.value) : '';
}

function parameterNames(type: CelType): string[] {
  return type.kind === 'param' ? [type.name] : type.params.flatMap(parameterNames);
}
