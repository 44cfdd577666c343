"""What to do when the daemon does not start: a sentence for each problem of record and state, which goes to the journal with it."""

from cardd.audit.chain import Damaged
from cardd.audit.clock_steps import FAR_AHEAD, UNSURE
from cardd.errors import CarddError
from cardd.state.store import StateBroken

STATE_REMEDY = "restore it from the backup; without it an emergency stop, locks and blocked badges would be forgotten"
STATE_REMEDIES = {
    "locked": "another cardd runs on these directories: systemctl status cardd",
    "not_writable": "look at the disk and at the rights of the folder",
    "lost": f"{STATE_REMEDY}. Where there is no backup, the record must begin anew as well: move its directory away and keep it",
}
DAMAGED_REMEDY = (
    "cardd-verify DIRECTORY; keep a copy as it is, look for the cause, then: cardctl record close (two administrators)"
)
_TAKEN_AWAY = "the record, its heads and its key do not belong together: something was removed, exchanged, or put back from an older copy"
RECORD_REMEDIES = {
    "log_missing": "there is a key and no record: look whether its disk is mounted. Where the record is lost: cardctl restore",
    "log_key_missing": f"{_TAKEN_AWAY} (the key). {DAMAGED_REMEDY}",
    "log_key_form": f"the key of the record cannot be read. {DAMAGED_REMEDY}",
    "log_key_rights": "others can read the key of the record: chmod 0600, find out who did, and tell whoever answers for the record",
    "log_key_other_log": f"{_TAKEN_AWAY} (the key is of another record). {DAMAGED_REMEDY}",
    "log_key_old": f"{_TAKEN_AWAY} (the key is older than the newest head). {DAMAGED_REMEDY}",
    "log_key_wrong": f"{_TAKEN_AWAY} (the key did not sign the newest head). {DAMAGED_REMEDY}",
    "head_ahead": f"{_TAKEN_AWAY} (records are missing at the end). {DAMAGED_REMEDY}",
    "head_chain": f"{_TAKEN_AWAY} (records). {DAMAGED_REMEDY}",
    "head_root": f"{_TAKEN_AWAY} (records). {DAMAGED_REMEDY}",
    "heads_behind": f"{_TAKEN_AWAY} (the newest heads). {DAMAGED_REMEDY}",
    "heads_missing": f"{_TAKEN_AWAY} (heads). {DAMAGED_REMEDY}",
    "heads_other_log": f"{_TAKEN_AWAY} (heads of another record). {DAMAGED_REMEDY}",
    "heads_older": f"{_TAKEN_AWAY} (an older copy of the record and its heads was put back). {DAMAGED_REMEDY}",
    "log_key_mark": f"what stands beside the key of the record about its newest head cannot be read. {DAMAGED_REMEDY}",
    "first_key_wrong": f"{_TAKEN_AWAY} (first.key is not the key of the first head). {DAMAGED_REMEDY}",
    "first_key_missing": f"{_TAKEN_AWAY} (first.key). {DAMAGED_REMEDY}",
}
_NOT_ORDERED = (
    "continues.json says that a new record takes the place of the one it names, and {}. Nothing was begun. Find out who put "
    "that file there, and put the record itself back: closed/ has it, or a backup. A damaged record is closed with: cardctl "
    "record close (two administrators)"
)
RECORD_REMEDIES |= {
    "continues_unsigned": _NOT_ORDERED.format("nobody signed that, and no backup was opened for it"),
    "continues_order": _NOT_ORDERED.format(
        "what was signed is about another record, another end of it, or another terminal"
    ),
    "continues_signers": _NOT_ORDERED.format(
        "it is not signed by two administrators of the register, nor sealed by this machine's backup key"
    ),
    "continues_closed": _NOT_ORDERED.format("the closed record is not there, or is not the one that was to be closed"),
    "continues_not_judged": "whether two administrators signed the order behind continues.json could not be found out: look at operator_ca",
    "continues_differs": "continues.json does not say what the first record says of the record before: it was changed, "
    "put there, or taken away. Put it back from a backup; closed records that it does not name are found by nobody",
    "continues_newer_format": "a newer cardd wrote continues.json: install that version again",
    "continues_form": _NOT_ORDERED.format("it is none of ours"),
    "continues_unreadable": _NOT_ORDERED.format("it is no plain file that cardd can read"),
}
CLOCK_REMEDY = (
    "the clock is more than 400 days ahead of the newest head of the record: set it right. "
    "A machine that was in store for so long begins a new record"
)
UNSURE_REMEDY = (
    "the clock is more than audit.clock_days ahead of the newest record, and nothing keeps it right. Compare it with another clock. "
    "Wrong: set it. Right: let systemd-timesyncd keep it, or write the day into cardd.toml (audit.clock_confirmed) and start again"
)
START_REMEDIES = {
    FAR_AHEAD: CLOCK_REMEDY,
    UNSURE: UNSURE_REMEDY,
    "locked": "another program writes this record, a second cardd or cardctl setup: systemctl status cardd. "
    "Two daemons need directories of their own each",
}


def remedy_of(error: CarddError | Damaged | StateBroken | OSError) -> dict[str, str]:
    """`remedy`, where there is one beside what the error says itself."""
    match error:
        case StateBroken():
            return {"remedy": STATE_REMEDIES.get(error.problem, STATE_REMEDY)}
        case Damaged():
            return {"remedy": RECORD_REMEDIES.get(error.problem, DAMAGED_REMEDY)}
        case CarddError() if error.facts.problem in START_REMEDIES:
            return {"remedy": START_REMEDIES[error.facts.problem]}
        case _:
            return {}
