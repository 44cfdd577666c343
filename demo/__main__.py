"""Two days at the counter of a made-up town hall and what is left on record, told step by step. `./dev demo` runs it; it ends with 0 or
says what failed."""

import json
import shutil
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from demo import documents, the_record
from demo.ending import Ending, Told
from demo.office import Office, Person, Resident
from demo.second_day import hire, second_day
from demo.stage import BADGE_READER, RESIDENT_READER, Failed, Stage
from demo.tour import Tour, bold

FOLDER = Path(__file__).parent.parent / ".demo"
APPLICATION = "<申請書><種別>転入届</種別><氏名>見本　太郎</氏名></申請書>\n"
RECEIPT = "受領書 R8-0042 転入届を受け付けました。 見本町\n"
OLD_ENOUGH = "18"
NEW_PIN = "2468"
SESSION_ENDS_WITHIN = 1.0


def main() -> int:
    """The tour. Everything it makes lies in `.demo/`."""
    began = time.monotonic()
    ending = Ending()
    ending.listen()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    try:
        shown = tour_of(FOLDER, ending)
    except Failed as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        return 1
    except Told as told:
        print(f"\nEnded by {told}.", file=sys.stderr)
        return told.exit_code
    summary(shown, time.monotonic() - began)
    return 0


def tour_of(folder: Path, ending: Ending) -> Counter[str]:
    """Two days; how much of what was shown."""
    office = Office(folder)
    print(bold("cardd: 町役場の窓口の二日間 / two days at a town hall's counter"), flush=True)
    print("Virtual cards and readers, real PC/SC library, real OpenSSL. Nobody here exists.", flush=True)
    clerk, resident = office.hire(), office.resident()
    staff, auditor = hire(office, clerk), the_record.hire(office)
    with ExitStack() as stack:
        with ending.held():
            stage = stack.enter_context(Stage(office.config_file, ending))
        office.strict = True
        settings = documents.lists(office, resident)
        office.write(stage.socket, extra_config=settings)
        tour = Tour(stage, folder)
        open_counter(tour, stage, office)
        the_record.note_the_key(tour, office)
        log_in(tour, stage, clerk)
        receipt = serve_resident(tour, stage, resident)
        refusals(tour, resident)
        sign(tour, folder, resident)
        documents.sign_documents(tour, folder, resident)
        sign_as_operator(tour, folder, clerk)
        change_pin(tour, resident)
        leave(tour, stage, resident)
        close_counter(tour, stage)
        second_day(tour, stage, office, staff, resident, settings)
        the_record.ask_the_record(tour, stage, auditor, clerk, resident, receipt)
        look_at_the_record(tour, stage, office, receipt)
        the_record.check_from_outside(tour, office, receipt)
    return tour.shown


def summary(shown: Counter[str], seconds: float) -> None:
    """What the visitor has seen."""
    print(f"""
{bold("まとめ / What was shown")}
    職員カードと暗証番号によるログイン、カードを取るとログアウト
        login with badge and PIN; the session ends when the badge goes
    利用目的ごとに、必要な項目だけの読み取り
        only the items that a stated purpose needs
    {shown["refusals"]} 件の拒否と、その理由・カードと暗証番号の状態・次の操作
        {shown["refusals"]} refusals, each with its reason, what became of card and PIN, what to do
    OpenSSL が確かめた {shown["verified"]} 件の電子署名（住民2、職員1）
        {shown["verified"]} signatures verified by OpenSSL: two of the resident, one of the operator
    見える署名の付いたPDFと、日本語の要素名のXML。読み上げられる言葉での検証
        a PDF with a visible signature, XML with Japanese names, verified in words to be read aloud; pdfsig agrees
    規則への問い合わせ、操作がないときのロック、2人での承認、一度の暗証番号で3枚の署名
        what the rules say before anybody tries, the inactivity lock, a second person's approval, three signatures with one PIN
    職員カードの発行、紛失の届け出、緊急停止と2人による解除
        a badge from blank card to loss report; the emergency stop, and its release by two
    {shown["records"]} 件の利用記録を、独立したプログラムが検証。1ビットの変更も発見
        {shown["records"]} records under signed heads, checked by a program that shares nothing with cardd; one changed bit is found
    控えの証明、住民への開示、警告とその確認、月次報告書
        the proof of a receipt, a resident told who used the card, an alarm and its review, the monthly report

Done: {shown["steps"]} steps, {shown["commands"]} commands, {seconds:.1f} s. Look around in {FOLDER}; nothing else is left.""")


def open_counter(tour: Tour, stage: Stage, office: Office) -> None:
    tour.step("開庁: cardd を起動します", "The counter opens: cardd starts")
    seconds = stage.start_daemon(office.folder / "cardd.log")
    tour.say(f"ready after {seconds:.2f} s, three virtual readers")
    tour.clerk("readers")


def log_in(tour: Tour, stage: Stage, clerk: Person) -> None:
    tour.step(
        "職員が職員カードを置き、暗証番号でログインします", "An operator inserts the badge and logs in with its PIN"
    )
    stage.insert(clerk.badge, BADGE_READER)
    tour.clerk("login", pins=[clerk.pin])


def serve_resident(tour: Tour, stage: Stage, resident: Resident) -> str:
    """The receipt of a reading, as SEQUENCE:HASH."""
    tour.step(
        "住民がカードを置きます", "A resident puts the card on the reader: found by its applications, never by its ATR"
    )
    stage.insert(resident.card, RESIDENT_READER)
    tour.clerk("cards")
    context = ("--purpose", "identity_check", "--case", "R8-0042")
    tour.step(
        "本人確認のため、基本4情報を読みます（住民が暗証番号を入力）",
        "The four basic items, for a stated purpose; the resident types the PIN",
    )
    tour.clerk("read", *context, "name", "address", "birth_date", "sex", pins=[resident.holder.pins.card_info])
    tour.step(
        "18歳以上かどうかだけが必要なら、生年月日は渡しません（業務システムが受け取る形で。記録の控えが付きます）",
        "Where only an age of 18 matters, the birth date stays inside; as an application gets it, with the receipt of the record",
    )
    told = tour.clerk(
        "--json", "read", *context, "--age", OLD_ENOUGH, "age_over", pins=[resident.holder.pins.card_info]
    )
    tour.step("顔写真を読みます（照合番号B）", "The photo, opened with verification number B")
    tour.clerk("read", *context, "--images", "images", "photo", pins=[resident.holder.verification_b])
    return the_record.receipt_in(told)


def refusals(tour: Tour, resident: Resident) -> None:
    context = ("--purpose", "identity_check", "--case", "R8-0042")
    tour.step(
        "個人番号は、番号法に基づく目的でなければ読めません",
        "The individual number only under a purpose that rests on the number law",
    )
    tour.clerk("read", *context, "name", "my_number", expect=31)
    tour.step(
        "暗証番号を間違えると、残り回数が分かります", "A wrong PIN: what happened, how many tries are left, what to do"
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
        "住民が申請書に署名します（署名用電子証明書）",
        "The application is signed with the resident's signature key: CAdES, detached",
    )
    tour.clerk("sign", *context, "application.xml", pins=[resident.holder.pins.signature])
    _verify_cms(tour, "application.xml", "jpki-signature-ca.pem")
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
    tour.openssl("dgst", "-sha256", *signature, "application.xml", says="Verified OK")


def sign_as_operator(tour: Tour, folder: Path, clerk: Person) -> None:
    (folder / "receipt.txt").write_text(RECEIPT, encoding="utf-8")
    tour.step(
        "受領書に、職員が職員カードで署名します（鍵9C: 署名のたびに暗証番号）",
        "The operator signs the receipt with the badge's key 9C, which wants its PIN each time",
    )
    context = ("--purpose", "online_signature", "--case", "R8-0042")
    tour.clerk("sign", *context, "--with-badge", "receipt.txt", pins=[clerk.pin])
    _verify_cms(tour, "receipt.txt", "operator-ca.pem")


def change_pin(tour: Tour, resident: Resident) -> None:
    tour.step(
        "住民が暗証番号を変更します（今の番号、新しい番号を2回）",
        "The resident changes a PIN: the old one, then the new one twice",
    )
    context = ("--purpose", "certificate_issue", "--case", "R8-0043")
    old = resident.holder.pins.card_info
    tour.clerk("pin", "change", *context, "card_info", pins=[old, NEW_PIN, NEW_PIN])
    context = ("--purpose", "identity_check", "--case", "R8-0043")
    tour.clerk("read", *context, "name", pins=[NEW_PIN])


def _verify_cms(tour: Tour, document: str, authority: str) -> None:
    tour.openssl(
        *("cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", f"{document}.p7s"),
        *("-content", document, "-CAfile", authority, "-purpose", "any", "-out", "/dev/null"),
        says="Verification successful",
    )


def leave(tour: Tour, stage: Stage, resident: Resident) -> None:
    tour.step(
        "職員カードを取ると、その場でログアウトします",
        "The badge is pulled: the session ends in the daemon, whoever lives",
    )
    stage.pull(BADGE_READER)
    seconds = _until_logged_out(stage)
    tour.say(f"session over after {seconds:.2f} s")
    context = ("--purpose", "identity_check", "--case", "R8-0042")
    tour.clerk("read", *context, "name", pins=[resident.holder.pins.card_info], expect=30)


def close_counter(tour: Tour, stage: Stage) -> None:
    tour.step("閉庁: cardd を止めます", "The counter closes: cardd stops")
    stop(tour, stage)


def look_at_the_record(tour: Tour, stage: Stage, office: Office, receipt: str) -> None:
    tour.step(
        "閉庁: cardd を止め、利用記録を確かめます",
        "The counter closes; the record is checked by a program that trusts nobody",
    )
    stop(tour, stage)
    known = ("--key", the_record.FIRST_KEY, "--receipt", receipt)
    screen = tour.run("cardd-verify", "--locale", "en", str(office.audit), "--show", *known, last=14)
    if "whole" not in screen.splitlines()[-1]:
        raise Failed("the record is not whole")
    if "the receipt's record is in the log" not in screen:
        raise Failed("the record of the receipt is not there")
    tour.shown["records"] = sum(line[:1].isdigit() for line in screen.splitlines())


def stop(tour: Tour, stage: Stage) -> None:
    code, seconds = stage.stop_daemon()
    if code != 0:
        raise Failed(f"cardd ended with exit code {code}")
    tour.say(f"stopped in {seconds:.2f} s")


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
