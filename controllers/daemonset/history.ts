// The revisions of a daemon set: the one of its present template, and the old ones (pkg/controller/daemon/update.go constructHistory).
import { isAlreadyExists, isNotFound } from '../../client/errors.ts';
import type { ControllerRevision, DaemonSet, Pod } from '../../client/kinds.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import { byRevisionNumber, equalRevisions, newRevision, revisionHashLabel } from '../shared/controller-revisions.ts';
import { templateHash } from '../shared/hash.ts';

export interface HistoryClients {
  sets: ResourceClient<DaemonSet>;
  revisions: ResourceClient<ControllerRevision>;
  pods: ResourceClient<Pod>;
}

export interface History {
  current: ControllerRevision;
  old: ControllerRevision[];
}

/** The hash by which the Pods of a revision are known. */
export function hashOf({ metadata }: ControllerRevision): string {
  return metadata.labels?.[revisionHashLabel] ?? '';
}

/** Makes the present revision where there is none, and the latest where it was an old one. */
export async function constructHistory(
  clients: HistoryClients,
  set: DaemonSet,
  claimed: readonly ControllerRevision[],
  pods: readonly Pod[],
): Promise<History> {
  const revisions = await Promise.all(claimed.map((revision) => labelled(clients, revision)));
  const wanted = newRevision(set, 0, 0);
  const equal = revisions.filter((revision) => equalRevisions(revision, wanted)).sort(byRevisionNumber);
  const old = revisions.filter((revision) => !equal.includes(revision));
  const number = Math.max(0, ...old.map(({ revision }) => revision)) + 1;
  const latest = equal.at(-1);
  if (latest === undefined) return { current: await snapshot(clients, set, number), old };
  await dropDuplicates(clients, latest, equal.slice(0, -1), pods);
  if (latest.revision >= number) return { current: latest, old };
  return { current: await clients.revisions.update({ ...latest, revision: number }), old };
}

/** One from before there were hashes stands for itself. */
function labelled({ revisions }: HistoryClients, revision: ControllerRevision): Promise<ControllerRevision> {
  const { metadata } = revision;
  if (metadata.labels?.[revisionHashLabel] !== undefined) return Promise.resolve(revision);
  const labels = { ...metadata.labels, [revisionHashLabel]: metadata.name };
  return revisions.update({ ...revision, metadata: { ...metadata, labels } });
}

/** Of several of the same template the latest stays, and Pods are said to be of that one. */
async function dropDuplicates(
  clients: HistoryClients,
  kept: ControllerRevision,
  others: readonly ControllerRevision[],
  pods: readonly Pod[],
): Promise<void> {
  if (others.length === 0) return;
  const hash = hashOf(kept);
  for (const { metadata } of pods.filter(({ metadata }) => metadata.labels?.[revisionHashLabel] !== hash))
    await clients.pods.patch(metadata, 'merge', { metadata: { labels: { [revisionHashLabel]: hash } } });
  for (const { metadata } of others) await clients.revisions.delete(metadata);
}

/** Another revision of this name counts as a collision, after which the next attempt takes another name. */
async function snapshot(clients: HistoryClients, set: DaemonSet, number: number): Promise<ControllerRevision> {
  const { metadata, status, spec } = set;
  const { collisionCount } = status ?? {};
  const hash = templateHash(spec!.template, collisionCount);
  const wanted = newRevision(set, number, 0, metadata.annotations);
  const labels = { ...spec!.template.metadata?.labels, [revisionHashLabel]: hash };
  const named = { ...wanted, metadata: { ...wanted.metadata, name: `${metadata.name}-${hash}`, labels } };
  try {
    return await clients.revisions.create(named);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const present = await clients.revisions.get(named.metadata);
    if (equalRevisions(present, wanted)) return present;
    const fresh = await clients.sets.get(metadata);
    if (fresh.status?.collisionCount === collisionCount)
      await clients.sets.updateStatus({
        ...fresh,
        status: { ...fresh.status!, collisionCount: (collisionCount ?? 0) + 1 },
      });
    throw error;
  }
}

/** Old revisions beyond the limit go, the oldest first, but for those that Pods are still of. */
export async function cleanUpHistory(
  { revisions }: HistoryClients,
  set: DaemonSet,
  old: readonly ControllerRevision[],
  pods: readonly Pod[],
): Promise<void> {
  let excess = old.length - (set.spec?.revisionHistoryLimit ?? old.length);
  if (excess <= 0) return;
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[revisionHashLabel]));
  for (const revision of [...old].sort(byRevisionNumber)) {
    if (excess <= 0) return;
    if (live.has(hashOf(revision))) continue;
    excess -= 1;
    await revisions.delete(revision.metadata).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}
