"""The record is asked over the whole daemon: by who may, about what really happened, with proofs and files that stand alone."""

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.checkpoint import VerifierKey, parse, signed_by
from cardd.audit.tree import Peaks, included, leaf_hash
from demo.office import Office
from tests.e2e.fault_house import failing, nothing_left_by_the_module, nothing_left_running
from tests.e2e.people_house import Town, hire, until
from tests.fixtures.counter import ROOMY, open_counter
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
VERIFIER = Path(__file__).parents[2] / "cardd" / "audit" / "verifier.py"
DISCLOSURE = {"purpose": "disclosure", "case": "R8-7001"}


def hire_all(office: Office) -> None:
    hire(office)
    office.hire("ueda", "上田 四郎", "auditor", name_on_badge="UEDA SHIRO")
    office.hire("clerk", "木村 五郎", "counter", name_on_badge="KIMURA GORO")


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_counter(StandInBox, config=ROOMY, prepare=hire_all) as counter:
        yield Town(counter)


def plain_read(town: Town, **more: Any) -> dict[str, Any]:
    asked = {"card": town.handle, "purpose": "identity_check", "case": "R8-0001", "items": ["name"], **more}
    return town.call("card.read", town.resident.holder.pins.card_info, **asked)


def agreed(town: Town, who: str, by: str, method: str, **params: Any) -> dict[str, Any]:
    """Ask, have it approved by another person, ask again as the first."""
    town.log_in(who)
    number = str(failing("approval.required", lambda: town.call(method, **params)).data["approval"])
    town.badge(by)
    town.give(number, by)
    town.log_in(who)
    return town.call(method, approval=number, **params)


@pytest.mark.proves("A9", "A11")
def test_an_auditor_finds_what_was_done_a_moment_ago(town: Town) -> None:
    town.log_in("sato")
    taken = plain_read(town, case="R8-found")["receipt"]
    refused = failing("policy.denied", lambda: plain_read(town, case="R8-found", items=["my_number"]))
    assert refused.name == "policy.denied"
    town.log_in("ueda")
    page = town.call("audit.query", case="R8-found")
    denied, done = page["uses"]
    assert (denied["record"]["code"], denied["outcome"]) == ("policy.denied", None)
    assert (done["outcome"]["sequence"], done["outcome"]["record_hash"]) == (taken["sequence"], taken["record_hash"])
    assert done["record"]["operator"] == "sato"
    both = town.call("audit.query", operator="sato", event="card.read", order="oldest", limit=1)
    rest = town.call("audit.query", operator="sato", event="card.read", order="oldest", cursor=both["cursor"])
    assert [use["sequence"] for use in (*both["uses"], *rest["uses"])] == sorted(
        each["seq"] for each in town.counter.records()
        if each.get("event") == "card.read" and each.get("operator") == "sato" and each["phase"] != 2
    )  # fmt: skip
    present = town.call("audit.query", present=town.handle, result="refused")
    assert denied["sequence"] in [use["sequence"] for use in present["uses"]]
    assert town.call("audit.query", until="2020-01-01T00:00:00Z")["uses"] == []


def test_asking_is_on_record_with_names_of_filters_and_nothing_that_was_given(town: Town) -> None:
    town.log_in("ueda")
    receipt = town.call("audit.query", case="住民 太郎さんの件", operator="sato", result="done")["receipt"]
    (record,) = [each for each in town.counter.records() if each["seq"] == receipt["sequence"]]
    assert (record["operator"], record["role"], record["subject"]) == ("ueda", "auditor", "sato")
    assert record["filters"] == ["operator", "case", "result"]
    assert "太郎" not in json.dumps(record, ensure_ascii=False)


@pytest.mark.proves("fault 123")
@pytest.mark.parametrize("who", ["clerk", "honda"])
def test_whoever_lacks_the_right_gets_nothing(town: Town, who: str) -> None:
    town.log_in(who)
    questions: dict[str, dict[str, Any]] = {
        "audit.query": {"operator": who},
        "audit.head": {},
        "audit.proof": {"sequence": 1},
        "audit.export": {"reason": "audit"},
        "audit.disclose": {"card": town.handle, **DISCLOSURE},
    }
    for method, params in questions.items():
        failing("policy.denied", lambda method=method, params=params: town.call(method, **params))  # type: ignore[misc]
    error = failing("audit.unknown", lambda: town.call("audit.export_part", export="x-" + "0" * 16, offset=0))
    assert error.data["problem"] == "export"


def test_nobody_is_logged_in_and_nothing_is_told(town: Town) -> None:
    town.call("session.logout")
    failing("session.required", lambda: town.call("audit.query"))


@pytest.mark.proves("A4", "A6")
def test_a_receipt_of_now_is_proved_under_a_signed_head(town: Town) -> None:
    town.log_in("sato")
    receipt = plain_read(town)["receipt"]
    town.log_in("ueda")
    proof = town.call("audit.proof", sequence=receipt["sequence"], record_hash=receipt["record_hash"])
    record = base64.b64decode(proof["record"])
    assert hashlib.sha256(record).hexdigest() == receipt["record_hash"]
    signed = parse(proof["head"].encode())
    path = [bytes.fromhex(each) for each in proof["inclusion"]]
    assert included(leaf_hash(record), proof["index"], signed.head.size, path, signed.head.root)
    first = VerifierKey.parse(town.call("audit.head")["first_key"])
    assert signed_by(signed, first) == 0
    error = failing(
        "audit.unknown", lambda: town.call("audit.proof", sequence=receipt["sequence"], record_hash="0" * 64)
    )
    assert error.data["problem"] == "other_hash"
    error = failing("audit.unknown", lambda: town.call("audit.proof", sequence=10**9))
    assert error.data["problem"] == "sequence"


@pytest.mark.proves("S9", "fault 121")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_takes_two_people_and_carries_its_own_head(town: Town, form: str, tmp_path: Path) -> None:
    town.log_in("sato")
    plain_read(town, case='=HYPERLINK("http://x.invalid")')
    made = agreed(town, "ueda", "kato", "audit.export", form=form, reason="inspection", operator="sato")
    octets, offset = b"", 0
    while True:
        part = town.call("audit.export_part", export=made["export"], offset=offset)
        octets += base64.b64decode(part["octets"])
        offset = len(octets)
        if part["last"]:
            break
    assert (len(octets), hashlib.sha256(octets).hexdigest()) == (made["size"], made["digest"])
    lines = octets.split(b"\r\n" if form == "csv" else b"\n")
    assert lines.pop() == b""
    tree = Peaks()
    for line in lines:
        tree.append(leaf_hash(line))
    assert (tree.root().hex(), tree.size) == (made["root"], made["lines"])
    note = made["note"].split("\n")
    assert re.fullmatch(r"cardd/[0-9a-f]{32}/export", note[0])
    assert (note[1], base64.b64decode(note[2]).hex(), note[5]) == (str(made["lines"]), made["root"], f"why {form}")
    assert note[4] == f"chain {made['digest']}"
    records = town.states("audit.export")
    assert (records[-2]["problem"], records[-1]["export_root"]) == ("begun", made["root"])
    assert (records[-1]["operator"], records[-1]["approver"], records[-1]["reason"]) == ("ueda", "kato", "inspection")
    if form == "jsonl":
        assert all(json.loads(line).get("operator", "sato") == "sato" for line in lines)
    else:
        rows = list(csv.DictReader(io.StringIO(octets.decode("utf-8-sig"))))
        assert {row["operator"] for row in rows} == {"sato"}
        assert '\'=HYPERLINK("http://x.invalid")' in {row["case"] for row in rows}
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_an_export_belongs_to_the_session_that_made_it(town: Town) -> None:
    made = agreed(town, "ueda", "kato", "audit.export", reason="audit", operator="kato")
    town.log_in("sato")
    failing("audit.unknown", lambda: town.call("audit.export_part", export=made["export"], offset=0))


@pytest.mark.proves("A11")
def test_a_resident_hears_who_used_the_card_and_nobody_else_s_uses(town: Town) -> None:
    town.log_in(
        "clerk"
    )  # another one than in the tests beside: of one person, like refusals of a minute are counted together (fault 150)
    failing("policy.denied", lambda: plain_read(town, case="R8-refused", items=["my_number"]))
    town.log_in("sato")
    plain_read(town, case="R8-disclosed")
    commands = town.card.commands
    told = agreed(town, "sato", "kato", "audit.disclose", card=town.handle, **DISCLOSURE)
    assert town.card.commands > commands, "the card itself was asked who it is"
    assert (told["complete"], told["kind"]) == (True, "my_number")
    mine = {
        each["seq"]
        for each in town.counter.records()
        if each.get("card") and (each.get("reader_role") == "resident" or each.get("operation") == "audit")
    }
    assert {use["sequence"] for use in told["uses"]} <= mine
    read = next(use for use in told["uses"] if use["event"] == "card.read" and use["result"] == "done")
    assert (read["operator"], read["role_ja"], read["purpose_ja"]) == ("sato", "責任者", "本人確認")
    assert (read["items"], read["items_given"]) == (["name"], ["name"])
    assert read["legal_basis"].startswith("住民基本台帳法")
    assert any(use["code"] == "policy.denied" and use["result"] == "refused" for use in told["uses"])
    (own,) = [each for each in town.outcomes("audit.disclose") if each["seq"] == told["receipt"]["sequence"]]
    assert (own["result"], own["approver"], own["purpose"]) == ("done", "kato", "disclosure")


@pytest.mark.proves("A11")
def test_the_list_is_printed_in_plain_words(town: Town, tmp_path: Path) -> None:
    town.log_in("sato")
    plain_read(town, case="R8-printed")
    wanted = ("audit", "disclose", "--purpose", "disclosure", "--case", "R8-7002")
    refused = town.counter.cardctl("--json", *wanted)
    number = json.loads(refused.stdout)["error"]["approval"]
    town.badge("kato")
    town.give(number, "kato")
    town.log_in("sato")
    done = town.counter.cardctl("--locale", "ja", *wanted, "--approval", number, "--out", str(tmp_path / "list.txt"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "list.txt").read_text("utf-8")
    assert "カードの利用履歴（今年と過去7年分" in text or "カードの利用履歴（今年と過去7年、" in text
    assert "カードの内容の読み取り (氏名)" in text
    assert "担当: sato (責任者)" in text
    assert "目的: 本人確認 (住民基本台帳法 第27条第2項)" in text


@pytest.mark.proves("fault 132")
@pytest.mark.parametrize("harm", ["overwritten", "deleted"])
def test_a_broken_index_is_built_again_while_the_counter_works(town: Town, harm: str) -> None:
    town.log_in("ueda")
    before = town.call("audit.query", operator="sato", limit=200, order="oldest")["uses"]
    (folder,) = (town.counter.folder / "state" / "audit-index").iterdir()
    for path in folder.iterdir():
        if harm == "deleted":
            path.unlink()
        else:
            path.write_bytes(bytes(path.stat().st_size))

    def answered() -> Any:
        return town.counter.cardctl(
            "--json", "audit", "query", "--operator", "sato", "--order", "oldest", "--limit", "200"
        )

    def whole() -> bool:
        done = answered()
        town_answer = json.loads(done.stdout)
        if done.returncode != 0:
            assert town_answer["error"]["name"] == "audit.indexing", town_answer
            return False
        return [use["sequence"] for use in town_answer["uses"]][: len(before)] == [use["sequence"] for use in before]

    until(whole, 60)
    town.log_in("sato")
    plain_read(town)


def verify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The verifier by its path, without anything of cardd on its way."""
    command = [sys.executable, "-I", str(VERIFIER), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.proves("A4", "A6")
def test_cardctl_writes_a_proof_that_the_verifier_takes_without_the_log(town: Town, tmp_path: Path) -> None:
    town.log_in("sato")
    receipt = plain_read(town, case="R8-proof")["receipt"]
    town.log_in("ueda")
    named = f"{receipt['sequence']}:{receipt['record_hash']}"
    bundle = tmp_path / "proof.json"
    done = town.counter.cardctl("audit", "proof", named, "--out", str(bundle))
    assert done.returncode == 0, done.stderr
    first_key = town.call("audit.head")["first_key"]
    checked = verify("--proof", bundle, "--receipt", named, "--key", first_key)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    told = json.loads(bundle.read_text())
    record = bytearray(base64.b64decode(told["record"]))
    record[-20] ^= 1
    bundle.write_text(json.dumps(told | {"record": base64.b64encode(record).decode()}))
    assert verify("--proof", bundle, "--receipt", named, "--key", first_key).returncode == 1


@pytest.mark.proves("fault 121")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_exported_file_that_was_changed_is_found(town: Town, form: str, tmp_path: Path) -> None:
    town.log_in("sato")
    plain_read(town, case="R8-export")
    town.log_in("ueda")
    file = tmp_path / f"records.{form}"
    wanted = ("audit", "export", "--form", form, "--reason", "audit", "--operator", "sato", "--out", str(file))
    number = json.loads(town.counter.cardctl("--json", *wanted).stdout)["error"]["approval"]
    town.badge("kato")
    town.give(number, "kato")
    town.log_in("ueda")
    done = town.counter.cardctl(*wanted, "--approval", number)
    assert done.returncode == 0, done.stderr
    whole = file.read_bytes()
    checked = verify("--export", file, town.counter.office.audit)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for changed in (
        whole.replace(b"sato", b"kato", 1),
        whole[:-3],
        whole + whole[-40:],
        b"\n".join(whole.split(b"\n")[1:]),
    ):
        file.write_bytes(changed)
        assert verify("--export", file, town.counter.office.audit).returncode == 1
