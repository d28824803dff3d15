// The history of stateful sets and daemon sets: ControllerRevisions with their templates (pkg/controller/history/controller_history.go).
// Their data is what upstream writes, byte for byte, and so are their hashes and names.
import { escapeHtml } from '../../apimachinery/go-print.ts';
import { isAlreadyExists, isNotFound, retryOnConflict } from '../../client/errors.ts';
import type { ControllerRevision } from '../../client/kinds.ts';
import type { ApiObject, NewObject } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import { newControllerRef } from './controller-ref.ts';
import { canonicalJSON, fnv32, safeEncode } from './hash.ts';
import type { PodTemplateSpec } from './pod-template.ts';

/** The label of Pods, and where the name of their revision, or its hash, stands. */
export const revisionHashLabel = 'controller-revision-hash';
/** The label of revisions with their hash. */
export const hashLabel = 'controller.kubernetes.io/hash';
const longestPrefix = 223;

/** A set with a Pod template whose history is kept. */
export interface RevisionOwner extends ApiObject {
  metadata: ApiObject['metadata'] & { name: string; namespace: string };
  spec?: { template: PodTemplateSpec };
}

/** The patch that brings a set back to its template; its fields are sorted, for it is compared as text. */
function revisionData({ spec }: RevisionOwner): object {
  return JSON.parse(canonicalJSON({ spec: { template: { ...spec!.template, $patch: 'replace' } } }));
}

export function revisionHash(data: unknown, collisionCount: number): string {
  return safeEncode(String(fnv32(Buffer.from(escapeHtml(canonicalJSON(data)) + collisionCount))));
}

/** The revision of the set's present template, not yet created. */
export function newRevision(
  owner: RevisionOwner,
  revision: number,
  collisionCount: number,
  annotations: Record<string, string> = {},
): NewObject<ControllerRevision> {
  const data = revisionData(owner);
  const hash = revisionHash(data, collisionCount);
  const { name, namespace } = owner.metadata;
  return {
    metadata: {
      name: `${name.slice(0, longestPrefix)}-${hash}`,
      namespace,
      labels: { ...owner.spec!.template.metadata?.labels, [hashLabel]: hash },
      annotations,
      ownerReferences: [newControllerRef(owner)],
    },
    data,
    revision,
  };
}

/** The template that a revision holds. */
export function templateOf({ data }: Pick<ControllerRevision, 'data'>): PodTemplateSpec {
  const { $patch: _, ...template } = (data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec
    .template;
  return template;
}

type Data = Pick<ControllerRevision, 'data'>;

/** Whether two revisions are of the same template. */
export function equalRevisions(a: Data, b: Data): boolean {
  return canonicalJSON(a.data) === canonicalJSON(b.data);
}

/** Oldest first. */
export function byRevisionNumber(a: ControllerRevision, b: ControllerRevision): number {
  const age = (revision: ControllerRevision) => revision.metadata.creationTimestamp ?? '';
  if (a.revision !== b.revision) return a.revision - b.revision;
  if (age(a) !== age(b)) return age(a) < age(b) ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** One more than the highest; of revisions in order. */
export function nextRevisionNumber(sorted: readonly ControllerRevision[]): number {
  return (sorted.at(-1)?.revision ?? 0) + 1;
}

/**
 * Creates a revision; one of the same name that has the same data stands for it. Another one of that name is a collision: the name is made with
 * the next count, which is given back.
 */
export async function createRevision(
  client: ResourceClient<ControllerRevision>,
  owner: RevisionOwner,
  wanted: NewObject<ControllerRevision>,
  collisionCount: number,
): Promise<{ revision: ControllerRevision; collisionCount: number }> {
  for (let count = collisionCount; ; count++) {
    const name = `${owner.metadata.name.slice(0, longestPrefix)}-${revisionHash(wanted.data, count)}`;
    const metadata = { ...wanted.metadata, name };
    try {
      return { revision: await client.create({ ...wanted, metadata }), collisionCount: count };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const present = await client.get(metadata);
      if (equalRevisions(present, wanted)) return { revision: present, collisionCount: count };
    }
  }
}

/** Gives a revision another number. */
export async function renumberRevision(
  client: ResourceClient<ControllerRevision>,
  revision: ControllerRevision,
  number: number,
): Promise<ControllerRevision> {
  if (revision.revision === number) return revision;
  let current = revision;
  let first = true;
  return retryOnConflict(async () => {
    if (!first) current = await client.get(revision.metadata);
    first = false;
    return client.update({ ...current, revision: number });
  });
}

/** Deletes the oldest of these beyond the limit; one that has gone already is none. */
export async function truncateRevisions(
  client: ResourceClient<ControllerRevision>,
  unused: readonly ControllerRevision[],
  limit: number,
): Promise<void> {
  const excess = limit < 0 ? 0 : Math.max(0, unused.length - limit);
  for (const { metadata } of [...unused].sort(byRevisionNumber).slice(0, excess))
    await client.delete(metadata).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}
