"""The second act of the demo: the office's rules. What locks, what may be done, what takes two people, and what stops everything."""

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from applets_spec.card import Card
from applets_spec.piv.personalise import make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from demo.office import PASSPHRASE, Office, Person, Resident
from demo.stage import BADGE_READER, DESK_READER, RESIDENT_READER, Failed, Stage
from demo.tour import MAY_NOT, Tour

LOCK_SECONDS = 10
"""The shortest that cardd allows; an office has at most 300."""
YES = "はい"
SENSITIVE = ("--purpose", "resident_code", "--case", "R8-0044")
BADGE_CARE = ("--purpose", "badge_care", "--case", "R8-0100")
NEW_PIN = "805173"
RECEIPTS = 4


@dataclass(frozen=True)
class Staff:
    """Who works on the second day."""

    issuer: Person
    """Works with residents' codes, which takes a second person."""
    supervisor: Person
    administrators: tuple[Person, Person]


def hire(office: Office, supervisor: Person) -> Staff:
    """The staff of the second day, and what is needed to make badges. Called before the office's files are written."""
    issuer = office.hire("kato", "加藤 一", "card_issuing", name_on_badge="KATO HAJIME")
    first = office.hire("suzuki", "鈴木 次郎", "administrator", name_on_badge="SUZUKI JIRO")
    second = office.hire("ito", "伊藤 三郎", "administrator", name_on_badge="ITO SABURO")
    office.make_badges_here()
    return Staff(issuer, supervisor, (first, second))


def second_day(tour: Tour, stage: Stage, office: Office, staff: Staff, resident: Resident, settings: str) -> None:
    """From the morning to the release of the emergency stop; cardd runs on afterwards. `settings`: more tables of the configuration."""
    open_again(tour, stage, office, staff, settings)
    may_i(tour)
    lock(tour, stage, staff)
    second_person(tour, stage, staff, resident)
    pile(tour, office.folder, staff)
    new_badge(tour, stage, office, staff)
    emergency_stop(tour, stage, staff)


def open_again(tour: Tour, stage: Stage, office: Office, staff: Staff, settings: str) -> None:
    tour.step("翌朝: 別の職員がログインします", "The next morning: another operator logs in")
    stage.pull(RESIDENT_READER)
    office.write(stage.socket, extra_config=f"[limits]\nlock_seconds = {LOCK_SECONDS}\n\n{settings}")
    stage.start_daemon(office.folder / "cardd-2.log")
    stage.insert(staff.issuer.badge, BADGE_READER)
    tour.clerk("login", pins=[staff.issuer.pin])


def may_i(tour: Tour) -> None:
    tour.step(
        "「これはできますか」: 規則に尋ねます（カードには触れません）",
        "May I? The rules answer, with the line that decides; no card is touched",
    )
    tour.clerk("policy", "explain", "read", "name", "photo", "--purpose", "identity_check")
    tour.clerk("policy", "explain", "read", "name", "my_number", "--purpose", "identity_check", expect=MAY_NOT)


def lock(tour: Tour, stage: Stage, staff: Staff) -> None:
    tour.step(
        f"操作がないとロックされます（ふつうは5分、この実演では{LOCK_SECONDS}秒）",
        f"Nobody works: the session locks, after 5 minutes as a rule, after {LOCK_SECONDS} s here",
    )
    _wait_for_the_lock(stage)
    tour.clerk("pin", "status", "--with-badge", *BADGE_CARE, expect=30)
    tour.person("unlock", answers=[staff.issuer.pin])


def second_person(tour: Tour, stage: Stage, staff: Staff, resident: Resident) -> None:
    tour.step(
        "住民票コードの手続きには、もう1人の承認が必要です",
        "What touches the resident code takes two people; the order is kept word by word",
    )
    stage.insert(resident.card, RESIDENT_READER)
    order = ("read", *SENSITIVE, "name", "address")
    approval = approval_in(tour.clerk(*order, expect=34))
    tour.say("責任者が、自分の職員カードを別のリーダーに置きます / the supervisor's badge goes into another reader")
    stage.insert(staff.supervisor.badge, DESK_READER)
    tour.person("approvals", "give", approval, answers=[YES, staff.supervisor.pin])
    stage.pull(DESK_READER)
    tour.clerk(*order, "--approval", approval, pins=[NEW_CARD_INFO_PIN])
    tour.step("承認は一度しか使えません", "An approval serves once")
    tour.clerk(*order, "--approval", approval, expect=34)
    stage.pull(RESIDENT_READER)


NEW_CARD_INFO_PIN = "2468"
"""What the resident changed it to on the first day."""


def pile(tour: Tour, folder: Path, staff: Staff) -> None:
    tour.step(
        "暗証番号を一度入力して、受領書3枚に署名します（4枚目は断られます）",
        "A grant: three signatures with the operator's key after one PIN, and no fourth",
    )
    names = [f"receipt-{number}.txt" for number in range(1, RECEIPTS + 1)]
    for number, name in enumerate(names, 1):
        (folder / name).write_text(f"受領書 R8-0046 その{number}\n", encoding="utf-8")
    tour.typed("python", "../demo/sign_pile.py", *names, answers=[staff.issuer.pin], expect=31)


def new_badge(tour: Tour, stage: Stage, office: Office, staff: Staff) -> None:
    first, second = staff.administrators
    tour.step(
        "新しい職員の職員カードを作ります（注文）", "A new operator: an administrator orders a badge from a blank card"
    )
    sits_down(stage, first)
    tour.clerk("login", pins=[first.pin])
    card = make_blank_badge(office.folder / "cards" / "tanaka.card", quirks=PivQuirks(set_management_key=True))
    stage.insert(card, RESIDENT_READER)
    order = ("badge", "enrol", "tanaka", "--name", "田中 一郎", "--role", "counter", *BADGE_CARE)
    approval = approval_in(tour.clerk(*order, expect=34))
    tour.step("もう1人の管理者が承認します", "Another administrator agrees, with another badge")
    stage.insert(second.badge, DESK_READER)
    badge = stage.handle(DESK_READER)
    tour.person("approvals", "give", approval, "--badge", badge, answers=[YES, second.pin])
    stage.pull(DESK_READER)
    tour.step(
        "カードを作ります（認証局のパスフレーズ、新しい職員が決める暗証番号を2回）",
        "The badge is made: passphrase of the office's CA, then its holder's own PIN, twice",
    )
    tour.clerk(*order, "--approval", approval, pins=[PASSPHRASE, NEW_PIN, NEW_PIN])
    tour.clerk("badge", "list")
    _used_and_lost(tour, stage, staff, card)


def _used_and_lost(tour: Tour, stage: Stage, staff: Staff, card: Card) -> None:
    tour.step("新しい職員カードでログインできます", "The new badge logs in")
    stage.pull(RESIDENT_READER)
    sits_down(stage, card)
    tour.clerk("login", pins=[NEW_PIN])
    tour.step("紛失の届け出: その場で使えなくなります", "Reported lost: it counts no more, at once")
    sits_down(stage, staff.administrators[0])
    tour.clerk("login", pins=[staff.administrators[0].pin])
    tour.clerk("badge", "block", "tanaka", "--reason", "lost")
    tour.say("拾った人がそのカードを置いても / whoever found it puts it in:")
    sits_down(stage, card)
    tour.clerk("login", pins=[NEW_PIN], expect=30)


def emergency_stop(tour: Tour, stage: Stage, staff: Staff) -> None:
    first, second = staff.administrators
    tour.step("緊急停止: カードの操作をすべて止めます", "Emergency stop: all card work ends")
    sits_down(stage, first)
    tour.clerk("login", pins=[first.pin])
    tour.person("lockdown", "engage", "--reason", "drill", answers=[YES])
    tour.clerk("login", pins=[first.pin], expect=35)
    tour.step("解除には、2人の管理者の職員カードが必要です", "Its release takes the badges of two administrators")
    tour.clerk("lockdown", "release", pins=[first.pin])
    stage.pull(BADGE_READER)
    sits_down(stage, second)
    tour.clerk("lockdown", "release", pins=[second.pin])


def sits_down(stage: Stage, who: Person | Card) -> None:
    """Their badge goes into the badge reader, whatever lay there."""
    if stage.readers.slots[BADGE_READER].card is not None:
        stage.pull(BADGE_READER)
    stage.insert(who.badge if isinstance(who, Person) else who, BADGE_READER)
    stage.handle(BADGE_READER)


def approval_in(screen: str) -> str:
    """The number of the approval that a refusal names."""
    found = re.search(r"\ba-[0-9a-f]{16}\b", screen)
    if found is None:
        raise Failed("no approval was asked for")
    return found[0]


def _wait_for_the_lock(stage: Stage) -> None:
    """Until the session is locked. Looking at it is no human's act."""
    while not (status := json.loads(stage.run(["cardctl", "--json", "status"])[1]))["locked"]:
        left = (datetime.fromisoformat(status["locks_at"]) - datetime.now(UTC)).total_seconds()
        if left > LOCK_SECONDS:
            raise Failed("the session does not lock")
        time.sleep(max(left, 0.1))
