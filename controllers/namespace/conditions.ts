// What a namespace that is being deleted says of what remains (pkg/controller/namespace/deletion/status_condition_utils.go).
import { timestamp } from '../../client/clock.ts';
import type { Namespace } from '../../client/kinds.ts';

/** What one attempt to empty a namespace found. */
export interface Findings {
  /** What discovery could not tell, in words. */
  discoveryFailure?: string;
  /** What went wrong, in words. */
  contentErrors: string[];
  /** Objects that remain, by `resource.group`. Undefined where not everything was looked at. */
  remaining?: ReadonlyMap<string, number>;
  /** Objects that remain, by finalizer. */
  finalizers?: ReadonlyMap<string, number>;
}

type Condition = NonNullable<NonNullable<Namespace['status']>['conditions']>[number];

/** In upstream's order, with what stands there when nothing is wrong. */
const fine: readonly [type: string, reason: string, message: string][] = [
  ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
  ['NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  [
    'NamespaceDeletionContentFailure',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  ['NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
];

function failures(findings: Findings): Map<string, { reason: string; message: string }> {
  const { discoveryFailure, contentErrors, remaining, finalizers } = findings;
  const found = new Map<string, { reason: string; message: string }>();
  if (discoveryFailure !== undefined)
    found.set('NamespaceDeletionDiscoveryFailure', { reason: 'DiscoveryFailed', message: discoveryFailure });
  if (contentErrors.length > 0) {
    const words = [...contentErrors].sort().join(', ');
    const message = `Failed to delete all resource types, ${contentErrors.length} remaining: ${words}`;
    found.set('NamespaceDeletionContentFailure', { reason: 'ContentDeletionFailed', message });
  }
  if (remaining !== undefined && remaining.size > 0) {
    const words = counted(remaining, (name, count) => `${name} has ${count} resource instances`);
    const message = `Some resources are remaining: ${words}`;
    found.set('NamespaceContentRemaining', { reason: 'SomeResourcesRemain', message });
  }
  if (finalizers !== undefined && finalizers.size > 0) {
    const words = counted(finalizers, (name, count) => `${name} in ${count} resource instances`);
    const message = `Some content in the namespace has finalizers remaining: ${words}`;
    found.set('NamespaceFinalizersRemaining', { reason: 'SomeFinalizersRemain', message });
  }
  return found;
}

function counted(counts: ReadonlyMap<string, number>, word: (name: string, count: number) => string): string {
  return [...counts]
    .map(([name, count]) => word(name, count))
    .sort()
    .join(', ');
}

/** The conditions as they are to be; undefined where they are so already. Conditions of others stay. */
export function namespaceConditions(
  before: readonly Condition[],
  findings: Findings,
  nowMs: number,
): Condition[] | undefined {
  const found = failures(findings);
  const conditions = [...before];
  let changed = false;
  for (const [type, reason, message] of fine) {
    const failure = found.get(type);
    const status = failure === undefined ? 'False' : 'True';
    const next = { type, status, ...(failure ?? { reason, message }), lastTransitionTime: timestamp(nowMs) };
    const index = conditions.findIndex((condition) => condition.type === type);
    const old = conditions[index];
    if (old === undefined) conditions.push(next);
    else if (old.status !== status || old.reason !== next.reason || old.message !== next.message) {
      const lastTransitionTime = old.status === status ? (old.lastTransitionTime ?? '') : next.lastTransitionTime;
      conditions[index] = { ...next, lastTransitionTime };
    } else continue;
    changed = true;
  }
  return changed ? conditions : undefined;
}
