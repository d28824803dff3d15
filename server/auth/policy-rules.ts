// What one RBAC rule allows, and whether some rules cover others (kubernetes pkg/apis/rbac/v1 evaluation_helpers.go,
// k8s.io/component-helpers auth/rbac/validation).
import { printList } from './go-format.ts';
import type { AuthorizationAttributes } from './types.ts';

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

const none: readonly string[] = [];

function hasOrAll(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes(wanted) || list.includes('*'));
}

function resourceMatches(rule: PolicyRule, resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  if (hasOrAll(rule.resources, combined)) return true;
  return subresource !== '' && (rule.resources ?? none).includes(`*/${subresource}`);
}

/** `*` at the end of a path in a rule stands for anything. */
function pathCovers(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}

/** True when the rule allows the request, were it not for its resourceNames. */
export function ruleMatchesAnyName(rule: PolicyRule, request: AuthorizationAttributes): boolean {
  if (!hasOrAll(rule.verbs, request.verb)) return false;
  if (!request.isResourceRequest) return (rule.nonResourceURLs ?? none).some((url) => pathCovers(url, request.path));
  return hasOrAll(rule.apiGroups, request.group) && resourceMatches(rule, request.resource, request.subresource);
}

/** True when a resource rule is limited to named objects. */
export function isNamed(rule: PolicyRule): boolean {
  return rule.resourceNames !== undefined && rule.resourceNames.length > 0;
}

export function ruleAllows(rule: PolicyRule, request: AuthorizationAttributes): boolean {
  if (!ruleMatchesAnyName(rule, request)) return false;
  return !request.isResourceRequest || !isNamed(rule) || rule.resourceNames!.includes(request.name);
}

/** Rules with at most one group, resource, verb and name or path each, which together allow what `rule` does. */
function breakdown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const group of rule.apiGroups ?? none) {
    for (const resource of rule.resources ?? none) {
      for (const verb of rule.verbs ?? none) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (isNamed(rule)) for (const name of rule.resourceNames!) parts.push({ ...part, resourceNames: [name] });
        else parts.push(part);
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? none)
    for (const verb of rule.verbs ?? none) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  return parts;
}

function covers(owner: PolicyRule, part: PolicyRule): boolean {
  const [verb] = part.verbs;
  if (!hasOrAll(owner.verbs, verb!)) return false;
  if (part.nonResourceURLs !== undefined)
    return (owner.nonResourceURLs ?? none).some((url) => pathCovers(url, part.nonResourceURLs![0]!));
  const [resource, subresource = ''] = splitOnce(part.resources![0]!);
  return (
    hasOrAll(owner.apiGroups, part.apiGroups![0]!) &&
    resourceMatches(owner, resource!, subresource) &&
    (!isNamed(owner) || (isNamed(part) && owner.resourceNames!.includes(part.resourceNames![0]!)))
  );
}

function splitOnce(combined: string): string[] {
  const slash = combined.indexOf('/');
  return slash < 0 ? [combined] : [combined.slice(0, slash), combined.slice(slash + 1)];
}

/** The parts of `wanted` that `owned` does not allow, one verb, group, resource and name each. */
export function uncoveredRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakdown).filter((part) => !owned.some((owner) => covers(owner, part)));
}

/** Joins the verbs of parts that differ in nothing else. Parts for paths stay as they are, as upstream leaves them. */
export function compactRules(parts: readonly PolicyRule[]): PolicyRule[] {
  const compacted = new Map<string, PolicyRule>();
  for (const [index, part] of parts.entries()) {
    const key = part.nonResourceURLs
      ? String(index)
      : JSON.stringify([part.apiGroups, part.resources, part.resourceNames]);
    const known = compacted.get(key);
    if (known === undefined) compacted.set(key, { ...part, verbs: [...part.verbs] });
    else known.verbs.push(...part.verbs);
  }
  return [...compacted.values()];
}

/** How error messages print a rule: `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`. */
export function printRule(rule: PolicyRule): string {
  const lists: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const printed = lists
    .filter(([, list]) => list !== undefined && list.length > 0)
    .map(([name, list]) => `${name}:${printList(list!)}`);
  return `{${printed.join(', ')}}`;
}
