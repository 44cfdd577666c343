-- Version 2: terminals that are lost, replaced, blocked and taken back: each decision is a row that stays. What is old of a log that
-- ended can be cut off although no terminal is left that could cut it first.

-- What keepers decided. `reason` is a word of a short list (cardd.fleet.terminals.REASONS), so nobody writes names into it.
CREATE TABLE decision (
  at timestamptz NOT NULL DEFAULT now(),
  by name NOT NULL DEFAULT session_user,
  what text NOT NULL CHECK (what IN ('block', 'unblock', 'retire', 'resume')),
  terminal text NOT NULL,
  log_id uuid,                                          -- of a log; NULL: of the whole terminal
  reason text NOT NULL CHECK (reason ~ '^[a-z][a-z_]{0,31}$')
);

ALTER TABLE log ADD COLUMN retired_at timestamptz;      -- this log ended: nothing more is taken, nobody waits for it

-- Records of a log that ended which are too old to be asked for, kept for the check alone until all of the log is as old.
CREATE TABLE ended_record (
  log_id uuid NOT NULL,
  sequence bigint NOT NULL,
  event text,
  octets bytea NOT NULL,
  PRIMARY KEY (log_id, sequence)
);

CREATE OR REPLACE FUNCTION own_log(wanted uuid) RETURNS log
LANGUAGE plpgsql SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  held log%ROWTYPE;
BEGIN
  SELECT l.* INTO held FROM log l JOIN terminal t USING (terminal)
    WHERE l.log_id = wanted AND t.role = session_user AND t.blocked_at IS NULL FOR UPDATE OF l;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this log is not yours' USING ERRCODE = 'ZC001';
  END IF;
  IF held.retired_at IS NOT NULL THEN
    RAISE EXCEPTION 'this log has ended' USING ERRCODE = 'ZC006';
  END IF;
  RETURN held;
END $$;

-- --- decisions --------------------------------------------------------------------------------------------------------

DROP FUNCTION block_terminal(text);

-- Nothing more is taken from a terminal, or again. False: no such terminal, or it stands so already.
CREATE FUNCTION block_terminal(wanted text, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
BEGIN
  UPDATE terminal SET blocked_at = now(), blocked_by = session_user WHERE terminal = wanted AND blocked_at IS NULL;
  IF FOUND THEN
    INSERT INTO decision (what, terminal, reason) VALUES ('block', wanted, why);
    RETURN true;
  END IF;
  RETURN false;
END $$;

CREATE FUNCTION unblock_terminal(wanted text, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
BEGIN
  UPDATE terminal SET blocked_at = NULL, blocked_by = NULL WHERE terminal = wanted AND blocked_at IS NOT NULL;
  IF FOUND THEN
    INSERT INTO decision (what, terminal, reason) VALUES ('unblock', wanted, why);
    RETURN true;
  END IF;
  RETURN false;
END $$;

-- A log has ended, or goes on after all. False: no such log, it stands so already, or some of it was put aside by a cut.
CREATE FUNCTION retire_log(wanted uuid, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  of_terminal text;
BEGIN
  UPDATE log SET retired_at = now() WHERE log_id = wanted AND retired_at IS NULL RETURNING terminal INTO of_terminal;
  IF FOUND THEN
    INSERT INTO decision (what, terminal, log_id, reason) VALUES ('retire', of_terminal, wanted, why);
    RETURN true;
  END IF;
  RETURN false;
END $$;

CREATE FUNCTION resume_log(wanted uuid, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  of_terminal text;
BEGIN
  UPDATE log SET retired_at = NULL WHERE log_id = wanted AND retired_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM cut WHERE cut.log_id = wanted AND cut.at >= retired_at) RETURNING terminal INTO of_terminal;
  IF FOUND THEN
    INSERT INTO decision (what, terminal, log_id, reason) VALUES ('resume', of_terminal, wanted, why);
    RETURN true;
  END IF;
  RETURN false;
END $$;

-- --- cutting ----------------------------------------------------------------------------------------------------------

-- Whether each terminal has cut these records itself, or there is none left to do it.
CREATE OR REPLACE FUNCTION is_cut_at_terminals(of_office integer, of_month date) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN NOT EXISTS (
    SELECT FROM (SELECT log_id, max(sequence) AS latest FROM record WHERE office = of_office AND month = of_month GROUP BY log_id) AS found
    JOIN log USING (log_id)
    WHERE log.retired_at IS NULL
      AND latest > coalesce((SELECT max(last_sequence) FROM cut_file WHERE cut_file.log_id = found.log_id), 0)
  );
END $$;

-- As before: by the database's clock and by the newest head. Where all logs of the office have ended, the newest head of the fleet
-- is the second clock: theirs stand still.
CREATE OR REPLACE FUNCTION is_old_enough(of_office integer, of_month date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = cardd_fleet, pg_temp AS $$
  SELECT coalesce(of_month + interval '1 month' + interval '7 years' <= least(now(), to_timestamp(max(head_utc_us) / 1000000)) AT TIME ZONE 'Asia/Tokyo', false)
  FROM log WHERE office = of_office OR NOT EXISTS (SELECT FROM log AS alive WHERE alive.office = of_office AND alive.retired_at IS NULL)
$$;

-- Logs that ended and have records in this month: what no terminal has cut goes aside, for the check of the rest; with its last month
-- a log goes as a whole.
CREATE FUNCTION put_ended_aside(of_office integer, of_month date) RETURNS void
LANGUAGE plpgsql SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  each record;
BEGIN
  FOR each IN
    SELECT log_id, next_sequence, coalesce((SELECT max(last_sequence) FROM cut_file WHERE cut_file.log_id = log.log_id), 0) AS gone,
      (SELECT max(sequence) FROM record WHERE record.log_id = log.log_id AND office = of_office AND month = of_month) AS latest
    FROM log WHERE log.office = of_office AND retired_at IS NOT NULL
  LOOP
    CONTINUE WHEN each.latest IS NULL;
    IF each.latest = each.next_sequence - 1 THEN
      DELETE FROM ended_record WHERE log_id = each.log_id;
    ELSE
      INSERT INTO ended_record SELECT log_id, sequence, event, octets FROM record
        WHERE record.log_id = each.log_id AND office = of_office AND month = of_month AND sequence > each.gone;
    END IF;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION cut_month(of_office integer, of_month date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  asked cut_request%ROWTYPE;
  gone bigint;
BEGIN
  SELECT * INTO asked FROM cut_request WHERE office = of_office AND month = of_month FOR UPDATE;
  IF NOT FOUND OR asked.asked_by = session_user OR asked.asked_at < now() - interval '1 day' OR NOT is_old_enough(of_office, of_month)
      OR NOT is_cut_at_terminals(of_office, of_month) THEN
    RAISE EXCEPTION 'another person must have asked within a day' USING ERRCODE = 'ZC003';
  END IF;
  PERFORM FROM log WHERE office = of_office FOR UPDATE;
  INSERT INTO cut (office, month, log_id, first_sequence, last_sequence, last_hash, records, counts, asked_by)
    SELECT of_office, of_month, log_id, min(sequence), max(sequence), (array_agg(hash ORDER BY sequence DESC))[1], count(*),
      (SELECT jsonb_object_agg(word, number) FROM (SELECT coalesce(event, 'result') AS word, count(*) AS number FROM record AS inner_record
        WHERE inner_record.office = of_office AND inner_record.month = of_month AND inner_record.log_id = record.log_id GROUP BY 1) AS counted),
      asked.asked_by
    FROM record WHERE office = of_office AND month = of_month GROUP BY log_id;
  SELECT coalesce(sum(records), 0) INTO gone FROM cut WHERE office = of_office AND month = of_month;
  PERFORM put_ended_aside(of_office, of_month);
  PERFORM forget_alarms(of_office, of_month);
  DELETE FROM cut_request WHERE office = of_office AND month = of_month;
  EXECUTE format('DROP TABLE IF EXISTS %I', format('record_o%s_%s', of_office, to_char(of_month, '"m"YYYYMM')));
  RETURN gone;
END $$;

REVOKE ALL ON decision, ended_record FROM PUBLIC;
REVOKE ALL ON FUNCTION block_terminal(text, text), unblock_terminal(text, text), retire_log(uuid, text), resume_log(uuid, text),
  put_ended_aside(integer, date) FROM PUBLIC;
GRANT SELECT ON decision, ended_record TO cardd_fleet_auditor;
GRANT SELECT ON decision TO cardd_fleet_keeper;
GRANT EXECUTE ON FUNCTION block_terminal(text, text), unblock_terminal(text, text), retire_log(uuid, text), resume_log(uuid, text)
  TO cardd_fleet_keeper;

-- --- partitions -------------------------------------------------------------------------------------------------------

-- As before, but the second look goes to the table of tables: to_regclass remembers within a transaction that there was none, so the
-- one of two terminals that waited failed and had to come again.
CREATE OR REPLACE FUNCTION make_partition(of_office integer, of_month date) RETURNS boolean
LANGUAGE plpgsql SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  made name := format('record_o%s_%s', of_office, to_char(of_month, '"m"YYYYMM'));
  following date := (of_month + interval '1 month')::date;
BEGIN
  IF to_regclass(format('cardd_fleet.%I', made)) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(7228611, of_office);
  IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE relname = made AND relnamespace = 'cardd_fleet'::regnamespace) THEN
    RETURN false;
  END IF;
  -- Made apart and attached: CREATE TABLE … PARTITION OF would stop every writer of the fleet while it waits.
  EXECUTE format('CREATE TABLE %I (LIKE record INCLUDING ALL)', made);
  EXECUTE format('ALTER TABLE record ATTACH PARTITION %I FOR VALUES FROM (%s, %L) TO (%s, %L)', made, of_office, of_month, of_office, following);
  RETURN true;
END $$;
