// How much of a quota an object takes up (k8s.io/apiserver pkg/quota/v1 interfaces.go, generic/evaluator.go).
import type { KubeObject } from '../object.ts';
import { type Amounts, units } from './amounts.ts';

/** A corev1.ScopedResourceSelectorRequirement; a plain scope is one with `Exists`. */
export interface ScopeRequirement {
  scopeName: string;
  operator: string;
  values?: string[];
}

/** What a quota is asked of a write. */
export interface QuotaRequest {
  operation: string;
  /** '' for the object itself. */
  subresource: string;
  object?: KubeObject | undefined;
  old?: KubeObject | undefined;
}

/** The present objects by resource (`pods`, `deviceclasses.resource.k8s.io`), to be read only; '' is cluster scope. */
export interface QuotaObjects {
  resource(groupResource: string): {
    get(namespace: string, name: string): KubeObject | undefined;
    list(namespace?: string): readonly KubeObject[];
  };
}

/** What of quotas concerns the objects of one resource. */
export interface Evaluator {
  /** True when the write may change usage. */
  handles(attributes: QuotaRequest): boolean;
  /** Those of the names that count objects of this resource. */
  matchingResources(names: Iterable<string>): string[];
  /** Whether the object is within the scope. Absent: these objects have no scopes, and scoped quotas never match them. */
  matchesScope?(requirement: ScopeRequirement, object: KubeObject): boolean;
  /** What the object fails to say about `required`, undefined where it says all. */
  constraints?(required: readonly string[], object: KubeObject): string | undefined;
  usage(object: KubeObject): Amounts;
}

/** `count/deployments.apps`. */
export function objectCountName(groupResource: string): string {
  return `count/${groupResource}`;
}

/** Counts objects when they are created; `alias` is the name from before there were `count/` names. */
export function objectCountEvaluator(groupResource: string, alias?: string): Evaluator {
  const names = [objectCountName(groupResource), ...(alias === undefined ? [] : [alias])];
  const one = new Map(names.map((name) => [name, units(1)]));
  return {
    handles: ({ operation, subresource }) => subresource === '' && operation === 'CREATE',
    matchingResources: (input) => [...input].filter((name) => one.has(name)).sort(),
    usage: () => one,
  };
}

/** True where `requirement` holds for a value, '' standing for none: a label requirement of one label. */
export function matchesValue({ operator, values = [] }: ScopeRequirement, value: string): boolean {
  switch (operator) {
    case 'In':
      return value !== '' && values.includes(value);
    case 'NotIn':
      return value === '' || !values.includes(value);
    case 'Exists':
      return value !== '';
    case 'DoesNotExist':
      return value === '';
    default:
      return false;
  }
}
