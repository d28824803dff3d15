-- The state of a cluster: what is (objects), what happened (history), and the one revision that orders both (counter).

-- One row. Whoever writes locks it before drawing a revision and holds it until commit: revisions are dense and in
-- commit order. A sequence could not give that.
CREATE TABLE counter (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL,
  -- History up to and including this revision is forgotten; of the transient resources, up to compacted_transient.
  compacted bigint NOT NULL DEFAULT 0,
  compacted_transient bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

INSERT INTO counter (revision) VALUES (1);

-- resource is the group resource ('pods', 'deployments.apps'), namespace '' for cluster scope, value the object's JSON
-- as served but for metadata.resourceVersion, which is the revision; written_at the time of the last write: SELECT value::jsonb -> 'status' FROM objects ...
CREATE TABLE objects (
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text NOT NULL,
  revision bigint NOT NULL,
  written_at timestamptz NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (resource, namespace, name)
);

-- Every change. type is ADDED, MODIFIED or DELETED; value the new state, for DELETED the last one.
-- previous_revision is the revision of the state that the change replaced, 0 where the key did not exist;
-- previous_value is that state where its own row may be forgotten while this one still stands.
CREATE TABLE history (
  revision bigint NOT NULL,
  transient boolean NOT NULL,
  type text NOT NULL,
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text NOT NULL,
  previous_revision bigint NOT NULL,
  written_at timestamptz NOT NULL,
  value text NOT NULL,
  previous_value text,
  PRIMARY KEY (revision, transient)
) PARTITION BY LIST (transient);

CREATE TABLE history_main PARTITION OF history FOR VALUES IN (false) PARTITION BY RANGE (revision);
-- Heartbeats and events: most of the writes of a live cluster, of no interest minutes later.
CREATE TABLE history_transient PARTITION OF history FOR VALUES IN (true) PARTITION BY RANGE (revision);

-- Finds the changes whose predecessor is about to be forgotten.
CREATE INDEX history_previous_revision ON history (previous_revision) WHERE previous_revision > 0;

-- The partitions of history_main and history_transient: revisions first <= revision < past.
CREATE TABLE history_partitions (
  transient boolean NOT NULL,
  first bigint NOT NULL,
  past bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (transient, past)
);

-- The last batch that each writing process had applied (or gave up), so that a process whose connection broke
-- in the middle of a batch learns its fate.
CREATE TABLE writers (
  id text PRIMARY KEY,
  batch bigint NOT NULL,
  first_revision bigint NOT NULL,
  last_revision bigint NOT NULL,
  seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE FUNCTION is_transient(resource text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN resource IN ('leases.coordination.k8s.io', 'events');

-- Adds the next partition of both kinds. A new partition holds 16,384 revisions or more: twice the last one's
-- when that one was opened less than a minute ago, half when it lasted over ten minutes. Creating and then attaching
-- takes no lock that a writer or a reader waits for, as CREATE TABLE ... PARTITION OF would.
CREATE FUNCTION extend_history(wanted bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  last history_partitions;
  size bigint := 16384;
  kind text;
  partition text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('pgplane extend_history'));
  SELECT p.* INTO last FROM history_partitions p WHERE p.transient ORDER BY p.past DESC LIMIT 1;
  IF last.past > wanted THEN
    RETURN last.past;
  END IF;
  IF last.past IS NOT NULL THEN
    size := last.past - last.first;
    IF last.created_at > clock_timestamp() - interval '1 minute' THEN
      size := least(size * 2, 1048576);
    ELSIF last.created_at < clock_timestamp() - interval '10 minutes' THEN
      size := greatest(size / 2, 16384);
    END IF;
  END IF;
  last.first := coalesce(last.past, 0);
  last.past := last.first + size;
  FOREACH kind IN ARRAY ARRAY['main', 'transient'] LOOP
    partition := format('history_%s_%s', kind, last.first);
    -- Rows are only ever added, and go with the whole partition: there is nothing to vacuum.
    EXECUTE format('CREATE TABLE %I (LIKE history INCLUDING ALL)
      WITH (autovacuum_enabled = false, toast.autovacuum_enabled = false)', partition);
    EXECUTE format('ALTER TABLE history_%s ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
      kind, partition, last.first, last.past);
    INSERT INTO history_partitions (transient, first, past) VALUES (kind = 'transient', last.first, last.past);
  END LOOP;
  RETURN last.past;
END
$$;

SELECT extend_history(0);

-- Applies one batch of operations on distinct keys; each succeeds or fails alone. One row per operation:
--   outcome   ADDED, MODIFIED or DELETED when applied, Unchanged for an update to the same value, else the reason of
--             the failure: KeyExists, KeyNotFound or Conflict
--   revision  of the write, or of what is stored
--   uid       of what is stored (null for ADDED and KeyNotFound)
--   value     what was stored, for DELETED, KeyExists and Conflict
-- writer and batch name the batch for settle_batch; batches of one writer are numbered upwards from 1.
CREATE FUNCTION apply_batch(
  writer text, batch bigint,
  types text[], resources text[], namespaces text[], names text[], uids text[], new_values text[],
  expected_revisions bigint[], expected_uids text[]
) RETURNS TABLE (place bigint, outcome text, revision bigint, uid text, value text)
LANGUAGE plpgsql
-- The plan is made once, maybe while the tables are still empty: it must not be one that reads them whole.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  base bigint;
  last bigint;
  main_floor bigint;
  transient_floor bigint;
  partitioned bigint;
BEGIN
  SELECT c.revision, c.compacted, c.compacted_transient INTO base, main_floor, transient_floor
  FROM counter c FOR UPDATE;

  -- Every statement from here on sees what the former holder of the counter has committed.
  IF EXISTS (SELECT FROM writers w WHERE w.id = apply_batch.writer AND w.batch >= apply_batch.batch) THEN
    RAISE EXCEPTION 'batch % of writer % was settled before', apply_batch.batch, apply_batch.writer
      USING ERRCODE = 'PGP01';
  END IF;
  SELECT p.past INTO partitioned FROM history_partitions p WHERE p.transient ORDER BY p.past DESC LIMIT 1;
  WHILE partitioned <= base + cardinality(types) LOOP
    partitioned := extend_history(partitioned);
  END LOOP;

  RETURN QUERY
  WITH operation AS (
    SELECT u.*
    FROM unnest(types, resources, namespaces, names, uids, new_values, expected_revisions, expected_uids)
      WITH ORDINALITY AS u(type, resource, namespace, name, uid, value, expected_revision, expected_uid, place)
  ), judged AS (
    SELECT n.*, o.uid AS old_uid, o.revision AS old_revision, o.value AS old_value,
      CASE
        WHEN n.type = 'create' THEN CASE WHEN o.revision IS NULL THEN 'ADDED' ELSE 'KeyExists' END
        WHEN o.revision IS NULL THEN 'KeyNotFound'
        WHEN n.expected_revision <> o.revision OR n.expected_uid <> o.uid THEN 'Conflict'
        WHEN n.type = 'delete' THEN 'DELETED'
        WHEN n.value = o.value THEN 'Unchanged'
        ELSE 'MODIFIED'
      END AS outcome
    FROM operation n
    LEFT JOIN objects o ON o.resource = n.resource AND o.namespace = n.namespace AND o.name = n.name
  ), change AS MATERIALIZED (
    SELECT j.*, base + row_number() OVER (ORDER BY j.place) AS new_revision
    FROM judged j WHERE j.outcome IN ('ADDED', 'MODIFIED', 'DELETED')
  ), refusal AS MATERIALIZED (
    SELECT j.* FROM judged j WHERE j.outcome NOT IN ('ADDED', 'MODIFIED', 'DELETED')
  ), added AS (
    INSERT INTO objects (resource, namespace, name, uid, revision, written_at, value)
    SELECT c.resource, c.namespace, c.name, c.uid, c.new_revision, now(), c.value FROM change c WHERE c.outcome = 'ADDED'
  ), modified AS (
    UPDATE objects o SET revision = c.new_revision, written_at = now(), value = c.value
    FROM change c
    WHERE c.outcome = 'MODIFIED' AND o.resource = c.resource AND o.namespace = c.namespace AND o.name = c.name
  ), deleted AS (
    DELETE FROM objects o USING change c
    WHERE c.outcome = 'DELETED' AND o.resource = c.resource AND o.namespace = c.namespace AND o.name = c.name
  ), recorded AS (
    INSERT INTO history (revision, transient, type, resource, namespace, name, uid, previous_revision, written_at,
      value, previous_value)
    SELECT c.new_revision, is_transient(c.resource), c.outcome, c.resource, c.namespace, c.name,
      coalesce(c.old_uid, c.uid), coalesce(c.old_revision, 0), now(), coalesce(c.value, c.old_value),
      CASE WHEN c.outcome = 'MODIFIED'
        AND c.old_revision <= CASE WHEN is_transient(c.resource) THEN transient_floor ELSE main_floor END
        THEN c.old_value END
    FROM change c
  ), counted AS (
    UPDATE counter SET revision = base + (SELECT count(*) FROM change) WHERE EXISTS (SELECT FROM change)
  )
  SELECT c.place, c.outcome, c.new_revision, c.old_uid, CASE WHEN c.outcome = 'DELETED' THEN c.old_value END
  FROM change c
  UNION ALL
  SELECT r.place, r.outcome, r.old_revision, r.old_uid, CASE WHEN r.outcome <> 'Unchanged' THEN r.old_value END
  FROM refusal r;

  SELECT c.revision INTO last FROM counter c;
  INSERT INTO writers AS w (id, batch, first_revision, last_revision, seen_at)
  VALUES (apply_batch.writer, apply_batch.batch, base + 1, last, now())
  ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, first_revision = excluded.first_revision,
    last_revision = excluded.last_revision, seen_at = excluded.seen_at;
  IF last > base THEN
    PERFORM pg_notify('pgplane_revision', last::text);
  END IF;
END
$$;

-- Tells what became of a batch whose answer was lost: its revisions when it was applied (last_revision may lie below
-- first_revision: no operation changed anything), no row when it was not. In that case it never will be: apply_batch
-- refuses it from now on, should the lost connection still get round to it.
CREATE FUNCTION settle_batch(writer text, batch bigint)
RETURNS TABLE (first_revision bigint, last_revision bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM FROM counter FOR UPDATE;
  RETURN QUERY SELECT w.first_revision, w.last_revision FROM writers w
    WHERE w.id = settle_batch.writer AND w.batch = settle_batch.batch;
  IF NOT FOUND THEN
    INSERT INTO writers AS w (id, batch, first_revision, last_revision, seen_at)
    VALUES (settle_batch.writer, settle_batch.batch, 0, -1, now())
    ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, first_revision = 0, last_revision = -1, seen_at = now();
  END IF;
END
$$;

-- The newest revision that was committed at or before a moment, by bisection over history; 0 when history starts later.
-- written_at is the start of the writing transaction, so it is exact to the length of one batch.
CREATE FUNCTION revision_at(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint := 0;
  high bigint;
  found_revision bigint;
  found_at timestamptz;
BEGIN
  SELECT c.revision INTO high FROM counter c;
  -- Invariant: everything up to low was written by then, nothing after high was (or high is the newest).
  WHILE low < high LOOP
    SELECT h.revision, h.written_at INTO found_revision, found_at
    FROM history h WHERE h.revision > (low + high) / 2 ORDER BY h.revision LIMIT 1;
    IF found_revision IS NULL OR found_revision > high OR found_at > moment THEN
      high := (low + high) / 2;
    ELSE
      low := found_revision;
    END IF;
  END LOOP;
  RETURN low;
END
$$;
