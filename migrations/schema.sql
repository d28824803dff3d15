-- Made by migrations/dump.ts from the migrations in this folder. Not to be edited, not run by anything.

CREATE TABLE counter (
  only_row boolean NOT NULL DEFAULT true,
  revision bigint NOT NULL,
  compacted bigint NOT NULL DEFAULT 0,
  compacted_transient bigint NOT NULL DEFAULT 0,
  CONSTRAINT counter_only_row_check CHECK (only_row),
  CONSTRAINT counter_pkey PRIMARY KEY (only_row)
) WITH (fillfactor=10);

CREATE TABLE history (
  revision bigint NOT NULL,
  transient boolean NOT NULL,
  type text NOT NULL,
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text NOT NULL,
  previous_revision bigint NOT NULL,
  written_at timestamp with time zone NOT NULL,
  value text STORAGE EXTERNAL NOT NULL,
  previous_value text STORAGE EXTERNAL,
  CONSTRAINT history_pkey PRIMARY KEY (revision, transient)
) PARTITION BY LIST (transient);
CREATE INDEX history_previous_revision ON ONLY public.history USING btree (previous_revision) WHERE (previous_revision > 0);

CREATE TABLE history_main (
  revision bigint NOT NULL,
  transient boolean NOT NULL,
  type text NOT NULL,
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text NOT NULL,
  previous_revision bigint NOT NULL,
  written_at timestamp with time zone NOT NULL,
  value text STORAGE EXTERNAL NOT NULL,
  previous_value text STORAGE EXTERNAL,
  CONSTRAINT history_main_pkey PRIMARY KEY (revision, transient)
) /* partition of history FOR VALUES IN (false) */ PARTITION BY RANGE (revision);
CREATE INDEX history_main_previous_revision_idx ON ONLY public.history_main USING btree (previous_revision) WHERE (previous_revision > 0);

CREATE TABLE history_partitions (
  transient boolean NOT NULL,
  first bigint NOT NULL,
  past bigint NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT history_partitions_pkey PRIMARY KEY (transient, past)
);

CREATE TABLE history_transient (
  revision bigint NOT NULL,
  transient boolean NOT NULL,
  type text NOT NULL,
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text NOT NULL,
  previous_revision bigint NOT NULL,
  written_at timestamp with time zone NOT NULL,
  value text STORAGE EXTERNAL NOT NULL,
  previous_value text STORAGE EXTERNAL,
  CONSTRAINT history_transient_pkey PRIMARY KEY (revision, transient)
) /* partition of history FOR VALUES IN (true) */ PARTITION BY RANGE (revision);
CREATE INDEX history_transient_previous_revision_idx ON ONLY public.history_transient USING btree (previous_revision) WHERE (previous_revision > 0);

CREATE TABLE objects (
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text NOT NULL,
  revision bigint NOT NULL,
  written_at timestamp with time zone NOT NULL,
  value text NOT NULL,
  CONSTRAINT objects_pkey PRIMARY KEY (resource, namespace, name)
);

CREATE TABLE writers (
  id text NOT NULL,
  batch bigint NOT NULL,
  first_revision bigint NOT NULL,
  last_revision bigint NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  CONSTRAINT writers_pkey PRIMARY KEY (id)
) WITH (fillfactor=50);

CREATE OR REPLACE FUNCTION public.apply_batch(writer text, batch bigint, types text[], resources text[], namespaces text[], names text[], uids text[], new_values text[], expected_revisions bigint[], expected_uids text[])
 RETURNS TABLE(place bigint, outcome text, revision bigint, uid text, value text)
 LANGUAGE plpgsql
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.extend_history(wanted bigint)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.is_transient(resource text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (resource = ANY (ARRAY['leases.coordination.k8s.io'::text, 'events'::text]));

CREATE OR REPLACE FUNCTION public.revision_at(moment timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.settle_batch(writer text, batch bigint)
 RETURNS TABLE(first_revision bigint, last_revision bigint)
 LANGUAGE plpgsql
AS $function$
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
$function$;
