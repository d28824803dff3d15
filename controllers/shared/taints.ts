// Taints of nodes and tolerations of Pods (pkg/util/taints, component-helpers/scheduling/corev1), and writing a node's taints
// (pkg/controller/controller_utils.go AddOrUpdateTaintOnNode, RemoveTaintOffNode).
import { retryOnConflict } from '../../client/errors.ts';
import type { Node, Pod } from '../../client/kinds.ts';
import type { ResourceClient } from '../../client/resource-client.ts';

export type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];
export type Toleration = NonNullable<NonNullable<Pod['spec']>['tolerations']>[number];

/** The same key and effect. */
export function sameTaint(a: Pick<Taint, 'key' | 'effect'>, b: Pick<Taint, 'key' | 'effect'>): boolean {
  return a.key === b.key && a.effect === b.effect;
}

export function hasTaint(node: Node, taint: Pick<Taint, 'key' | 'effect'>): boolean {
  return node.spec?.taints?.some((present) => sameTaint(present, taint)) ?? false;
}

/** True where the toleration is for this taint (Toleration.ToleratesTaint). */
export function tolerates({ effect, key, operator, value = '' }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (!operator || operator === 'Equal') && value === (taint.value ?? '');
}

/** The tolerations by which all taints are tolerated, the first of each taint; undefined where one is not. */
export function matchingTolerations(
  taints: readonly Taint[],
  tolerations: readonly Toleration[] | undefined,
): Toleration[] | undefined {
  const used: Toleration[] = [];
  for (const taint of taints) {
    const found = tolerations?.find((toleration) => tolerates(toleration, taint));
    if (found === undefined) return undefined;
    used.push(found);
  }
  return used;
}

/** A node's taints with some added (where they are missing) and some removed; undefined where nothing changes. */
export function changedTaints(
  taints: readonly Taint[] | undefined,
  add: readonly Taint[],
  remove: readonly Pick<Taint, 'key' | 'effect'>[],
): Taint[] | undefined {
  const present = taints ?? [];
  const missing = add.filter((taint) => !present.some((other) => sameTaint(taint, other)));
  const kept = present.filter((taint) => !remove.some((other) => sameTaint(taint, other)));
  if (missing.length === 0 && kept.length === present.length) return undefined;
  return [...missing, ...kept];
}

/** Adds and removes taints of a node, in one write, where it needs one; begins with the node at hand. Throws NotFound. */
export async function swapTaints(
  nodes: ResourceClient<Node>,
  node: Node,
  add: readonly Taint[],
  remove: readonly Pick<Taint, 'key' | 'effect'>[],
): Promise<void> {
  let current: Node | undefined = node;
  await retryOnConflict(async () => {
    const { metadata, spec } = current ?? (await nodes.get({ name: node.metadata.name }));
    current = undefined;
    const taints = changedTaints(spec?.taints, add, remove);
    if (taints === undefined) return;
    const { name, resourceVersion } = metadata;
    await nodes.patch({ name }, 'merge', { metadata: { resourceVersion }, spec: { taints } });
  });
}
