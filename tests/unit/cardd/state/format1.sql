PRAGMA application_id = 1667330660;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE approvals (
        id TEXT PRIMARY KEY,
        operation TEXT NOT NULL,
        method TEXT NOT NULL,
        content TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        requester TEXT NOT NULL,
        requester_person TEXT NOT NULL,
        requester_marks TEXT NOT NULL,
        seat TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('asked', 'given', 'used', 'refused')),
        asked_boot TEXT NOT NULL,
        asked_boottime REAL NOT NULL,
        asked_own_us INTEGER NOT NULL,
        asked_utc_us INTEGER NOT NULL,
        approver TEXT,
        approver_person TEXT,
        given_boot TEXT,
        given_boottime REAL,
        given_own_us INTEGER,
        proof BLOB,
        expires_utc_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "approvals" VALUES('a-0123456789abcdef','badge_enrol','badge.enrol','{"operator":"森"}','724d75b09590bc789078801836fe9c6c82335533846737b79328820e92ecddea','sato','sato','','counter','given','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',500.0,1795365824000000,1795365824000000,'suzuki','suzuki','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',500.0,1795365824000000,X'70726F6F66',1795366124000000);
CREATE TABLE badge_progress (
        guid TEXT PRIMARY KEY,
        operator_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('enrol', 'renew')),
        content_hash TEXT NOT NULL,
        requester TEXT NOT NULL,
        approver TEXT NOT NULL,
        done TEXT NOT NULL,
        facts TEXT NOT NULL,
        begun_boot TEXT NOT NULL,
        begun_boottime REAL NOT NULL,
        begun_own_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "badge_progress" VALUES('ffffffffffffffffffffffffffffffff','hara','renew','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','sato','suzuki','keys','{"a":"1"}','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',500.0,1795365824000000);
CREATE TABLE badges (
        operator_id TEXT PRIMARY KEY,
        operator TEXT NOT NULL,
        register_version INTEGER NOT NULL,
        guid TEXT NOT NULL UNIQUE,
        expires_utc_us INTEGER NOT NULL,
        management_key TEXT NOT NULL CHECK (management_key IN ('own', 'factory')),
        enrolled_utc_us INTEGER NOT NULL,
        requested_by TEXT NOT NULL,
        approved_by TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "badges" VALUES('mori','{"id":"mori","name":"森","role":"counter","certificates":["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"],"guid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","status":"active","unix_user":null,"person":null,"until":null}',3,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',2795365824000000,'own',1795365824000000,'sato','suzuki');
CREATE TABLE blocks (
        mark TEXT PRIMARY KEY,
        operator_id TEXT NOT NULL,
        by TEXT NOT NULL,
        reason TEXT NOT NULL,
        blocked_utc_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "blocks" VALUES('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','hara','sato','lost',1795365824000000);
CREATE TABLE lockdown (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        since_utc_us INTEGER NOT NULL,
        by TEXT NOT NULL,
        reason TEXT NOT NULL,
        vote_person TEXT,
        vote_marks TEXT,
        vote_boot TEXT,
        vote_boottime REAL,
        vote_own_us INTEGER,
        vote_utc_us INTEGER
    ) STRICT;
INSERT INTO "lockdown" VALUES(1,1795365824000000,'sato','drill','sato','sato','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',500.0,1795365824000000,1795365824000000);
CREATE TABLE login_failures (
        id INTEGER PRIMARY KEY,
        subject TEXT NOT NULL REFERENCES login_subjects ON DELETE CASCADE,
        own_us INTEGER NOT NULL
    ) STRICT;
INSERT INTO "login_failures" VALUES(1,'badge:1',1795365824000000);
CREATE TABLE login_subjects (
        subject TEXT PRIMARY KEY,
        touched INTEGER NOT NULL,
        locked_until_own_us INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
INSERT INTO "login_subjects" VALUES('badge:1',4,0);
INSERT INTO "login_subjects" VALUES('seat:counter',3,1795366724000000);
CREATE TABLE own_time (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        boot_id TEXT NOT NULL,
        boottime_us INTEGER NOT NULL,
        own_us INTEGER NOT NULL,
        utc_us INTEGER NOT NULL
    ) STRICT;
INSERT INTO "own_time" VALUES(1,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',500000000,1795365824000000,1795365824000000);
CREATE TABLE versions (
        kind TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        file_hash TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "versions" VALUES('policy',7,'1111111111111111111111111111111111111111111111111111111111111111');
CREATE TABLE wrong_pins (
        id INTEGER PRIMARY KEY,
        own_us INTEGER NOT NULL,
        which TEXT NOT NULL,
        card TEXT,
        operator TEXT
    ) STRICT;
INSERT INTO "wrong_pins" VALUES(1,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(2,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(3,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(4,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(5,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(6,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(7,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(8,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(9,1795365824000000,'signature','11111111111111111111111111111111','sato');
INSERT INTO "wrong_pins" VALUES(10,1795365824000000,'signature','11111111111111111111111111111111','sato');
CREATE INDEX login_failures_of ON login_failures (subject, own_us);
CREATE INDEX wrong_pins_of_card ON wrong_pins (card, own_us);
CREATE INDEX wrong_pins_of_operator ON wrong_pins (operator, own_us);
COMMIT;
