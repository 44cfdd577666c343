"""One morning at the counter of a made-up town hall, told step by step. `./dev demo` runs it; it ends with 0 or says what failed."""

import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from demo.office import Office, Person, Resident
from demo.stage import BADGE_READER, RESIDENT_READER, Failed, Stage

FOLDER = Path(__file__).parent.parent / ".demo"
APPLICATION = "<申請書><種別>転入届</種別><氏名>見本　太郎</氏名></申請書>\n"
OLD_ENOUGH = "20"
SESSION_ENDS_WITHIN = 1.0


class Tour:
    """Tells each step, shows the command, shows what the screen says, and stops at the first thing that is not as it must be."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        self._number = 0

    def step(self, japanese: str, english: str) -> None:
        """Head of the next step."""
        self._number += 1
        print(f"\n\033[1m{self._number:2}. {japanese}\033[0m\n    {english}", flush=True)

    def say(self, text: str) -> None:
        """One remark."""
        print(f"    {text}", flush=True)

    def run(self, *command: str, pins: Sequence[str] = (), expect: int = 0) -> str:
        """Show a command, run it, show its screen. Raises `Failed` when it ends otherwise than expected."""
        shown = " ".join(part if part and " " not in part else f'"{part}"' for part in command)
        typed = f"    [PIN: {'*' * len(pins[0])}]" if pins else ""
        print(f"    $ {shown}{typed}", flush=True)
        code, screen = self._stage.run(command, pins=pins, into=self._folder)
        for line in screen.splitlines():
            print(f"      | {line}", flush=True)
        if code != expect:
            raise Failed(f"{shown}: exit code {code} instead of {expect}")
        return screen

    def clerk(self, *command: str, pins: Sequence[str] = (), expect: int = 0) -> str:
        """A command at the clerk's terminal, in Japanese."""
        return self.run("cardctl", "--locale", "ja", *command, pins=pins, expect=expect)


def main() -> int:
    """The tour. Everything it makes lies in `.demo/`."""
    began = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    try:
        tour_of(FOLDER)
    except Failed as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        return 1
    print(f"\nDone in {time.monotonic() - began:.1f} s. Look around in {FOLDER}.")
    return 0


def tour_of(folder: Path) -> None:
    office = Office(folder)
    print("cardd: a tour / 町役場の窓口のひととおり", flush=True)
    print("Virtual cards and readers, real PC/SC library, real OpenSSL. Nobody here exists.", flush=True)
    clerk, resident = office.hire(), office.resident()
    with Stage(office.config_file) as stage:
        office.write(stage.socket)
        tour = Tour(stage, folder)
        open_counter(tour, stage, office)
        log_in(tour, stage, clerk)
        serve_resident(tour, stage, resident)
        refusals(tour, resident)
        sign(tour, folder, resident)
        leave(tour, stage, resident)
        look_at_the_record(tour, stage, office)


def open_counter(tour: Tour, stage: Stage, office: Office) -> None:
    tour.step("開庁: cardd を起動します", "The counter opens: cardd starts")
    seconds = stage.start_daemon(office.folder / "cardd.log")
    tour.say(f"ready after {seconds:.2f} s, two virtual readers")
    tour.clerk("readers")


def log_in(tour: Tour, stage: Stage, clerk: Person) -> None:
    tour.step(
        "職員が職員カードを差し、暗証番号でログインします", "An operator inserts the badge and logs in with its PIN"
    )
    stage.insert(clerk.badge, BADGE_READER)
    tour.clerk("login", pins=[clerk.pin])


def serve_resident(tour: Tour, stage: Stage, resident: Resident) -> None:
    tour.step(
        "住民がカードを置きます", "A resident puts the card on the reader: found by its applications, never by its ATR"
    )
    stage.insert(resident.card, RESIDENT_READER)
    tour.clerk("cards")
    context = ("--purpose", "identity_check", "--case", "R8-0042")
    tour.step(
        "本人確認のため、4情報を読みます（本人が暗証番号を入力）",
        "The four basic items, for a stated purpose; the resident types the PIN",
    )
    tour.clerk("read", *context, "name", "address", "birth_date", "sex", pins=[resident.holder.pins.card_info])
    tour.step("必要なのが年齢だけなら、生年月日は渡しません", "Where only the age matters, the birth date stays inside")
    tour.clerk("read", *context, "--age", OLD_ENOUGH, "age_over", pins=[resident.holder.pins.card_info])
    tour.step("顔写真を読みます（照合番号B）", "The photo, opened with verification number B")
    tour.clerk("read", *context, "--images", "images", "photo", pins=[resident.holder.verification_b])


def refusals(tour: Tour, resident: Resident) -> None:
    context = ("--purpose", "identity_check", "--case", "R8-0042")
    tour.step(
        "個人番号は、番号法の目的でなければ読めません",
        "The individual number only under a purpose that rests on the number law",
    )
    tour.clerk("read", *context, "name", "my_number", expect=31)
    tour.step(
        "暗証番号を間違えると、残り回数がわかります", "A wrong PIN: what happened, how many tries are left, what to do"
    )
    tour.clerk("read", *context, "name", pins=["0000"], expect=20)
    tour.step("同じ間違いをもう一度送っても、カードには届きません", "The same mistake again never reaches the card")
    tour.clerk("read", *context, "name", pins=["0000"], expect=22)
    tour.clerk("read", *context, "name", pins=[resident.holder.pins.card_info])
    tour.clerk("pin", "status", *context)


def sign(tour: Tour, folder: Path, resident: Resident) -> None:
    (folder / "application.xml").write_text(APPLICATION, encoding="utf-8")
    (folder / "jpki-signature-ca.pem").write_bytes(_pem(resident.certificates.signature_ca))
    context = ("--purpose", "online_signature", "--case", "R8-0042")
    tour.step(
        "申請書に署名します（署名用電子証明書）",
        "The application is signed with the resident's signature key: CAdES, detached",
    )
    tour.clerk("sign", *context, "application.xml", pins=[resident.holder.pins.signature])
    tour.run(
        *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "application.xml.p7s"),
        *("-content", "application.xml", "-CAfile", "jpki-signature-ca.pem", "-purpose", "any", "-out", "/dev/null"),
    )
    tour.step(
        "利用者証明用の鍵で署名し、OpenSSL が確かめます",
        "The authentication key signs; OpenSSL verifies with the card's own certificate",
    )
    tour.clerk("certificate", *context, "--out", "authentication.der")
    tour.clerk(
        "sign", *context, "--key", "authentication", "--format", "pkcs1v15", "application.xml",
        pins=[resident.holder.pins.authentication],
    )  # fmt: skip
    certificate = ("-inform", "DER", "-in", "authentication.der")
    tour.run("openssl", "x509", *certificate, "-pubkey", "-noout", "-out", "authentication.pub")
    signature = ("-verify", "authentication.pub", "-signature", "application.xml.sig")
    tour.run("openssl", "dgst", "-sha256", *signature, "application.xml")


def leave(tour: Tour, stage: Stage, resident: Resident) -> None:
    tour.step(
        "職員カードを抜くと、その場でログアウトします",
        "The badge is pulled: the session ends in the daemon, whoever lives",
    )
    stage.pull(BADGE_READER)
    seconds = _until_logged_out(stage)
    tour.say(f"session over after {seconds:.2f} s")
    context = ("--purpose", "identity_check", "--case", "R8-0042")
    tour.clerk("read", *context, "name", pins=[resident.holder.pins.card_info], expect=30)


def look_at_the_record(tour: Tour, stage: Stage, office: Office) -> None:
    tour.step(
        "閉庁: cardd を止め、記録を確かめます",
        "The counter closes; the record is checked by a program that trusts nobody",
    )
    code, seconds = stage.stop_daemon()
    if code != 0:
        raise Failed(f"cardd ended with exit code {code}")
    tour.say(f"stopped in {seconds:.2f} s")
    screen = tour.run("cardd-verify", str(office.audit), "--show")
    if "whole" not in screen.splitlines()[-1]:
        raise Failed("the record is not whole")


def _until_logged_out(stage: Stage) -> float:
    began = time.monotonic()
    while True:
        _, screen = stage.run(["cardctl", "--json", "status"])
        seconds = time.monotonic() - began
        if not json.loads(screen)["logged_in"]:
            return seconds
        if seconds > SESSION_ENDS_WITHIN:
            raise Failed("the session outlived the badge")


def _pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


if __name__ == "__main__":
    sys.exit(main())
