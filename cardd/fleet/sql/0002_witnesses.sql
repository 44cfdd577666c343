-- Version 2: heads with the signatures of witnesses, as each terminal has them back. Whether a signature holds is the verifier's:
-- PostgreSQL knows no Ed25519. One a day and witness is kept, as at the terminal.

CREATE TABLE cosigned (
  log_id uuid NOT NULL,
  key_id bytea NOT NULL,                                -- 4 bytes; of the witness's key
  witness text NOT NULL,                                -- its name, as the signature says
  period text NOT NULL,                                 -- the day of the log's key
  size bigint NOT NULL,
  at_s bigint NOT NULL,                                 -- when the witness says that it saw the head, seconds since 1970
  note bytea NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, key_id, period)
);

-- The newest day of each witness that is here.
CREATE FUNCTION cosigned_of(wanted uuid) RETURNS TABLE (of_key bytea, latest text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
BEGIN
  PERFORM own_log(wanted);
  RETURN QUERY SELECT key_id, max(period) FROM cosigned WHERE log_id = wanted GROUP BY key_id;
END $$;

-- One note, signed by the log and by a witness. `verdict`: taken; gap (its head is not here yet); forked (another head of that size is).
CREATE FUNCTION take_cosigned(wanted uuid, note bytea, OUT verdict text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cardd_fleet, pg_temp AS $$
DECLARE
  mine log%ROWTYPE := own_log(wanted);
  given head%ROWTYPE;
  words text[];
  octets bytea;
BEGIN
  given := head_of(wanted, note);                       -- here and not above, so that what it raises is caught below
  words := string_to_array(split_part(convert_from(note, 'UTF8'), E'\n', 9), ' ');
  IF cardinality(words) IS DISTINCT FROM 3 OR words[1] <> '—' OR words[2] !~ '^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}$' THEN
    RAISE EXCEPTION 'no witness signed this' USING ERRCODE = 'ZC002';
  END IF;
  octets := decode(words[3], 'base64');
  IF length(octets) <> 76 OR get_byte(octets, 4) > 127 THEN
    RAISE EXCEPTION 'this is no signature of a witness' USING ERRCODE = 'ZC002';
  END IF;
  IF EXISTS (SELECT FROM head WHERE log_id = wanted AND size = given.size AND root <> given.root) THEN
    PERFORM alarm_of(wanted, 'head_forked', given.size, note);
    verdict := 'forked';
    RETURN;
  END IF;
  IF NOT EXISTS (SELECT FROM head WHERE log_id = wanted AND size = given.size AND head.note = substr(take_cosigned.note, 1, length(head.note))) THEN
    verdict := 'gap';
    RETURN;
  END IF;
  INSERT INTO cosigned (log_id, key_id, witness, period, size, at_s, note)
    VALUES (wanted, substr(octets, 1, 4), words[2], given.period, given.size, u64(octets, 5), note)
    ON CONFLICT (log_id, key_id, period) DO UPDATE SET witness = EXCLUDED.witness, size = EXCLUDED.size, at_s = EXCLUDED.at_s,
      note = EXCLUDED.note, since = now() WHERE cosigned.size < EXCLUDED.size;
  verdict := 'taken';
EXCEPTION WHEN data_exception OR null_value_not_allowed OR not_null_violation THEN
  RAISE EXCEPTION 'this is no head' USING ERRCODE = 'ZC002';
END $$;

REVOKE ALL ON cosigned FROM PUBLIC;
REVOKE ALL ON FUNCTION cosigned_of(uuid), take_cosigned(uuid, bytea) FROM PUBLIC;
GRANT SELECT ON cosigned TO cardd_fleet_auditor, cardd_fleet_keeper;
GRANT EXECUTE ON FUNCTION cosigned_of(uuid), take_cosigned(uuid, bytea) TO cardd_fleet_terminal;
