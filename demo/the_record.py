"""The third act of the demo: the record. What an auditor asks, what a resident is told, and what somebody outside can check alone."""

import json
import shlex
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from demo.office import Office, Person, Resident
from demo.second_day import YES, approval_in, sits_down
from demo.stage import DESK_READER, RESIDENT_READER, Failed, Stage
from demo.tour import DAMAGED, IN_JAPANESE, Tour

AUDITORS = "auditor"
"""The auditor's own folder. It would be another machine."""
FIRST_KEY = f"{AUDITORS}/first.key"
PROOF, COPY, LIST, REPORT = (f"{AUDITORS}/{name}" for name in ("proof.json", "copy", "list.txt", "report.html"))
LINES_OF_THE_LIST = "10"
SECONDS_FOR_AN_ALARM = 60.0
LOST_BADGE = "w4"


def hire(office: Office) -> Person:
    """Somebody who looks on and works with no card. Called before the office's files are written."""
    return office.hire("mori", "森 六花", "auditor", name_on_badge="MORI RIKKA")


def note_the_key(tour: Tour, office: Office) -> None:
    tour.step(
        "監査担当が、記録の最初の公開鍵を控えます",
        "The auditor notes the record's first public key: with it, everything later is checked",
    )
    (office.folder / AUDITORS).mkdir()
    tour.run("cp", "audit/first.key", FIRST_KEY)
    tour.run("cat", FIRST_KEY)


def receipt_in(screen: str) -> str:
    """The receipt in an answer, as SEQUENCE:HASH."""
    receipt = json.loads(next(line for line in screen.splitlines() if line.startswith("{")))["receipt"]
    return f"{receipt['sequence']}:{receipt['record_hash']}"


def ask_the_record(
    tour: Tour, stage: Stage, auditor: Person, supervisor: Person, resident: Resident, receipt: str
) -> None:
    """While cardd works; it runs on afterwards."""
    tour.step(
        "監査担当がログインし、署名付きの照合値を見ます",
        "The auditor logs in: a signed head says how many records there are, and what they are",
    )
    sits_down(stage, auditor)
    tour.clerk("login", pins=[auditor.pin])
    tour.clerk("audit", "head")
    tour.step(
        "1日目の読み取りの控えから、証明のファイルを作ります",
        "The receipt of a reading on the first day becomes a proof for somebody who has neither log nor machine",
    )
    tour.clerk("audit", "proof", receipt, "--out", PROOF)
    _tell_the_resident(tour, stage, supervisor, resident)
    _alarm(tour, stage)


def _tell_the_resident(tour: Tour, stage: Stage, supervisor: Person, resident: Resident) -> None:
    tour.step(
        "住民の請求: 「私のカードを、誰がいつ何のために使いましたか」（暗証番号は不要、2人で）",
        "A resident asks who used the card, when, why; no PIN, but a second person",
    )
    stage.insert(resident.card, RESIDENT_READER)
    order = ("audit", "disclose", "--purpose", "disclosure", "--case", "R8-0050", "--out", LIST)
    approval = approval_in(tour.clerk(*order, expect=34))
    stage.insert(supervisor.badge, DESK_READER)
    tour.person("approvals", "give", approval, "--badge", stage.handle(DESK_READER), answers=[YES, supervisor.pin])
    stage.pull(DESK_READER)
    tour.clerk(*order, "--approval", approval)
    tour.run("tail", "-n", LINES_OF_THE_LIST, LIST)
    stage.pull(RESIDENT_READER)


def _alarm(tour: Tour, stage: Stage) -> None:
    tour.step(
        "見守り: 紛失した職員カードが使われたという警告を見て、確認の結果を残します",
        "Rules watch the record: the lost badge raised an alarm; a person looks at it, and the answer is kept",
    )
    number = _number_of_the_alarm(stage)
    tour.clerk("audit", "alarms", "--watch", LOST_BADGE)
    tour.clerk("audit", "review", str(number), "explained", "training")
    tour.clerk("audit", "alarms", "--watch", LOST_BADGE, "--state", "reviewed")


def _number_of_the_alarm(stage: Stage) -> int:
    began = time.monotonic()
    while time.monotonic() - began < SECONDS_FOR_AN_ALARM:
        _, screen = stage.run(["cardctl", "--json", "audit", "alarms", "--watch", LOST_BADGE])
        if alarms := json.loads(screen)["alarms"]:
            return int(alarms[0]["alarm"])
        time.sleep(0.2)
    raise Failed("the lost badge raised no alarm")


def check_from_outside(tour: Tour, office: Office, receipt: str) -> None:
    """After cardd has stopped: nothing of it is needed any more."""
    tour.step(
        "控えの証明を、ログなしで確かめます",
        "Somebody outside checks the proof: no log, no cardd, only the key that was noted",
    )
    if "証明されました" not in _verify(tour, "--proof", PROOF, "--key", FIRST_KEY, "--receipt", receipt):
        raise Failed("the receipt is not proved")
    tour.step(
        "ログの写しの1ビットを変えると、どの記録かが分かります",
        "One bit of a copy is changed: the verifier names the record",
    )
    tour.run("cp", "-r", "audit", COPY)
    number = int(receipt.partition(":")[0])
    _change_one_bit(office.folder / COPY, number)
    tour.say(f"record {number}: one bit / 記録 {number} の1ビット")
    if f"記録 {number}（" not in _verify(tour, COPY, "--key", FIRST_KEY, expect=DAMAGED):
        raise Failed("the verifier does not name the record")
    tour.step("月次報告書を作ります", "The monthly report: one HTML file, to be printed and inspected")
    month = datetime.now(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m")
    key = (office.folder / FIRST_KEY).read_text(encoding="ascii").strip()
    inputs = ("--log", "audit", "--policy", "policy.toml", "--settings", "cardd.toml")
    tour.clerk("audit", "report", "--month", month, *inputs, "--key", key, REPORT)
    tour.say(f"ブラウザで開いてください / open it in a browser: {shlex.quote(str(office.folder / REPORT))}")


def _verify(tour: Tour, *arguments: str, expect: int = 0) -> str:
    return tour.run("cardd-verify", "--locale", IN_JAPANESE[-1], *arguments, expect=expect)


def _change_one_bit(log: Path, number: int) -> None:
    """In the middle of a record's content. Forms: docs/audit-log.md."""
    header, length, file = 68, 4, sorted(log.glob("*.seg"))[0]
    octets, at = bytearray(file.read_bytes()), header
    for _ in range(number - 1):
        at += length + int.from_bytes(octets[at : at + length])
    size = int.from_bytes(octets[at : at + length])
    octets[at + length + size // 2] ^= 1
    file.write_bytes(octets)
