-- Version 1: what terminals may call. Each function runs as the owner and looks at session_user, the role whose certificate was
-- shown: the caller cannot change it. Arguments are plain values, never names of tables: a caller's own temporary table or view
-- would run with the owner's rights.
--
-- Custom plans: a generic one would lock every partition before it finds that it needs one.

-- The caller's log, held until the transaction ends, so that two helpers of one log never write side by side.
CREATE FUNCTION own_log(wanted uuid) RETURNS log
LANGUAGE plpgsql SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  held log%ROWTYPE;
BEGIN
  SELECT l.* INTO held FROM log l JOIN terminal t USING (terminal)
    WHERE l.log_id = wanted AND t.role = session_user AND t.blocked_at IS NULL FOR UPDATE OF l;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this log is not yours' USING ERRCODE = 'ZC001';
  END IF;
  RETURN held;
END $$;

CREATE FUNCTION alarm_of(of uuid, what text, at_sequence bigint, shown bytea) RETURNS void
LANGUAGE sql SET search_path = cardd_fleet, pg_temp AS $$
  INSERT INTO alarm (log_id, word, sequence, evidence) VALUES (of, what, at_sequence, shown) ON CONFLICT DO NOTHING;
$$;

-- Where a log stands here. `heads`: how many notes; `head_period`: the file of heads that the newest note came from.
CREATE FUNCTION position_of(wanted uuid, OUT next_sequence bigint, OUT last_hash bytea, OUT head_size bigint, OUT head_period text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  mine log%ROWTYPE := own_log(wanted);
BEGIN
  next_sequence := mine.next_sequence; last_hash := mine.last_hash;
  head_size := mine.head_size; head_period := mine.head_period;
END $$;

-- The helper is alive, and how far the terminal is. A log that became shorter than what we have is an alarm.
CREATE FUNCTION tell_state(wanted uuid, helper_version text, size bigint, trouble text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  mine log%ROWTYPE := own_log(wanted);
BEGIN
  IF size < mine.head_size THEN
    PERFORM alarm_of(wanted, 'shorter', size, NULL);
  END IF;
  UPDATE log SET seen_at = now(), helper = left(helper_version, 64), local_size = size, problem = left(trouble, 64)
    WHERE log_id = wanted;
END $$;

-- --- records ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION u64(octets bytea, place integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ('x' || encode(substr(octets, place, 8), 'hex'))::bit(64)::bigint
$$;

-- The month in Japan of a time that can be; NULL for a clock that tells nonsense, which must not make partitions for a thousand years.
CREATE FUNCTION month_of(utc_us bigint) RETURNS date
LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE WHEN utc_us / 1000000 BETWEEN extract(epoch FROM now() - interval '12 years') AND extract(epoch FROM now() + interval '35 days')
    THEN date_trunc('month', to_timestamp(utc_us / 1000000) AT TIME ZONE 'Asia/Tokyo')::date END
$$;

-- What each record is filed under. Months of one log only rise, so that cutting its oldest month never leaves a hole behind.
CREATE FUNCTION filed_under(mine log, given bytea[]) RETURNS date[]
LANGUAGE sql STABLE SET search_path = cardd_fleet, pg_temp AS $$
  SELECT array_agg(coalesce(greatest(mine.last_month, highest), date_trunc('month', now() AT TIME ZONE 'Asia/Tokyo')::date) ORDER BY place)
  FROM (SELECT place, max(month_of(u64(o, 13))) OVER (ORDER BY place) AS highest FROM unnest(given) WITH ORDINALITY AS each (o, place)) AS found
$$;

CREATE FUNCTION make_partition(of_office integer, of_month date) RETURNS boolean
LANGUAGE plpgsql SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  made name := format('record_o%s_%s', of_office, to_char(of_month, '"m"YYYYMM'));
  following date := (of_month + interval '1 month')::date;
BEGIN
  IF to_regclass(format('cardd_fleet.%I', made)) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(7228611, of_office);
  IF to_regclass(format('cardd_fleet.%I', made)) IS NOT NULL THEN
    RETURN false;
  END IF;
  -- Made apart and attached: CREATE TABLE … PARTITION OF would stop every writer of the fleet while it waits.
  EXECUTE format('CREATE TABLE %I (LIKE record INCLUDING ALL)', made);
  EXECUTE format('ALTER TABLE record ATTACH PARTITION %I FOR VALUES FROM (%s, %L) TO (%s, %L)', made, of_office, of_month, of_office, following);
  RETURN true;
END $$;

CREATE FUNCTION word(content jsonb, key text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT left(content ->> key, 128) $$;

CREATE FUNCTION whole(content jsonb, key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN jsonb_typeof(content -> key) = 'number' AND content ->> key ~ '^[0-9]{1,16}$' THEN (content ->> key)::bigint END
$$;

CREATE FUNCTION words(content jsonb, key text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN jsonb_typeof(content -> key) = 'array'
    THEN (SELECT array_agg(left(each, 128)) FROM (SELECT jsonb_array_elements_text(content -> key) AS each LIMIT 64) AS found) END
$$;

-- Records that were checked before. `content`: one JSON each; NULL where it cannot be taken apart.
CREATE FUNCTION put_records(mine log, given bytea[], months date[], contents jsonb[]) RETURNS void
LANGUAGE sql SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
  INSERT INTO record
    SELECT mine.office, m, mine.log_id, u64(o, 5), u64(o, 13), get_byte(o, 20), sha256(o), o, c IS NOT NULL,
      word(c, 'event'), word(c, 'operation'), word(c, 'operator'), word(c, 'role'), word(c, 'badge'), word(c, 'approver'),
      word(c, 'purpose'), word(c, 'case'), word(c, 'seat'), word(c, 'terminal'), word(c, 'client'), word(c, 'card'),
      word(c, 'card_source'), word(c, 'result'), word(c, 'code'), word(c, 'problem'), word(c, 'pin_outcome'), word(c, 'rule'),
      word(c, 'subject'), word(c, 'watch'), word(c, 'verdict'), word(c, 'reason'), word(c, 'program'), word(c, 'policy'),
      words(c, 'items'), whole(c, 'intent'), whole(c, 'uid'), whole(c, 'tries_before'), whole(c, 'tries_after'), whole(c, 'alarm'),
      CASE WHEN jsonb_typeof(c -> 'emergency') = 'boolean' THEN (c ->> 'emergency')::boolean END
    FROM unnest(given, months, contents) AS each (o, m, c);
$$;

-- The JSON of one record for the columns. U+0000 has no place in PostgreSQL's texts, so it is shown as U+FFFD; the bytes keep it.
CREATE FUNCTION careful_content(octets bytea) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN replace(convert_from(substr(octets, 54), 'UTF8'), '\u0000', '\ufffd')::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN NULL;
END $$;

CREATE FUNCTION contents_of(given bytea[]) RETURNS jsonb[]
LANGUAGE plpgsql IMMUTABLE SET search_path = cardd_fleet, pg_temp AS $$
BEGIN
  RETURN (SELECT array_agg(convert_from(substr(o, 54), 'UTF8')::jsonb ORDER BY place) FROM unnest(given) WITH ORDINALITY AS each (o, place));
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN (SELECT array_agg(careful_content(o) ORDER BY place) FROM unnest(given) WITH ORDINALITY AS each (o, place));
END $$;

-- Whether stored records are the same as those given again (an answer was lost). Their numbers; the first that differs, or NULL.
CREATE FUNCTION first_other(mine log, given bytea[]) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  first bigint := u64(given[1], 5);
BEGIN
  IF first >= mine.next_sequence THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT min(sequence) FROM record JOIN (SELECT u64(o, 5) AS number, sha256(o) AS digest FROM unnest(given) AS each (o)) AS shown
      ON sequence = number AND hash <> digest
      WHERE log_id = mine.log_id AND office = mine.office AND sequence BETWEEN first AND mine.next_sequence - 1
  );
END $$;

-- Whole records in order. `verdict`: taken; gap (they begin behind the next one); forked; broken (they do not chain).
-- A record that we have is never written again; one that differs from ours is kept as evidence and stops everything.
CREATE FUNCTION take_records(wanted uuid, given bytea[], OUT verdict text, OUT next_sequence bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  mine log%ROWTYPE := own_log(wanted);
  first bigint;
  bad bigint;
  fresh bytea[];
  latest bytea;
  months date[];
  needed date;
BEGIN
  next_sequence := mine.next_sequence;
  IF given IS NULL OR cardinality(given) NOT BETWEEN 1 AND 5000 OR EXISTS (
    SELECT FROM unnest(given) AS each (o)
    WHERE o IS NULL OR length(o) NOT BETWEEN 55 AND 65536 OR ('x' || encode(substr(o, 1, 4), 'hex'))::bit(32)::bigint <> length(o) - 4
  ) THEN
    RAISE EXCEPTION 'these are no records' USING ERRCODE = 'ZC002';
  END IF;
  first := u64(given[1], 5);
  IF mine.first_sequence IS NULL AND first > 1 THEN     -- the terminal cut its log before it was enrolled
    mine.next_sequence := first; mine.last_hash := substr(given[1], 22, 32);
  END IF;
  IF first > mine.next_sequence OR first < 1 THEN
    verdict := 'gap';
    RETURN;
  END IF;
  SELECT min(number) INTO bad FROM (
    SELECT first + place - 1 AS number, u64(o, 5) AS told, substr(o, 22, 32) AS before, lag(sha256(o)) OVER (ORDER BY place) AS digest
    FROM unnest(given) WITH ORDINALITY AS each (o, place)
  ) AS shown WHERE told <> number OR before <> coalesce(digest, before);
  IF bad IS NOT NULL THEN
    PERFORM alarm_of(wanted, 'broken', bad, given[bad - first + 1]);
    verdict := 'broken';
    RETURN;
  END IF;
  bad := first_other(mine, given);
  fresh := given[mine.next_sequence - first + 1 :];
  IF bad IS NULL AND cardinality(fresh) > 0 AND substr(fresh[1], 22, 32) <> mine.last_hash THEN
    bad := mine.next_sequence;
  END IF;
  IF bad IS NOT NULL THEN
    PERFORM alarm_of(wanted, 'forked', bad, given[bad - first + 1]);
    verdict := 'forked';
    RETURN;
  END IF;
  verdict := 'taken';
  IF cardinality(fresh) = 0 THEN
    RETURN;
  END IF;
  months := filed_under(mine, fresh);
  FOR needed IN SELECT DISTINCT m FROM unnest(months) AS each (m) LOOP
    PERFORM make_partition(mine.office, needed);
  END LOOP;
  PERFORM put_records(mine, fresh, months, contents_of(fresh));
  latest := fresh[cardinality(fresh)];
  next_sequence := u64(latest, 5) + 1;
  UPDATE log SET first_sequence = coalesce(log.first_sequence, first), next_sequence = take_records.next_sequence,
      last_hash = sha256(latest), last_utc_us = u64(latest, 13), seen_at = now(),
      last_month = months[cardinality(months)],
      odd_from = CASE WHEN EXISTS (SELECT FROM unnest(fresh) AS each (o) WHERE month_of(u64(o, 13)) IS NULL)
        THEN coalesce(log.odd_from, months[1]) ELSE log.odd_from END,
      program = coalesce(word(careful_content(latest), 'program'), log.program)
    WHERE log_id = wanted;
END $$;

-- --- heads ------------------------------------------------------------------------------------------------------------

-- A note taken apart, line by line: one expression over the whole of it takes 4 ms. Raises data_exception or ZC002.
CREATE FUNCTION head_of(wanted uuid, note bytea) RETURNS head
LANGUAGE plpgsql IMMUTABLE SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  origin text := 'cardd/' || replace(wanted::text, '-', '');
  lines text[] := string_to_array(convert_from(note, 'UTF8'), E'\n');
  signature text[] := string_to_array(lines[8], ' ');
  made head%ROWTYPE;
BEGIN
  IF length(note) > 65536 OR cardinality(lines) < 9 OR lines[1] <> origin OR lines[2] !~ '^[0-9]{1,15}$' OR length(lines[3]) <> 44
    OR lines[4] !~ '^time [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{15}Z$' OR lines[5] !~ '^chain [0-9a-f]{64}$'
    OR lines[6] !~ '^why [a-z][a-z0-9_]{0,31}$' OR lines[7] <> '' OR cardinality(signature) IS DISTINCT FROM 3 OR signature[1] <> '—'
    OR left(signature[2], 39) <> origin || '/' OR substr(signature[2], 40) !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
    RAISE EXCEPTION 'this is no head of this log' USING ERRCODE = 'ZC002';
  END IF;
  made.log_id := wanted;
  made.size := lines[2];
  made.utc_us := (extract(epoch FROM substr(lines[4], 6)::timestamptz) * 1000000)::bigint;
  made.period := substr(signature[2], 40);
  made.why := substr(lines[6], 5);
  made.root := decode(lines[3], 'base64');
  made.chain := decode(substr(lines[5], 7), 'hex');
  made.note := note;
  made.note_hash := sha256(note);
  RETURN made;
END $$;

-- Notes in order, each over records that we have. Signatures are the verifier's: PostgreSQL knows no Ed25519. `verdict`: taken; gap.
CREATE FUNCTION take_heads(wanted uuid, notes bytea[], OUT verdict text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  mine log%ROWTYPE := own_log(wanted);
  each bytea;
  given head%ROWTYPE;
BEGIN
  verdict := 'taken';
  FOREACH each IN ARRAY notes LOOP
    given := head_of(wanted, each);
    IF given.size >= mine.next_sequence THEN
      verdict := 'gap';
      EXIT;
    END IF;
    given.number := mine.heads + 1;
    INSERT INTO head SELECT given.* ON CONFLICT (log_id, note_hash) DO NOTHING;
    CONTINUE WHEN NOT FOUND;
    PERFORM look_at_head(mine, given);
    mine.heads := given.number;
    mine.head_size := greatest(mine.head_size, given.size); mine.head_utc_us := given.utc_us; mine.head_period := given.period;
  END LOOP;
  UPDATE log SET heads = mine.heads, head_size = mine.head_size, head_utc_us = mine.head_utc_us, head_period = mine.head_period, seen_at = now()
    WHERE log_id = wanted;
EXCEPTION WHEN data_exception OR null_value_not_allowed OR not_null_violation THEN
  RAISE EXCEPTION 'this is no head' USING ERRCODE = 'ZC002';
END $$;

-- Alarms for a head that does not fit to our records or to another head of the same size. It is kept all the same: it is evidence.
CREATE FUNCTION look_at_head(mine log, given head) RETURNS void
LANGUAGE plpgsql SET search_path = cardd_fleet, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  ours bytea := CASE given.size WHEN 0 THEN decode(repeat('00', 32), 'hex') WHEN mine.next_sequence - 1 THEN mine.last_hash END;
  around date := month_of(given.utc_us);
BEGIN
  IF ours IS NULL THEN                                  -- most heads are signed in the month of their last record
    SELECT hash INTO ours FROM record WHERE log_id = mine.log_id AND office = mine.office AND sequence = given.size AND month = around;
  END IF;
  IF ours IS NULL THEN
    SELECT hash INTO ours FROM record WHERE log_id = mine.log_id AND office = mine.office AND sequence = given.size;
  END IF;
  IF ours <> given.chain THEN
    PERFORM alarm_of(mine.log_id, 'head_differs', given.size, given.note);
  END IF;
  IF EXISTS (SELECT FROM head WHERE log_id = mine.log_id AND size = given.size AND root <> given.root) THEN
    PERFORM alarm_of(mine.log_id, 'head_forked', given.size, given.note);
  END IF;
END $$;

-- --- cuts at the terminal ---------------------------------------------------------------------------------------------

-- The terminal's `cut.json`, after the record of the cut was shipped.
CREATE FUNCTION take_cut(wanted uuid, told bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  mine log%ROWTYPE := own_log(wanted);
  content jsonb;
  latest bigint;
BEGIN
  BEGIN
    content := convert_from(told, 'UTF8')::jsonb;
    latest := whole(content #> '{cuts,-1}', 'last_sequence');
  EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RAISE EXCEPTION 'this is no cut' USING ERRCODE = 'ZC002';
  END;
  IF length(told) > 67108864 OR (content ->> 'log_id') IS DISTINCT FROM replace(wanted::text, '-', '') OR latest IS NULL OR latest >= mine.next_sequence THEN
    RAISE EXCEPTION 'this is no cut of this log' USING ERRCODE = 'ZC002';
  END IF;
  INSERT INTO cut_file (log_id, digest, last_sequence, octets) VALUES (wanted, sha256(told), latest, told) ON CONFLICT DO NOTHING;
END $$;
