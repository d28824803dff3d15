// The SQL of the backend but for lists (list-statement.ts). Hot writes are one call of apply_batch (migrations/0001).
import type { Statement } from './driver.ts';

const objectColumns = 'resource, namespace, name, uid, revision, value';

export const applyBatch: Statement = {
  name: 'apply_batch',
  text: 'SELECT place, outcome, revision, uid, value FROM apply_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
};

export const settleBatch: Statement = {
  name: 'settle_batch',
  text: 'SELECT first_revision, last_revision FROM settle_batch($1, $2)',
};

export const readRevisions: Statement = {
  name: 'read_revisions',
  text: `SELECT type, ${objectColumns} FROM history WHERE revision BETWEEN $1 AND $2 ORDER BY revision`,
};

export const getObject: Statement = {
  name: 'get_object',
  text: `SELECT ${objectColumns} FROM objects WHERE resource = $1 AND namespace = $2 AND name = $3`,
};

export const readCounter: Statement = {
  name: 'read_counter',
  text: 'SELECT revision, compacted, compacted_transient FROM counter',
};

/**
 * Changes with $1 < revision <= $2, of resource $3 (null: of all), at most $4; beside each row, and in one row of nulls
 * when there is no change, the counter as of the same moment.
 */
export const readHistory: Statement = {
  name: 'read_history',
  text: `SELECT c.revision AS newest, c.compacted, c.compacted_transient, h.*
    FROM counter c LEFT JOIN LATERAL (
      SELECT type, ${objectColumns} FROM history
      WHERE revision > $1 AND revision <= $2 AND ($3::text IS NULL OR resource = $3)
      ORDER BY revision LIMIT $4
    ) h ON true ORDER BY h.revision`,
};

/** Everything stored; beside each row, and in one row of nulls when there is nothing, the counter's revision. */
export const loadAll: Statement = {
  name: 'load_all',
  text: `SELECT c.revision AS newest, o.resource, o.namespace, o.name, o.uid, o.revision, o.value
    FROM counter c LEFT JOIN objects o ON true ORDER BY o.resource, o.namespace, o.name`,
};

export const compact: Statement = {
  name: 'compact',
  text: `UPDATE counter SET compacted = greatest(compacted, $1), compacted_transient = greatest(compacted_transient, $2)`,
};

export const extendHistory: Statement = { name: 'extend_history', text: 'SELECT extend_history($1) AS past' };

export const notify: Statement = { name: 'notify', text: `SELECT pg_notify($1, $2)` };
