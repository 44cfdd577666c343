"""The TypeScript client: its types are those of the wire, wrong programs do not compile, and a day at the counter under Node."""

import base64
import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from cardd.wire import typescript
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, counter
from tests.fixtures.terminal import Terminal
from tests.vendors.node_house import NODE, PATIENCE_S, ROOT, TYPESCRIPT, running, tsc

__all__ = ["counter"]
GENERATED = TYPESCRIPT / "methods.ts"
DAY = ROOT / "tests" / "vendors" / "day.mts"


def test_the_types_are_made_from_the_schema() -> None:
    assert GENERATED.read_text("utf-8") == typescript.text(), f"python -m cardd.wire.typescript > {GENERATED}"


def test_the_check_says_by_its_exit_code_whether_they_are_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typescript.main(["--check", str(GENERATED)]) == 0
    old = tmp_path / "methods.ts"
    old.write_text(GENERATED.read_text("utf-8").replace('"card.read"', '"card.write"'), "utf-8")
    assert typescript.main(["--check", str(old)]) == 1
    assert "not up to date" in capsys.readouterr().err
    assert typescript.main(["--nonsense"]) == 2


def test_a_field_says_what_its_model_says_and_what_may_stand_in_it() -> None:
    text = typescript.text()
    assert (
        "  /** Give the exact bytes on the card as well. Left out: `false`. */\n  readonly with_source?: boolean;"
        in text
    )
    assert "  /** 1 to 10 entries. */\n  readonly items: ReadonlyArray<Item>;" in text
    assert '"card.read": (params: CardReadParams) => CardReadResult;' in text
    assert '"cards.list": () => CardsListResult;' in text
    assert '  "pin.rejected": { code: 4001, actor: "resident", retryable: true },' in text
    for name in typescript.BRANDS:
        assert f"export type {name} = string & " in text


def project(folder: Path, files: dict[str, str]) -> Path:
    """Programs against the client, beside the settings under which it is compiled."""
    for name, body in files.items():
        head = f'import {{ cardHandle, connect }} from "{TYPESCRIPT / "cardd.ts"}";\n'
        tail = 'const counter = await connect({ client: "a", version: "1" });\nconst card = cardHandle("c-0000-1");\n'
        (folder / f"{name}.ts").write_text(head + tail + body, "utf-8")
    (folder / "package.json").write_text('{"type": "module"}', "utf-8")
    (folder / "tsconfig.json").write_text(
        json.dumps({"extends": str(TYPESCRIPT / "tsconfig.json"), "include": [str(folder / "*.ts")]}), "utf-8"
    )
    return folder


RIGHT = {
    "right": """
const context = { purpose: "identity_check", case: "R8-0042" };
const read = await counter.call("card.read", { card, ...context, items: ["name"] }, { signal: AbortSignal.timeout(1000) });
const text: string | null | undefined = read.items[0]?.text;
const status = await counter.call("session.status");
await counter.call("session.login", {}, { onProgress: ({ state }) => console.log(state) });
console.log(text, status.logged_in);
""",
}
WRONG = {
    "unknown_method": ('await counter.call("card.write", { card });', "TS2345"),
    "missing_field": ('await counter.call("card.read", { card, purpose: "p", items: ["name"] });', "TS2741"),
    "no_parameters": ('await counter.call("card.read");', "TS2554"),
    "wrong_field": (
        'await counter.call("card.read", { card, purpose: "p", case: "1", items: ["name"], itmes: [] });',
        "TS2561",
    ),
    "wrong_item": ('await counter.call("card.read", { card, purpose: "p", case: "1", items: ["nmae"] });', "TS2322"),
    "plain_text_is_no_handle": (
        'await counter.call("card.read", { card: "c-1-1", purpose: "p", case: "1", items: ["name"] });',
        "TS2322",
    ),
    "field_of_no_answer": ('(await counter.call("cards.list")).crads;', "TS2551"),
    "name_of_no_error": (
        'await counter.ended.then((why) => "actor" in why && (why as import("FILE").CarddError).name === "pin.regected");',
        "TS2367",
    ),
    "an_agent_without_pin": ('await connect({ client: "a", version: "1", agent: { scope: "seat" } });', "TS2741"),
}


def test_right_programs_compile_and_wrong_ones_do_not(tmp_path: Path) -> None:
    wrong = {name: body.replace("FILE", str(TYPESCRIPT / "cardd.ts")) for name, (body, _) in WRONG.items()}
    done = tsc(project(tmp_path, RIGHT | wrong))
    found = {}
    for line in done.stdout.splitlines():
        if ": error TS" in line:
            name, _, told = line.partition(".ts(")
            found.setdefault(Path(name).name, told.split("error ")[1].split(":")[0])
    assert done.returncode != 0
    assert found == {name: code for name, (_, code) in WRONG.items()}, done.stdout


def test_client_examples_and_the_day_compile_under_strict_rules(tmp_path: Path) -> None:
    done = tsc(TYPESCRIPT)
    assert (done.returncode, done.stdout) == (0, "")
    (tmp_path / "tsconfig.json").write_text(
        json.dumps({"extends": str(TYPESCRIPT / "tsconfig.json"), "include": [str(DAY.parent / "*.mts")]}), "utf-8"
    )
    done = tsc(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def words(counter: Counter, digest: bytes) -> str:
    pins = counter.office.resident().holder.pins
    typed = {
        "badge": counter.office.people[0].pin,
        "card_info": pins.card_info,
        "authentication": pins.authentication,
        "signature": pins.signature,
    }
    return json.dumps({"pins": typed, "digest": base64.b64encode(digest).decode()})


@pytest.mark.proves("I1", "I5", "P6", "S1")
def test_a_day_at_the_counter(counter: Counter) -> None:
    resident, digest = counter.office.resident(), hashlib.sha256("転入届".encode()).digest()
    counter.insert(counter.office.people[0].badge, BADGE_SLOT, kind="badge")
    counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    with running(DAY, words(counter, digest), environment=counter.environment) as script:
        hello = script.says("hello")
        assert (hello["client"], hello["mode"], hello["may_prompt"]) == ("counter-app", "test", True)
        assert script.says("snapshot")["cards"] == 2
        assert script.says("asked") == {"which": "badge", "client": "counter-app", "origin": None, "shape": "digits"}
        assert script.says("login") == {"operator": "佐藤 花子"}
        assert script.says("overlap") == {"mode": "test", "client": "counter-app", "cards": 2}
        assert script.says("asked")["which"] == "card_info"
        read = script.says("read")
        assert read["texts"] == [resident.holder.name, resident.holder.address]
        assert read["states"][0] == "waiting_for_pin"
        assert read["sequence"] in {record["seq"] for record in counter.records()}
        assert script.says("asked")["which"] == "authentication"
        assert_signed(script.says("sign"), digest)
        errors(script)
        assert script.says("asked")["which"] == "card_info"
        counter.pull(RESIDENT_SLOT)
        script.goes_on()
        pulled = script.says("pulled")
        assert (pulled["name"], pulled["card"]) in {("card.changed", "untouched"), ("card.removed", "removed")}, pulled
        seen = script.says("events")["seen"]
        assert ("session started" in seen, "pin spent" in seen, seen[-1]) == (True, True, "card removed")
        assert script.says("wiped") == {"pins": 6, "zero": True}
        counter.stop()
        ended = script.says("ended")
        assert (ended["name"], ended["same"]) == ("request.cancelled", True), ended
        assert script.says("late") == {"same": True, "is": True}
        assert script.ends() == 0


def assert_signed(signed: dict[str, Any], digest: bytes) -> None:
    key = x509.load_der_x509_certificate(base64.b64decode(signed["certificate"])).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(signed["signature"]), digest, PKCS1v15(), Prehashed(SHA256()))


def errors(script: Any) -> None:
    """A refused item, a wrong PIN, a call that is given up, and what the daemon may not be asked twice."""
    refused = script.says("refused")
    assert (refused["name"], refused["actor"], refused["retryable"]) == ("policy.denied", "supervisor", False)
    assert (refused["item"], refused["pin"], refused["code"]) == ("my_number", None, 2101), refused
    assert refused["requestId"].startswith("r-")
    assert script.says("asked")["which"] == "card_info"
    wrong = script.says("wrong_pin")
    assert (wrong["name"], wrong["pin"]) == ("pin.rejected", {"outcome": "spent", "tries_left": 2})
    assert (wrong["card"], wrong["message"]) == ("cleared", "暗証番号が違います。")
    assert script.says("asked")["which"] == "card_info"
    # Either may be first: the call ends here at once, the prompt when the daemon takes it back.
    first, second = sorted((script.any(), script.any()), key=lambda told: told["step"])
    assert (first["step"], first["reason"]) == ("aborted", "the clerk pressed Escape")
    assert second == {"step": "unwanted", "reason": "request.cancelled"}
    assert script.says("already")["failed"] is False


class TestExamples:
    """The programs that the documentation shows, on a terminal of their own."""

    def node(self, counter: Counter, file: str, *arguments: str) -> Terminal:
        return Terminal([str(NODE), str(TYPESCRIPT / file), *arguments], counter.environment, counter.folder)

    def test_log_in_and_read(self, counter: Counter) -> None:
        resident = counter.office.resident()
        counter.insert(counter.office.people[0].badge, BADGE_SLOT, kind="badge")
        counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        with self.node(counter, "read.ts", "identity_check", "R8-0042", "name") as screen:
            screen.wait_for("PIN badge (enter, ")
            assert not screen.echoes
            screen.type(f"{counter.office.people[0].pin}\r")
            screen.wait_for("PIN card_info (enter, 4 digits, 3 tries left): ")
            screen.type(f"9\x7f{resident.holder.pins.card_info}\r")
            screen.wait_for(f"name: {resident.holder.name}")
            screen.wait_for("receipt ")
            assert screen.ends() == 0

    def test_sign_shows_the_document_and_asks(self, counter: Counter) -> None:
        counter.log_in(counter.office.people[0])
        resident = counter.office.resident()
        counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        document = counter.folder / "転出届.xml"
        document.write_text("<申請/>", "utf-8")
        with self.node(counter, "sign.ts", "online_signature", "R8-0042", document.name) as screen:
            screen.wait_for("転出届.xml, 9 bytes")
            screen.wait_for(hashlib.sha256(document.read_bytes()).hexdigest())
            screen.wait_for("(yes/no) ")
            screen.type("yes\r")
            screen.wait_for("PIN signature (enter, 6 to 16 upper_alnum, ")
            screen.type(f"{resident.holder.pins.signature}\r")
            screen.wait_for("転出届.xml.p7s, receipt ")
            assert screen.ends() == 0
        assert (counter.folder / "転出届.xml.p7s").read_bytes()[:1] == b"\x30"

    def test_a_seat_s_agent_and_a_follower_of_events(self, counter: Counter) -> None:
        sato = counter.office.people[0]
        with self.node(counter, "agent.ts") as agent, self.node(counter, "events.ts") as follower:
            agent.wait_for("asking for the PINs of counter")
            follower.wait_for("cards: none")
            badge = counter.insert(sato.badge, BADGE_SLOT, kind="badge")
            follower.wait_for(f'card identified {{"card":"{badge}"')
            calling = running_login(counter)
            agent.wait_for("PIN badge")
            agent.type(f"{sato.pin}\r")
            assert calling.wait(PATIENCE_S) == 0
            follower.wait_for("session started")
            counter.stop()
            assert agent.ends() == 0
            counter.start()
            (row,) = counter.known_cards(1)
            follower.wait_for(row["card"])
            counter.pull(BADGE_SLOT)
            follower.wait_for("card removed")
            follower.kill(signal.SIGTERM)
            follower.ends()


def running_login(counter: Counter) -> Any:
    """A program without a PIN screen logs in; the seat's agent is asked."""
    code = 'from cardd.client import connect\nwith connect(client="business") as counter:\n    counter.call("session.login")\n'
    return subprocess.Popen([sys.executable, "-c", code], env=counter.environment, cwd=ROOT)
