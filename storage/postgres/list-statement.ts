// One list is one query, so that its items, its revision and its count of what remains belong to one moment.
import type { ListOptions } from '../storage.ts';
import type { Statement } from './driver.ts';

/**
 * Builds the query of a list. Its rows hold the counter (newest, compacted, compacted_transient), `total` where a limit
 * was given, and one object, or nulls in a single row when nothing matches.
 */
export function listStatement(options: ListOptions): { statement: Statement; values: unknown[] } {
  const values: unknown[] = [options.resource];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = ['resource = $1'];
  if (options.namespace !== undefined) conditions.push(`namespace = ${bind(options.namespace)}`);
  if (options.after) {
    conditions.push(`(namespace, name) > (${bind(options.after.namespace)}, ${bind(options.after.name)})`);
  }
  const where = conditions.join(' AND ');
  const matching =
    options.revision === undefined
      ? `SELECT namespace, name, uid, revision, value FROM objects WHERE ${where}`
      : stateAt(where, bind(options.revision));
  const limit = options.limit === undefined ? '' : `LIMIT ${bind(options.limit)}`;
  const total = options.limit === undefined ? 'NULL::bigint' : `(SELECT count(*) FROM (${matching}) matching)`;
  const text = `SELECT c.revision AS newest, c.compacted, c.compacted_transient, ${total} AS total,
      item.namespace, item.name, item.uid, item.revision, item.value
    FROM counter c LEFT JOIN LATERAL (${matching} ORDER BY namespace, name ${limit}) item ON true
    ORDER BY item.namespace, item.name`;
  return { statement: { name: statementName(options), text }, values };
}

function statementName({ namespace, after, revision, limit }: ListOptions): string {
  const given = [namespace, after, revision, limit].map((option) => (option === undefined ? '0' : '1'));
  return `list_${given.join('')}`;
}

/**
 * The objects as they were at a past revision: those that have not changed since, and of those that have, the state
 * that the first change since replaced. That is in the change itself (a delete's value, or previous_value where
 * compaction may have taken the row), else in the row of its own revision.
 */
function stateAt(where: string, revision: string): string {
  return `SELECT namespace, name, uid, revision, value FROM objects WHERE ${where} AND revision <= ${revision}
    UNION ALL
    SELECT h.namespace, h.name, h.uid, h.previous_revision, coalesce(
      CASE WHEN h.type = 'DELETED' THEN h.value ELSE h.previous_value END,
      (SELECT p.value FROM history p WHERE p.revision = h.previous_revision))
    FROM (
      SELECT DISTINCT ON (namespace, name) revision FROM history
      WHERE ${where} AND revision > ${revision} ORDER BY namespace, name, revision
    ) first JOIN history h ON h.revision = first.revision
    WHERE h.previous_revision > 0`;
}
