// What of a quota's resources the objects of its namespace use (k8s.io/apiserver pkg/quota/v1 CalculateUsage, generic CalculateUsageStats).
import type { KubeObject } from '../../apimachinery/object.ts';
import { type Amounts, addInto, mask, units } from '../../apimachinery/quota/amounts.ts';
import type { Evaluator, ScopeRequirement } from '../../apimachinery/quota/evaluator.ts';
import type { ResourceQuota } from '../../client/kinds.ts';

/** A resource that quotas may count. */
export interface Counted {
  evaluator: Evaluator;
  /** The objects of a namespace. Throws where they are not known yet. */
  list(namespace: string): readonly KubeObject[];
}

export interface Usage {
  used: Amounts;
  /** What could not be listed; its names are not in `used`. */
  errors: Error[];
}

/** Every scope that an object must be within to count. */
export function scopesOf({ spec }: Pick<ResourceQuota, 'spec'>): ScopeRequirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** What is used of the names in `spec.hard` that are counted at all. */
export function usageOf(quota: Pick<ResourceQuota, 'metadata' | 'spec'>, counted: Iterable<Counted>): Usage {
  const hard = Object.keys(quota.spec?.hard ?? {});
  const scopes = scopesOf(quota);
  const used = new Map<string, ReturnType<typeof units>>();
  const known = new Set<string>();
  const failed = new Set<string>();
  const errors: Error[] = [];
  for (const { evaluator, list } of counted) {
    const names = evaluator.matchingResources(hard);
    if (names.length === 0) continue;
    try {
      const objects = list(quota.metadata.namespace);
      for (const name of names) {
        known.add(name);
        if (!used.has(name)) used.set(name, units(0));
      }
      for (const object of objects) if (isWithin(object, scopes, evaluator)) addInto(used, evaluator.usage(object));
    } catch (error) {
      errors.push(error as Error);
      for (const name of names) failed.add(name);
    }
  }
  return { used: mask(used, known.difference(failed)), errors };
}

function isWithin(object: KubeObject, scopes: readonly ScopeRequirement[], { matchesScope }: Evaluator): boolean {
  return scopes.every((scope) => matchesScope?.(scope, object) ?? false);
}
