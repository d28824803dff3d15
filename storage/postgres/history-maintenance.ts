// The upkeep of history: forgetting by time, and dropping the partitions of what is forgotten. It runs in one process
// (maintenance.ts), on a connection of its own.
import type { Row, Session } from './driver.ts';

interface Partition extends Row {
  transient: boolean;
  first: number;
  past: number;
}

/** Forgets the history that is older than the retentions. */
export async function compactByTime(
  session: Session,
  { retentionMs, transientRetentionMs }: { retentionMs: number; transientRetentionMs: number },
): Promise<void> {
  const before = (parameter: string) => `revision_at(clock_timestamp() - ${parameter} * interval '1 ms')`;
  // The revisions are looked up first: the update locks the counter, and with it every writer.
  const [at] = await session.query<{ main: number; transient: number }>(
    { text: `SELECT ${before('$1')} AS main, ${before('$2')} AS transient` },
    [retentionMs, transientRetentionMs],
  );
  await session.query({
    text: `UPDATE counter SET compacted = greatest(compacted, ${at!.main}),
      compacted_transient = greatest(compacted_transient, ${at!.transient})
      WHERE compacted < ${at!.main} OR compacted_transient < ${at!.transient}`,
  });
}

/** Reads how far compaction has come. */
export async function readFloors(session: Session): Promise<{ main: number; transient: number }> {
  const text = 'SELECT compacted AS main, compacted_transient AS transient FROM counter';
  return (await session.query<{ main: number; transient: number }>({ text }))[0]!;
}

/**
 * Drops the partitions that lie wholly below the floors. These must be old enough that no statement which began before
 * the compaction still runs: a partition vanishes from such a statement's snapshot. Returns how many were dropped.
 */
export async function dropPartitions(session: Session, floors: { main: number; transient: number }): Promise<number> {
  await finishDetaching(session);
  const partitions = await session.query<Partition>(
    {
      text: 'SELECT transient, first, past FROM history_partitions WHERE past <= CASE WHEN transient THEN $1::bigint ELSE $2 END + 1 ORDER BY past',
    },
    [floors.transient, floors.main],
  );
  for (const partition of partitions) await dropPartition(session, partition);
  return partitions.length;
}

async function dropPartition(session: Session, { transient, first, past }: Partition): Promise<void> {
  const parent = transient ? 'history_transient' : 'history_main';
  const table = `${parent}_${first}`;
  // The first change of a key after the floor must still know the state before it, see list-statement.ts.
  await session.query({
    text: `UPDATE ${parent} h SET previous_value = p.value FROM ${table} p
      WHERE h.previous_revision = p.revision AND h.previous_revision >= ${first} AND h.previous_revision < ${past}
        AND h.revision >= ${past} AND h.type = 'MODIFIED' AND h.previous_value IS NULL`,
  });
  // Concurrently: a plain DROP would wait for every reader of history while every later one, and every writer, waits for it.
  await session.query({ text: `ALTER TABLE ${parent} DETACH PARTITION ${table} CONCURRENTLY` });
  await dropDetached(session, table);
}

async function dropDetached(session: Session, table: string): Promise<void> {
  const [, kind, first] = /^history_(main|transient)_(\d+)$/.exec(table)!;
  await session.query({ text: `DROP TABLE IF EXISTS ${table}` });
  await session.query({
    text: `DELETE FROM history_partitions WHERE transient = ${kind === 'transient'} AND first = ${first}`,
  });
}

/** A detachment that was broken off (by a timeout, by the end of its process) stays half done until it is finalised. */
async function finishDetaching(session: Session): Promise<void> {
  const pending = await session.query<{ parent: string; child: string }>({
    text: `SELECT inhparent::regclass::text AS parent, inhrelid::regclass::text AS child FROM pg_inherits WHERE inhdetachpending`,
  });
  for (const { parent, child } of pending) {
    await session.query({ text: `ALTER TABLE ${parent} DETACH PARTITION ${child} FINALIZE` });
    await dropDetached(session, child);
  }
  const detached = await session.query<{ table: string }>({
    text: `SELECT 'history_' || CASE WHEN transient THEN 'transient_' ELSE 'main_' END || first AS table
      FROM history_partitions p WHERE NOT EXISTS (
        SELECT FROM pg_inherits WHERE inhrelid = to_regclass(
          'history_' || CASE WHEN p.transient THEN 'transient_' ELSE 'main_' END || p.first))`,
  });
  for (const { table } of detached) await dropDetached(session, table);
}
