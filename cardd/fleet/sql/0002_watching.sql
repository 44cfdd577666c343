-- Version 2: what the rules find in the records of several terminals (cardd-fleet watch), and what became of it.

CREATE TABLE watch_alarm (
  number bigint PRIMARY KEY,
  office integer NOT NULL,
  watch text NOT NULL CHECK (watch ~ '^w[0-9]{1,2}$'),
  log_id uuid NOT NULL,                                 -- of its newest evidence
  sequence bigint NOT NULL,
  at_us bigint NOT NULL,
  about jsonb NOT NULL,
  evidence jsonb NOT NULL,                              -- [[log id, number], …], the newest last
  count bigint,
  found_at timestamptz NOT NULL DEFAULT now(),
  found_by name NOT NULL DEFAULT session_user,
  UNIQUE (log_id, sequence, watch, about)
);

-- The newest review counts, the earlier ones stay.
CREATE TABLE watch_review (
  number bigint NOT NULL REFERENCES watch_alarm ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by name NOT NULL DEFAULT session_user,
  verdict text NOT NULL CHECK (verdict IN ('explained', 'unexplained', 'misuse')),
  reason text NOT NULL CHECK (reason ~ '^[a-z][a-z_]{0,31}$')
);
CREATE INDEX watch_review_number ON watch_review (number, at);

-- How far the rules have looked at each log; what rests on records up to here alone is never told anew.
CREATE TABLE watch_place (log_id uuid PRIMARY KEY, sequence bigint NOT NULL);

-- When the rules looked at an office last, and the rules that had to be given up.
CREATE TABLE watch_office (office integer PRIMARY KEY, looked_at timestamptz NOT NULL, given_up text[] NOT NULL);

-- New alarms and how far the rules have looked, in one transaction. `hits`: [{watch, log, sequence, at_us, about, evidence, count}, …];
-- `places`: {log id: number}. How many of the hits are new.
CREATE FUNCTION tell_watched(of_office integer, hits jsonb, places jsonb, failed text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  told bigint;
  latest bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7228612);
  SELECT coalesce(max(number), 0) INTO latest FROM watch_alarm;
  WITH fresh AS (
    SELECT each.*, row_number() OVER (ORDER BY each.at_us, each.watch, each.log, each.sequence) AS place
    FROM jsonb_to_recordset(hits) AS each (watch text, log uuid, sequence bigint, at_us bigint, about jsonb, evidence jsonb, count bigint)
    WHERE NOT EXISTS (SELECT FROM watch_alarm a
      WHERE (a.log_id, a.sequence, a.watch, a.about) = (each.log, each.sequence, each.watch, each.about))
  ), put AS (
    INSERT INTO watch_alarm (number, office, watch, log_id, sequence, at_us, about, evidence, count)
      SELECT latest + place, of_office, watch, log, sequence, at_us, about, evidence, count FROM fresh ON CONFLICT DO NOTHING RETURNING 1
  ) SELECT count(*) INTO told FROM put;
  INSERT INTO watch_place SELECT key::uuid, value::bigint FROM jsonb_each_text(places)
    ON CONFLICT (log_id) DO UPDATE SET sequence = greatest(watch_place.sequence, EXCLUDED.sequence);
  INSERT INTO watch_office VALUES (of_office, now(), failed)
    ON CONFLICT (office) DO UPDATE SET looked_at = EXCLUDED.looked_at, given_up = EXCLUDED.given_up;
  RETURN told;
END $$;

-- False: there is no such alarm.
CREATE FUNCTION review_alarm(wanted bigint, said text, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM watch_alarm WHERE number = wanted) THEN
    RETURN false;
  END IF;
  INSERT INTO watch_review (number, verdict, reason) VALUES (wanted, said, why);
  RETURN true;
END $$;

-- Alarms about a month that was cut off go with it, with their reviews.
CREATE FUNCTION forget_alarms(of_office integer, of_month date) RETURNS void
LANGUAGE sql SET search_path = cardd_fleet, pg_temp AS $$
  DELETE FROM watch_alarm WHERE office = of_office
    AND to_timestamp(at_us / 1000000) AT TIME ZONE 'Asia/Tokyo' < of_month + interval '1 month';
$$;

REVOKE ALL ON watch_alarm, watch_review, watch_place, watch_office FROM PUBLIC;
REVOKE ALL ON FUNCTION tell_watched(integer, jsonb, jsonb, text[]), review_alarm(bigint, text, text), forget_alarms(integer, date) FROM PUBLIC;
GRANT USAGE ON SCHEMA cardd_fleet TO cardd_fleet_watcher;
GRANT SELECT ON version, office, terminal, log, record, watch_alarm, watch_place, watch_office TO cardd_fleet_watcher;
GRANT SELECT ON watch_alarm, watch_review, watch_place, watch_office TO cardd_fleet_auditor, cardd_fleet_keeper;
GRANT EXECUTE ON FUNCTION tell_watched(integer, jsonb, jsonb, text[]) TO cardd_fleet_watcher;
GRANT EXECUTE ON FUNCTION review_alarm(bigint, text, text) TO cardd_fleet_auditor;
