// Which resources are transient: heartbeats and events, whose history is short. The same list as is_transient in
// migrations/0001_objects_and_history.sql.
const transientResources = new Set(['leases.coordination.k8s.io', 'events']);

export interface CompactedRevisions {
  compacted: number;
  compacted_transient: number;
}

/** The oldest revision that can be asked for: of one resource, or (undefined) of all together. */
export function oldestRevision(resource: string | undefined, revisions: CompactedRevisions): number {
  if (resource === undefined) return Math.max(revisions.compacted, revisions.compacted_transient);
  return transientResources.has(resource) ? revisions.compacted_transient : revisions.compacted;
}
