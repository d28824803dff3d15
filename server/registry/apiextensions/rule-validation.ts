// Rules in the schema of a CustomResourceDefinition: they must compile, and what they can cost is bounded, for each and for all
// (apiextensions-apiserver pkg/apis/apiextensions/validation validation.go and cel_validation.go).
import { type FieldError, forbidden, internalError, invalid } from '../../../apimachinery/field.ts';
import { type CompiledRule, compileRules } from '../../../apimachinery/structural/rule-compile.ts';
import { type DeclType, declType } from '../../../apimachinery/structural/rule-types.ts';
import { numberAt, type SchemaNode, type ValidationRule } from '../../../apimachinery/structural/schema.ts';

/** StaticEstimatedCostLimit and StaticEstimatedCRDCostLimit. */
const maxRuleCost = 10_000_000;
const maxSchemaCost = 100_000_000;
/** So many of the most expensive rules are named when the sum is too large. */
const maxNamedRules = 4;
/** Costs stop here, as Go's uint64. */
const maxCost = 2 ** 64;

/** Where in a schema we are. */
interface Place {
  node: SchemaNode;
  path: string;
  /** Undefined where the schema around does not say. */
  decl: DeclType | undefined;
  isResource: boolean;
  /** How often values can stand here in one object; undefined where nothing around bounds it. */
  cardinality: number | undefined;
  /** The list whose items cannot be told apart between two revisions of an object. */
  uncorrelatable: string | undefined;
}

/**
 * Compiles the rules of a schema at `path` and all below it, where `schemaErrors` finds nothing wrong at the rule's own schema or
 * below. `isUnchanged`: the schema is as it was, and a rule that has become too expensive by itself may stay.
 */
export function validateRuleExpressions(
  root: SchemaNode,
  path: string,
  schemaErrors: readonly FieldError[],
  isUnchanged: boolean,
): FieldError[] {
  const check = new RuleCheck(schemaErrors, isUnchanged);
  const decl = hasRules(root) ? declType(root, true, 'selfType') : undefined;
  check.visit({ node: root, path, decl, isResource: true, cardinality: 1, uncorrelatable: undefined });
  return [...check.errors, ...check.costErrors(path)];
}

function hasRules(node: SchemaNode): boolean {
  return node.rules.length > 0 || childrenOf(node).some(hasRules);
}

function childrenOf({ items, properties, additional }: SchemaNode): SchemaNode[] {
  return [
    ...(items === undefined ? [] : [items]),
    ...(typeof additional === 'object' ? [additional] : []),
    ...(properties?.values() ?? []),
  ];
}

class RuleCheck {
  readonly errors: FieldError[] = [];
  readonly #schemaErrors: readonly FieldError[];
  readonly #isUnchanged: boolean;
  #total = 0;
  #expensive: { path: string; cost: number }[] = [];

  constructor(schemaErrors: readonly FieldError[], isUnchanged: boolean) {
    this.#schemaErrors = schemaErrors;
    this.#isUnchanged = isUnchanged;
  }

  visit(place: Place): void {
    const { node, path, decl } = place;
    const cardinality = cardinalityBelow(place);
    const below = (child: SchemaNode, at: string, childDecl: DeclType | undefined, uncorrelatable?: string): void =>
      this.visit({
        node: child,
        path: `${path}.${at}`,
        decl: childDecl,
        isResource: child.embedded,
        cardinality,
        uncorrelatable: place.uncorrelatable ?? uncorrelatable,
      });
    if (typeof node.additional === 'object') below(node.additional, 'additionalProperties', decl?.element);
    for (const [name, property] of node.properties ?? [])
      below(property, `properties[${name}]`, decl?.fields?.get(name));
    // Items of other lists than maps cannot be told apart.
    if (node.items) below(node.items, 'items', decl?.element, node.listType === 'map' ? undefined : path);
    if (node.rules.length > 0 && !this.#schemaErrors.some(({ field }) => field.startsWith(path))) this.#rules(place);
  }

  #rules(place: Place): void {
    const { node, path } = place;
    const field = `${path}.x-kubernetes-validations`;
    const decl = place.decl ?? declType(node, place.isResource, 'selfType');
    if (decl === undefined) {
      const why =
        'internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations';
      this.errors.push(internalError(field, why));
      return;
    }
    compileRules(node, decl).forEach((compiled, index) => {
      this.#rule(compiled, `${field}[${index}]`, place);
    });
  }

  #rule(compiled: CompiledRule, field: string, place: Place): void {
    const { rule, usesOldSelf } = compiled;
    const cost = multiplied(compiled.maxCost, place.cardinality ?? compiled.maxCardinality);
    this.#cost(`${field}.rule`, 'estimated rule cost', cost);
    if (compiled.error !== undefined) this.errors.push(invalid(`${field}.rule`, internalRule(rule), compiled.error));
    if (compiled.messageError !== undefined)
      this.errors.push(invalid(`${field}.messageExpression`, internalRule(rule), compiled.messageError));
    else if (compiled.message !== undefined)
      this.#cost(`${field}.messageExpression`, 'estimated messageExpression cost', compiled.messageMaxCost);
    if (usesOldSelf && place.uncorrelatable !== undefined) {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`;
      this.errors.push(invalid(`${field}.rule`, rule.rule, why));
    } else if (!usesOldSelf && (rule.optionalOldSelf ?? null) !== null) {
      const why = 'may not be set if oldSelf is not used in rule';
      this.errors.push(invalid(`${field}.optionalOldSelf`, rule.optionalOldSelf, why));
    }
  }

  #cost(path: string, name: string, cost: number): void {
    if (!this.#isUnchanged && cost > maxRuleCost)
      this.errors.push(forbidden(path, costMessage(name, cost, maxRuleCost)));
    this.#total = Math.min(this.#total + cost, maxCost);
    if (cost < maxSchemaCost / 100) return;
    this.#expensive.push({ path, cost });
    this.#expensive = this.#expensive.sort((a, b) => b.cost - a.cost).slice(0, maxNamedRules);
  }

  /** What is wrong with the sum. */
  costErrors(path: string): FieldError[] {
    if (this.#total <= maxSchemaCost) return [];
    const one = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const all = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...this.#expensive.map((rule) => forbidden(rule.path, one)),
      forbidden(path, costMessage(all, this.#total, maxSchemaCost)),
    ];
  }
}

function multiplied(cost: number, times: number): number {
  return cost === 0 ? 0 : Math.min(cost * times, maxCost);
}

/** childContext: lists and maps multiply by the most that they may hold. */
function cardinalityBelow({ node, cardinality }: Place): number | undefined {
  const bound = maxElements(node);
  return cardinality === undefined || bound === undefined ? undefined : multiplied(cardinality, bound);
}

function maxElements({ type, additional, props }: SchemaNode): number | undefined {
  if (type === 'array') return atLeastZero(numberAt(props, 'maxItems'));
  if (type === 'object' && additional !== undefined) return atLeastZero(numberAt(props, 'maxProperties'));
  return 1;
}

function atLeastZero(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.max(value, 0);
}

function costMessage(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const text = factor > 100 ? 'more than 100' : factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1);
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared';
  return `${name} exceeds budget by factor of ${text}x (${advice})`;
}

/** A rule as upstream's internal type prints. */
function internalRule(rule: ValidationRule): object {
  return {
    Rule: rule.rule ?? '',
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}
