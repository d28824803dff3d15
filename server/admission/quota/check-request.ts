// One write against the quotas of its namespace (k8s.io/apiserver pkg/admission/plugin/resourcequota controller.go CheckRequest).
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { Quantity } from '../../../apimachinery/quantity.ts';
import {
  type Amounts,
  amountsOf,
  exceeding,
  mask,
  prettyPrint,
  subtractWithNonNegativeResult,
  sum,
  withoutZeros,
} from '../../../apimachinery/quota/amounts.ts';
import type { Evaluator, ScopeRequirement } from '../../../apimachinery/quota/evaluator.ts';
import { listOf } from '../../registry/fields.ts';
import { forbidden, resourceOf } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

/** A quota with what is used of it; `used` is replaced, never changed. */
export interface QuotaState {
  readonly object: KubeObject;
  readonly name: string;
  readonly scopes: readonly ScopeRequirement[];
  /** Of the status: what counts is what the quota's controller has made of the spec. */
  readonly hard: Amounts;
  readonly hardNames: ReadonlySet<string>;
  readonly used: Amounts;
}

/** Resources that may not be used at all unless a quota covers them (resourcequota.admission.k8s.io LimitedResource). */
export interface LimitedResource {
  apiGroup?: string;
  resource: string;
  matchContains?: string[];
  matchScopes?: ScopeRequirement[];
}

export function quotaStateOf(object: KubeObject): QuotaState {
  const { spec, status } = object as { spec?: Record<string, unknown>; status?: Record<string, object> };
  const plain = ((spec?.['scopes'] ?? []) as string[]).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  const selector = spec?.['scopeSelector'] as { matchExpressions?: ScopeRequirement[] } | undefined;
  const hard = amountsOf(status?.['hard'] as Record<string, unknown>);
  return {
    object,
    name: object.metadata.name!,
    scopes: [...plain, ...(listOf(selector?.matchExpressions) as unknown as ScopeRequirement[])],
    hard,
    hardNames: new Set(hard.keys()),
    used: amountsOf(status?.['used'] as Record<string, unknown>),
  };
}

function matches(quota: QuotaState, evaluator: Evaluator, object: KubeObject): boolean {
  return (
    evaluator.matchingResources(quota.hardNames).length > 0 &&
    quota.scopes.every((scope) => evaluator.matchesScope?.(scope, object) ?? false)
  );
}

/** The names of what is used and which a quota has to cover by configuration. */
function limitedByDefault(usage: Amounts, limited: readonly LimitedResource[]): string[] {
  const parts = limited.flatMap(({ matchContains }) => matchContains ?? []);
  return [...usage].flatMap(([name, { nanos }]) =>
    nanos > 0n && parts.some((part) => name.includes(part)) ? [name] : [],
  );
}

/** Quotas that count this write, by index; throws where the object or the quota does not say enough. */
function interestingQuotas(
  quotas: readonly QuotaState[],
  attributes: AdmissionAttributes,
  evaluator: Evaluator,
): number[] {
  return quotas.flatMap((quota, index) => {
    if (!matches(quota, evaluator, attributes.object!)) return [];
    const restricted = evaluator.matchingResources(quota.hardNames);
    const missing = evaluator.constraints?.(restricted, attributes.object!);
    if (missing !== undefined) throw forbidden(attributes, `failed quota: ${quota.name}: ${missing}`);
    if (restricted.some((name) => !quota.used.has(name))) {
      const names = [...restricted].sort().join(',');
      throw forbidden(attributes, `status unknown for quota: ${quota.name}, resources: ${names}`);
    }
    return [index];
  });
}

/** What the write adds to each of the quotas; those to which it adds nothing are left out. */
function deltas(
  quotas: readonly QuotaState[],
  interesting: readonly number[],
  attributes: AdmissionAttributes,
  evaluator: Evaluator,
  usage: Amounts,
): Map<number, Map<string, Quantity>> {
  const { old } = attributes;
  const grown = old === undefined ? usage : subtractWithNonNegativeResult(usage, evaluator.usage(old));
  const result = new Map<number, Map<string, Quantity>>();
  for (const index of interesting) {
    const counted = old !== undefined && matches(quotas[index]!, evaluator, old);
    const delta = withoutZeros(counted ? grown : usage);
    if (delta.size > 0) result.set(index, delta);
  }
  return result;
}

function checkCovered(
  attributes: AdmissionAttributes,
  evaluator: Evaluator,
  {
    quotas,
    interesting,
    usage,
    limited,
  }: Omit<Check, 'evaluator'> & { interesting: readonly number[]; usage: Amounts },
): void {
  const object = attributes.object!;
  const own = limited.filter(({ apiGroup, resource }) => resourceOf(attributes) === groupResource(apiGroup, resource));
  const covered = new Set(interesting.flatMap((index) => evaluator.matchingResources(quotas[index]!.hardNames)));
  const uncovered = limitedByDefault(usage, own).filter((name) => !covered.has(name));
  if (uncovered.length > 0)
    throw forbidden(attributes, `insufficient quota to consume: ${[...new Set(uncovered)].sort().join(',')}`);
  const within = (scope: ScopeRequirement) => evaluator.matchesScope?.(scope, object) ?? false;
  const limitedScopes = limited.flatMap(({ matchScopes }) => matchScopes ?? []).filter(within);
  if (limitedScopes.length === 0) return;
  const coveredScopes = new Set(
    quotas.flatMap(({ scopes }) => scopes.filter(within).map(({ scopeName }) => scopeName)),
  );
  const open = limitedScopes.filter(({ scopeName }) => !coveredScopes.has(scopeName));
  if (open.length === 0) return;
  const shown = open.map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`);
  throw forbidden(attributes, `insufficient quota to match these scopes: [${shown.join(' ')}]`);
}

function groupResource(group: string | undefined, resource: string): string {
  return group ? `${resource}.${group}` : resource;
}

export interface Check {
  quotas: readonly QuotaState[];
  evaluator: Evaluator;
  limited: readonly LimitedResource[];
}

/** The quotas as they are with this write counted; the same array where it counts for none. Throws 403 where there is no room. */
export function checkRequest(attributes: AdmissionAttributes, check: Check): readonly QuotaState[] {
  const { quotas, evaluator, limited } = check;
  const interesting = interestingQuotas(quotas, attributes, evaluator);
  if (interesting.length === 0 && limited.length === 0) return quotas;
  const usage = evaluator.usage(attributes.object!);
  const negative = [...usage].filter(([, { nanos }]) => nanos < 0n).map(([name]) => name);
  if (negative.length > 0)
    throw forbidden(attributes, `quota usage is negative for resource(s): ${negative.sort().join(',')}`);
  const added = deltas(quotas, interesting, attributes, evaluator, usage);
  if (interesting.length > 0 && added.size === 0) return quotas;
  if (interesting.length === 0 && attributes.old !== undefined) {
    const grown = subtractWithNonNegativeResult(usage, evaluator.usage(attributes.old));
    if (withoutZeros(grown).size === 0) return quotas;
  }
  checkCovered(attributes, evaluator, { quotas, interesting, usage, limited });
  if (added.size === 0) return quotas;
  return quotas.map((quota, index) => {
    const delta = added.get(index);
    return delta === undefined ? quota : withUsage(attributes, quota, delta);
  });
}

/** Status writes report what is there already, so they are counted and never refused. */
function withUsage(attributes: AdmissionAttributes, quota: QuotaState, delta: Amounts): QuotaState {
  const { name, hard, hardNames, used } = quota;
  const requested = mask(delta, hardNames);
  const now = sum(used, requested);
  if (attributes.subresource !== 'status') {
    const exceeded = exceeding(mask(now, new Set(requested.keys())), hard);
    if (exceeded.size > 0) {
      const [asked, had, most] = [requested, used, hard].map((amounts) => prettyPrint(mask(amounts, exceeded)));
      throw forbidden(attributes, `exceeded quota: ${name}, requested: ${asked}, used: ${had}, limited: ${most}`);
    }
  }
  return { ...quota, used: now };
}
