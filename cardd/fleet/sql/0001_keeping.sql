-- Version 1: what keepers may call (enrol, partitions, cut), what auditors may call (say what they asked), and who may what.

CREATE FUNCTION enrol_office(number integer, told text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
  INSERT INTO office (office, name) VALUES (number, told) ON CONFLICT (office) DO UPDATE SET name = told;
$$;

-- A terminal with its first log, or one more log of a terminal that is there. The log's id stands in the name of its first key.
CREATE FUNCTION enrol_terminal(wanted text, of_office integer, of_role name, key text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  found text := substring(key FROM '^cardd/([0-9a-f]{32})/[0-9]{4}-[0-9]{2}-[0-9]{2}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$');
BEGIN
  IF found IS NULL THEN
    RAISE EXCEPTION 'this is no key of a log' USING ERRCODE = 'ZC002';
  END IF;
  IF NOT EXISTS (SELECT FROM office WHERE office = of_office) THEN
    RAISE EXCEPTION 'no such office' USING ERRCODE = 'ZC004';
  END IF;
  INSERT INTO terminal (terminal, office, role) VALUES (wanted, of_office, of_role) ON CONFLICT (terminal) DO NOTHING;
  IF NOT EXISTS (SELECT FROM terminal WHERE terminal = wanted AND office = of_office AND role = of_role) THEN
    RAISE EXCEPTION 'the terminal stands here with another office or role' USING ERRCODE = 'ZC005';
  END IF;
  INSERT INTO log (log_id, terminal, office, first_key) VALUES (found::uuid, wanted, of_office, key) ON CONFLICT (log_id) DO NOTHING;
  IF NOT EXISTS (SELECT FROM log WHERE log_id = found::uuid AND terminal = wanted AND first_key = key) THEN
    RAISE EXCEPTION 'the log stands here with another terminal or key' USING ERRCODE = 'ZC005';
  END IF;
  RETURN found::uuid;
END $$;

CREATE FUNCTION block_terminal(wanted text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
BEGIN
  UPDATE terminal SET blocked_at = now(), blocked_by = session_user WHERE terminal = wanted AND blocked_at IS NULL;
  RETURN FOUND;
END $$;

-- This month and the months ahead, for each office. How many were made.
CREATE FUNCTION make_partitions(ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  made integer := 0;
  each record;
BEGIN
  FOR each IN SELECT office.office AS number, (date_trunc('month', now() AT TIME ZONE 'Asia/Tokyo') + further * interval '1 month')::date AS month
      FROM office, generate_series(0, least(greatest(ahead, 0), 36)) AS further LOOP
    made := made + make_partition(each.number, each.month)::integer;
  END LOOP;
  RETURN made;
END $$;

-- --- cutting ----------------------------------------------------------------------------------------------------------

-- Whether each terminal has cut these records itself, on its record and under two people there.
CREATE FUNCTION is_cut_at_terminals(of_office integer, of_month date) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN NOT EXISTS (
    SELECT FROM (SELECT log_id, max(sequence) AS latest FROM record WHERE office = of_office AND month = of_month GROUP BY log_id) AS found
    WHERE latest > coalesce((SELECT max(last_sequence) FROM cut_file WHERE cut_file.log_id = found.log_id), 0)
  );
END $$;

-- Whether the whole month is older than seven years, by the database's clock and by the newest head of the office: a clock that
-- jumped ahead cuts nothing.
CREATE FUNCTION is_old_enough(of_office integer, of_month date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = cardd_fleet, pg_temp AS $$
  SELECT coalesce(of_month + interval '1 month' + interval '7 years' <= least(now(), to_timestamp(max(head_utc_us) / 1000000)) AT TIME ZONE 'Asia/Tokyo', false)
  FROM log WHERE office = of_office
$$;

CREATE FUNCTION ask_cut(of_office integer, of_month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
BEGIN
  IF NOT is_old_enough(of_office, of_month) OR NOT is_cut_at_terminals(of_office, of_month) OR EXISTS (SELECT FROM record WHERE office = of_office AND month < of_month) THEN
    RAISE EXCEPTION 'too young, or not the oldest month' USING ERRCODE = 'ZC003';
  END IF;
  INSERT INTO cut_request (office, month) VALUES (of_office, of_month)
    ON CONFLICT (office, month) DO UPDATE SET asked_by = session_user, asked_at = now();
END $$;

-- The second person cuts: what another one asked for within a day. How many records went. The check of what is left begins behind the
-- terminal's own cut.
CREATE FUNCTION cut_month(of_office integer, of_month date) RETURNS bigint
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
  DELETE FROM cut_request WHERE office = of_office AND month = of_month;
  EXECUTE format('DROP TABLE IF EXISTS %I', format('record_o%s_%s', of_office, to_char(of_month, '"m"YYYYMM')));
  RETURN gone;
END $$;

-- --- asking -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION ask(what text, filters jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
  INSERT INTO asked (what, filters) VALUES (left(what, 64), filters);
$$;

-- --- who may what -----------------------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA cardd_fleet FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cardd_fleet FROM PUBLIC;
GRANT USAGE ON SCHEMA cardd_fleet TO cardd_fleet_terminal, cardd_fleet_auditor, cardd_fleet_keeper;
GRANT SELECT ON version TO cardd_fleet_terminal, cardd_fleet_keeper;
GRANT EXECUTE ON FUNCTION position_of(uuid), tell_state(uuid, text, bigint, text), take_records(uuid, bytea[]), take_heads(uuid, bytea[]), take_cut(uuid, bytea)
  TO cardd_fleet_terminal;
GRANT SELECT ON ALL TABLES IN SCHEMA cardd_fleet TO cardd_fleet_auditor;
GRANT EXECUTE ON FUNCTION ask(text, jsonb) TO cardd_fleet_auditor;
GRANT SELECT ON office, terminal, log, alarm, cut, cut_request TO cardd_fleet_keeper;
GRANT EXECUTE ON FUNCTION enrol_office(integer, text), enrol_terminal(text, integer, name, text), block_terminal(text), make_partitions(integer),
  ask_cut(integer, date), cut_month(integer, date) TO cardd_fleet_keeper;
