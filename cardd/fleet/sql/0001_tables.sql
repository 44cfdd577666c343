-- Version 1: the tables. Made as cardd_fleet_owner, in the schema cardd_fleet.
--
-- Nobody is given INSERT, UPDATE or DELETE. Terminals write through functions that look at who calls; what is old goes by whole
-- partitions. No triggers and no identity columns: a distributed PostgreSQL (Citus) takes neither on distributed tables.
-- Every unique key begins with log_id, the distribution key.

CREATE TABLE version (number integer NOT NULL, since timestamptz NOT NULL DEFAULT now());

-- An office: 全国地方公共団体コード or another number of the fleet's own.
CREATE TABLE office (
  office integer PRIMARY KEY CHECK (office > 0),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
  since timestamptz NOT NULL DEFAULT now()
);

-- A terminal and the role by whose certificate it shows who it is.
CREATE TABLE terminal (
  terminal text PRIMARY KEY CHECK (terminal ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
  office integer NOT NULL REFERENCES office,
  role name NOT NULL UNIQUE,
  since timestamptz NOT NULL DEFAULT now(),
  enrolled_by name NOT NULL DEFAULT session_user,
  blocked_at timestamptz,
  blocked_by name
);

-- A log of a terminal, pinned by its first key at enrolment; a terminal that was restored or replaced has one more.
CREATE TABLE log (
  log_id uuid PRIMARY KEY,
  terminal text NOT NULL REFERENCES terminal,
  office integer NOT NULL REFERENCES office,
  first_key text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  enrolled_by name NOT NULL DEFAULT session_user,
  first_sequence bigint,                                -- NULL: nothing was shipped yet
  next_sequence bigint NOT NULL DEFAULT 1,
  last_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
  last_utc_us bigint,
  last_month date,                                      -- the month that its newest record is filed under
  odd_from date,                                        -- where the first record is filed whose own time cannot be
  program text,
  heads bigint NOT NULL DEFAULT 0,
  head_size bigint NOT NULL DEFAULT 0,
  head_utc_us bigint,
  head_period text,
  seen_at timestamptz,                                  -- when its helper last spoke to us
  helper text,                                          -- the helper's version
  local_size bigint,                                    -- how many records its newest head at the terminal covers
  problem text                                          -- what its helper cannot get past, one word
);

-- Records: the whole bytes, and what questions need of them. The columns are made here, from the bytes, by take_records.
CREATE TABLE record (
  office integer NOT NULL,
  month date NOT NULL,                                  -- filed under: first day of the month in Japan, never before the record before
  log_id uuid NOT NULL,
  sequence bigint NOT NULL,
  utc_us bigint NOT NULL,
  phase smallint NOT NULL,
  hash bytea NOT NULL,
  octets bytea NOT NULL,
  readable boolean NOT NULL,                            -- whether its JSON can be taken apart here
  event text, operation text, operator text, role text, badge text, approver text, purpose text, case_number text, seat text,
  terminal text, client text, card text, card_source text, result text, code text, problem text, pin_outcome text, rule text,
  subject text, watch text, verdict text, reason text, program text, policy text,
  items text[],
  intent bigint, uid bigint, tries_before bigint, tries_after bigint, alarm bigint,
  emergency boolean,
  PRIMARY KEY (log_id, sequence, office, month)
) PARTITION BY RANGE (office, month);

CREATE INDEX record_time ON record (utc_us);
CREATE INDEX record_operator ON record (operator, utc_us) WHERE operator IS NOT NULL;
CREATE INDEX record_card ON record (card, utc_us) WHERE card IS NOT NULL;
CREATE INDEX record_purpose ON record (purpose, utc_us) WHERE purpose IS NOT NULL;
CREATE INDEX record_case ON record (case_number, utc_us) WHERE case_number IS NOT NULL;
CREATE INDEX record_intent ON record (log_id, intent) WHERE intent IS NOT NULL;
CREATE INDEX record_rare ON record (event, utc_us) WHERE phase = 3;

-- Heads, each note as the log signed it, in the order in which they came.
CREATE TABLE head (
  log_id uuid NOT NULL,
  number bigint NOT NULL,
  size bigint NOT NULL,
  utc_us bigint NOT NULL,
  period text NOT NULL,
  why text NOT NULL,
  root bytea NOT NULL,
  chain bytea NOT NULL,
  note bytea NOT NULL,
  note_hash bytea NOT NULL,
  PRIMARY KEY (log_id, number),
  UNIQUE (log_id, note_hash)
);
CREATE INDEX head_size ON head (log_id, size);

-- What cannot be: another record under a number that we have, a log that became shorter, two heads of one size.
CREATE TABLE alarm (
  log_id uuid NOT NULL,
  word text NOT NULL CHECK (word IN ('forked', 'broken', 'shorter', 'head_differs', 'head_forked')),
  sequence bigint NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  evidence bytea,                                       -- the record or note that was shipped and not taken
  PRIMARY KEY (log_id, word, sequence)
);

-- Who asked what of the fleet; never what was answered.
CREATE TABLE asked (
  at timestamptz NOT NULL DEFAULT now(),
  by name NOT NULL DEFAULT session_user,
  what text NOT NULL,
  filters jsonb NOT NULL
);

-- What a terminal says of its own cuts (`cut.json`, docs/audit-log.md), each version that it had. The record `log.cut` bears it out.
CREATE TABLE cut_file (
  log_id uuid NOT NULL,
  digest bytea NOT NULL,
  last_sequence bigint NOT NULL,
  octets bytea NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, digest)
);

-- A cut takes two people; it leaves counts, and all heads.
CREATE TABLE cut_request (
  office integer NOT NULL,
  month date NOT NULL,
  asked_by name NOT NULL DEFAULT session_user,
  asked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (office, month)
);

CREATE TABLE cut (
  office integer NOT NULL,
  month date NOT NULL,
  log_id uuid NOT NULL,
  first_sequence bigint NOT NULL,
  last_sequence bigint NOT NULL,
  last_hash bytea NOT NULL,
  records bigint NOT NULL,
  counts jsonb NOT NULL,                                -- {event: number}
  asked_by name NOT NULL,
  agreed_by name NOT NULL DEFAULT session_user,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, office, month)
);
