// Runs the rules of `x-kubernetes-validations` over an object (apiextensions-apiserver pkg/apiserver/schema/cel validation.go):
// each at its own place in the schema, with the old value where one correlates, all within one budget of cost.
import { type CelBindings, CelCostLimitError, CelRuntimeError, perCallLimit, runtimeCostBudget } from '../cel/cel.ts';
import { bindJson } from '../cel/json.ts';
import { CelOptional, type CelValue } from '../cel/values.ts';
import {
  duplicate,
  type FieldError,
  fieldErrorMessage,
  forbidden,
  invalid,
  omitValue,
  required,
  untyped,
} from '../field.ts';
import { type CorrelatedObject, MapList } from './correlate.ts';
import { type CompiledRule, compileRules } from './rule-compile.ts';
import { type DeclType, declType } from './rule-types.ts';
import { childPath, isObject, pathOf, type SchemaNode, type ValidationRule } from './schema.ts';

/** A schema with rules, or with others below it that have some. Rules compile when the first value is there. */
interface RuleNode {
  readonly node: SchemaNode;
  readonly decl: DeclType | undefined;
  readonly items: RuleNode | undefined;
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly additional: RuleNode | undefined;
  compiled: readonly CompiledRule[] | undefined;
}

function hasRules(node: SchemaNode | undefined): boolean {
  if (node === undefined) return false;
  if (node.rules.length > 0 || hasRules(node.items)) return true;
  if (typeof node.additional === 'object' && hasRules(node.additional)) return true;
  return [...(node.properties?.values() ?? [])].some(hasRules);
}

function ruleNode(node: SchemaNode, decl: DeclType | undefined): RuleNode | undefined {
  const items = node.items && ruleNode(node.items, decl?.element);
  const additional = typeof node.additional === 'object' ? ruleNode(node.additional, decl?.element) : undefined;
  const properties = new Map<string, RuleNode>();
  for (const [name, property] of node.properties ?? []) {
    const field = decl?.fields?.get(name);
    const below = field && ruleNode(property, field);
    if (below !== undefined) properties.set(name, below);
  }
  const isEmpty = node.rules.length === 0 && items === undefined && additional === undefined && properties.size === 0;
  return isEmpty ? undefined : { node, decl, items, properties, additional, compiled: undefined };
}

/** What came of the rules. */
export interface RuleFindings {
  errors: FieldError[];
  /** What was wrong before as well, and so is not refused. */
  warnings: string[];
}

const maxMessageBytes = 5 * 1024;

/** What evaluations may still cost, in cel-go's units; below zero once it has been used up. */
export interface CostBudget {
  left: number;
}

/** RuntimeCELCostBudget: the budget of one object. */
export function newCostBudget(): CostBudget {
  return { left: runtimeCostBudget };
}

export interface RuleOptions {
  /** Of the value; empty, or absent, for a whole object. */
  path?: string;
  /** The value before; absent for a new one. */
  old?: unknown;
  /** Given where what was wrong before and is unchanged is only warned of. */
  correlation?: CorrelatedObject;
  /** A budget of its own where absent. */
  budget?: CostBudget;
}

/** The rules of a schema. */
export class RuleValidator {
  readonly #root: RuleNode;

  private constructor(root: RuleNode) {
    this.#root = root;
  }

  /** NewValidator; undefined where the schema has no rules. */
  static of(node: SchemaNode, isResourceRoot: boolean): RuleValidator | undefined {
    if (!hasRules(node)) return undefined;
    const root = ruleNode(node, declType(node, isResourceRoot, 'selfType'));
    return root && new RuleValidator(root);
  }

  /** Validate. */
  validate(value: unknown, { path = '', old, correlation, budget = newCostBudget() }: RuleOptions = {}): RuleFindings {
    const run = new Run(budget);
    run.validate(this.#root, value, old, path, { current: correlation, parent: undefined });
    return { errors: run.errors, warnings: run.warnings };
  }
}

/** The counterpart of a value, or else of the nearest value around it that has one. */
interface Ratchet {
  readonly current: CorrelatedObject | undefined;
  readonly parent: CorrelatedObject | undefined;
}

function ratchetKey(ratchet: Ratchet, name: string): Ratchet {
  if (ratchet.current === undefined) return ratchet;
  // Changes of the type cannot be seen: both objects have been converted to the same.
  const isType = ratchet.parent === undefined && (name === 'apiVersion' || name === 'kind');
  if (isType) return { current: undefined, parent: undefined };
  return { current: ratchet.current.key(name), parent: ratchet.current };
}

function ratchetIndex(ratchet: Ratchet, index: number): Ratchet {
  if (ratchet.current === undefined) return ratchet;
  return { current: ratchet.current.index(index), parent: ratchet.current };
}

/** The budget is used up: nothing more is evaluated. */
class OutOfBudget extends Error {}

/** A message that cannot be told; with `isFatal` nothing more is evaluated. */
type Message = { text: string } | { failed: string; isFatal: boolean };

/** One pass over an object. */
class Run {
  readonly errors: FieldError[] = [];
  readonly warnings: string[] = [];
  readonly #budget: CostBudget;

  constructor(budget: CostBudget) {
    this.#budget = budget;
  }

  validate(rules: RuleNode, value: unknown, old: unknown, path: string, ratchet: Ratchet): void {
    try {
      this.#validate(rules, value, old, path, ratchet);
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error;
      this.#budget.left = -1;
    }
  }

  #validate(rules: RuleNode, value: unknown, old: unknown, path: string, ratchet: Ratchet): void {
    // A rule speaks of values, not of nulls: those are for the rules around.
    if (value === null || value === undefined) return;
    if (rules.node.rules.length > 0) this.#rules(rules, value, old ?? undefined, path, ratchet);
    if (Array.isArray(value)) this.#items(rules, value, old, path, ratchet);
    else if (isObject(value)) this.#fields(rules, value, old, path, ratchet);
  }

  #items(rules: RuleNode, items: readonly unknown[], old: unknown, path: string, ratchet: Ratchet): void {
    if (rules.items === undefined) return;
    const correlates = rules.node.listType === 'map' && Array.isArray(old);
    const olds = correlates ? new MapList(old, rules.node.listMapKeys) : undefined;
    for (let i = 0; i < items.length; i++)
      this.#validate(rules.items, items[i], olds?.get(items[i]), `${path}[${i}]`, ratchetIndex(ratchet, i));
  }

  #fields(rules: RuleNode, object: Record<string, unknown>, old: unknown, path: string, ratchet: Ratchet): void {
    const { additional, properties } = rules;
    const oldField = (name: string): unknown => (isObject(old) && Object.hasOwn(old, name) ? old[name] : undefined);
    if (additional !== undefined)
      for (const name of Object.keys(object))
        this.#validate(additional, object[name], oldField(name), `${path}[${name}]`, ratchetKey(ratchet, name));
    for (const [name, property] of properties)
      if (Object.hasOwn(object, name))
        this.#validate(property, object[name], oldField(name), childPath(path, name), ratchetKey(ratchet, name));
  }

  #rules(rules: RuleNode, value: unknown, old: unknown, path: string, ratchet: Ratchet): void {
    const { node, decl } = rules;
    if (decl === undefined) {
      const why = 'failed to convert to declType for CEL validation rules';
      this.errors.push(invalid(pathOf(path), node.type, `rule compiler initialization error: ${why}`));
      return;
    }
    rules.compiled ??= compileRules(node, decl);
    const bindings = bindingsOf(value, old, decl);
    for (const compiled of rules.compiled) {
      if (compiled.error !== undefined)
        this.errors.push(invalid(pathOf(path), node.type, `rule compile error: ${compiled.error}`));
      const isTransition = compiled.usesOldSelf && old === undefined && compiled.rule.optionalOldSelf !== true;
      if (compiled.program !== undefined && !isTransition) this.#rule(compiled, node, value, bindings, path, ratchet);
    }
  }

  #rule(
    compiled: CompiledRule,
    node: SchemaNode,
    value: unknown,
    bindings: Bindings,
    path: string,
    ratchet: Ratchet,
  ): void {
    const { rule, usesOldSelf } = compiled;
    const holds = this.#evaluate(
      compiled,
      node,
      rule.optionalOldSelf === true ? bindings.optional : bindings.plain,
      path,
    );
    if (holds) return;
    const at = pathOf(compiled.fieldPath === '' ? path : childPath(path, compiled.fieldPath));
    const report = (error: FieldError): void => {
      const unchanged = !usesOldSelf && ((ratchet.current ?? ratchet.parent)?.isUnchanged() ?? false);
      if (unchanged) this.warnings.push(fieldErrorMessage(error));
      else this.errors.push(error);
    };
    const message = this.#message(compiled, bindings.plain);
    if (message !== undefined && 'failed' in message && message.isFatal) {
      report(invalid(at, node.type, message.failed));
      throw new OutOfBudget();
    }
    const detail = message !== undefined && 'text' in message ? message.text : ruleMessage(rule);
    const hidden = node.type === 'object' || node.type === 'array';
    report(errorForReason(at, hidden ? omitValue : untyped(value), detail, rule.reason));
  }

  /** Whether the rule holds, or need not be asked further because it could not be evaluated, which is reported. */
  #evaluate(compiled: CompiledRule, node: SchemaNode, bindings: CelBindings, path: string): boolean {
    const refuse = (detail: string): true => {
      this.errors.push(invalid(pathOf(path), node.type, detail));
      return true;
    };
    const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';
    if (this.#budget.left <= 0) {
      refuse(outOfBudget);
      throw new OutOfBudget();
    }
    const outcome = this.#run(() => compiled.program!.evaluate(bindings, { costLimit: perCallLimit }));
    if (outcome.overBudget) {
      refuse(outOfBudget);
      throw new OutOfBudget();
    }
    if (outcome.error === undefined) return outcome.value === true;
    const { message } = outcome.error;
    const shown = ruleText(compiled.rule);
    if (outcome.error instanceof CelCostLimitError) {
      refuse(`'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`);
      throw new OutOfBudget();
    }
    return message.startsWith('no such overload')
      ? refuse(
          `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`,
        )
      : refuse(`${message} evaluating rule: ${shown}`);
  }

  /** Evaluates, and takes the cost from the budget where there is as much. */
  #run(evaluate: () => { value: CelValue; cost: number }): {
    value?: CelValue;
    error?: CelRuntimeError;
    overBudget: boolean;
  } {
    let outcome: { value?: CelValue; error?: CelRuntimeError };
    let cost: number;
    try {
      const result = evaluate();
      outcome = { value: result.value };
      cost = result.cost;
    } catch (error) {
      if (!(error instanceof CelRuntimeError)) throw error;
      outcome = { error };
      cost = error.cost;
    }
    if (cost > this.#budget.left) return { ...outcome, overBudget: true };
    this.#budget.left -= cost;
    return { ...outcome, overBudget: false };
  }

  /** evalMessageExpression; undefined where there is none. */
  #message({ message, rule }: CompiledRule, bindings: CelBindings): Message | undefined {
    if (message === undefined) return undefined;
    const outcome = this.#run(() => message.evaluate(bindings, { costLimit: perCallLimit }));
    const fatal = (failed: string): Message => ({ failed, isFatal: true });
    if (outcome.overBudget)
      return fatal(
        'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
      );
    if (outcome.error instanceof CelCostLimitError)
      return fatal(
        `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`,
      );
    const text = typeof outcome.value === 'string' ? outcome.value.trim() : '';
    if (text === '' || text.includes('\n') || Buffer.byteLength(text) > maxMessageBytes)
      return { failed: text, isFatal: false };
    return { text };
  }
}

interface Bindings {
  plain: CelBindings;
  /** With `oldSelf` as an optional. */
  optional: CelBindings;
}

function bindingsOf(value: unknown, old: unknown, decl: DeclType): Bindings {
  const self = (): CelValue => bindJson(value, decl.type);
  if (old === undefined) return { plain: { self }, optional: { self, oldSelf: CelOptional.none } };
  const oldSelf = (): CelValue => bindJson(old, decl.type);
  return { plain: { self, oldSelf }, optional: { self, oldSelf: () => CelOptional.of(oldSelf()) } };
}

function ruleText({ message = '', rule }: ValidationRule): string {
  return (message === '' ? rule : message).trim();
}

function ruleMessage(rule: ValidationRule): string {
  const { message = '' } = rule;
  return message === '' ? `failed rule: ${ruleText(rule)}` : message.trim();
}

function errorForReason(field: string, value: unknown, detail: string, reason: string | undefined): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, value);
    default:
      return invalid(field, value, detail);
  }
}
