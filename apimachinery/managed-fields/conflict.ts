// What an apply would take from other managers, and the 409 that says so (apimachinery/pkg/util/managedfields/internal conflict.go).
import { StatusError } from '../status.ts';
import { identityOf, type ManagerIdentity } from './managers.ts';
import { printPath } from './path-element.ts';

export interface Conflict {
  manager: ManagerIdentity;
  path: readonly string[];
}

/** An apply that is not forced would change fields of others. */
export class ConflictError extends Error {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super(conflictMessage(conflicts));
    this.conflicts = conflicts;
  }

  /** The answer to the client. */
  status(): StatusError {
    const causes = this.conflicts.map(({ manager, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${printManager(manager)}`,
      field: printPath(path),
    }));
    return new StatusError('Conflict', this.message, { causes });
  }
}

function printManager({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  const name = JSON.stringify(manager);
  const through = subresource === '' ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === 'Update' ? `${through} using ${apiVersion}` : through;
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 1) {
    const { manager, path } = conflicts[0]!;
    return `Apply failed with 1 conflict: conflict with ${printManager(manager)}: ${printPath(path)}`;
  }
  const byManager = Map.groupBy(conflicts, ({ manager }) => identityOf(manager));
  const lines = [...byManager]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) => [
      `conflicts with ${printManager(own[0]!.manager)}:`,
      ...own.map(({ path }) => `- ${printPath(path)}`),
    ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}
