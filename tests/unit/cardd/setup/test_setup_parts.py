"""The parts of the first set-up that need no card: who may, where things lie, what is written, what is said."""

from __future__ import annotations

import os
import pwd
import re
import stat
from pathlib import Path

import pytest

from cardd import config
from cardd.pin import Pin
from cardd.setup import keys
from cardd.setup.answers import Answers
from cardd.setup.badges import pin_problem
from cardd.setup.configuring import Given, settle
from cardd.setup.course import EARLIEST, _check_time
from cardd.setup.place import Account, account_of
from cardd.setup.stopped import Stopped
from cardd.setup.talk import Talk
from cardd.setup.texts import TEXTS

ME = pwd.getpwuid(os.getuid()).pw_name
OURS = Account(os.getuid(), os.getgid(), os.getuid())
SETUP = Path(__file__).parents[4] / "cardd" / "setup"


def talk(**answers: object) -> Talk:
    known = {"mode": "test", "terminal": "t-1", "users": (os.getuid(),), "office": "見本町"}
    return Talk("en", answers=Answers(**{**known, **answers}))  # type: ignore[arg-type]


def why(action: object) -> str:
    assert callable(action)
    with pytest.raises(Stopped) as stopped:
        action()
    return stopped.value.key


@pytest.mark.proves("H1")
@pytest.mark.parametrize("uid", [1, 12345])
def test_nobody_but_root_or_that_very_user(uid: int) -> None:
    other = uid if uid != pwd.getpwnam(ME).pw_uid else uid + 1
    assert why(lambda: account_of(ME, other)) == "not_root"
    assert account_of(ME, 0).ours == 0


def test_a_user_that_is_missing() -> None:
    assert why(lambda: account_of("nobody-like-this", 0)) == "no_user"


def test_production_is_roots(tmp_path: Path) -> None:
    given = Given(tmp_path / "cardd.toml", tmp_path / "state")
    nobody_special = Account(os.getuid(), os.getgid(), ours=os.getuid() or 1)
    assert why(lambda: settle(talk(mode="production"), given, nobody_special)) == "not_root"
    given.config.unlink()
    assert settle(talk(), given, nobody_special).mode == "test"


@pytest.mark.parametrize("token", [False, True])
def test_the_settings_that_it_writes_can_be_read(tmp_path: Path, token: bool) -> None:
    place = (tmp_path / "module.so", "operator ca", "key") if token else (None, None, None)
    given = Given(tmp_path / "etc" / "cardd.toml", tmp_path / "state", None, *place)
    settings = settle(talk(), given, OURS)
    assert settings == config.load(given.config)
    assert settings.badges.ca_key is not None
    assert (settings.badges.ca_key.file is None) == token
    assert stat.S_IMODE(given.config.stat().st_mode) == 0o640
    again = Given(given.config, None, None, tmp_path / "other.so", "operator ca", "key")
    assert why(lambda: settle(talk(), again, OURS)) == "other_ca_place"


def test_without_a_folder_of_its_own_it_uses_the_usual_places(tmp_path: Path) -> None:
    settings = settle(talk(), Given(tmp_path / "cardd.toml"), OURS)
    assert settings.state_directory == Path("/var/lib/cardd")
    assert settings.audit.directory == Path("/var/log/cardd/audit")
    assert settings.badges.ca_key is not None
    assert settings.badges.ca_key.certificate == Path("/var/lib/cardd/ca/operator-ca.pem"), (
        "the daemon writes its book there"
    )


def test_settings_without_the_cas_key_say_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "cardd.toml"
    file.write_text(
        f'mode = "test"\nterminal = "t"\noperator_ca = ["/x.pem"]\n[[clients]]\nname = "a"\nusers = [{os.getuid()}]\n'
    )
    assert why(lambda: settle(talk(), Given(file), OURS)) == "no_ca_key"
    file.write_text("mode = 1")
    assert why(lambda: settle(talk(), Given(file), OURS)) == "settings_broken"


def test_keys_lie_where_systemd_takes_them_from_if_that_folder_is_there(tmp_path: Path) -> None:
    given = Given(tmp_path / "etc" / "cardd.toml", tmp_path / "state")
    settings = settle(talk(), given, OURS)
    assert keys.place_of(settings, given.config, "a.key") == (tmp_path / "state" / "a.key", False)
    (tmp_path / "etc" / "keys").mkdir()
    assert keys.place_of(settings, given.config, "a.key") == (tmp_path / "etc" / "keys" / "a.key", True)
    assert keys.place_of(settings, given.config, "/x/a.key") == (Path("/x/a.key"), False)


def test_systemd_is_told_to_hand_the_master_key_over_as_the_shipped_drop_in_does(tmp_path: Path) -> None:
    shipped = (SETUP.parents[1] / "systemd" / "cardd.service.d" / "badges.conf").read_text().splitlines()[-2:]
    made = keys.hand_over(tmp_path, "badge-master.key", Path("/etc/cardd/keys/badge-master.key"))
    assert made == tmp_path / "cardd.service.d" / "badges.conf"
    assert made.read_text().splitlines()[-2:] == shipped
    made.write_text("# the administrator's own\n")
    assert keys.hand_over(tmp_path, "badge-master.key", Path("/elsewhere")) is None
    assert made.read_text() == "# the administrator's own\n"


def test_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert OURS.make_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not OURS.make_folder(folder)
    folder.chmod(0o777)
    assert why(lambda: OURS.make_folder(folder)) == "folder_rights"
    (tmp_path / "file").touch()
    assert why(lambda: OURS.make_folder(tmp_path / "file")) == "no_folder"


def test_a_clock_that_was_never_set() -> None:
    assert why(lambda: _check_time(talk(), EARLIEST.replace(year=1970))) == "time"
    _check_time(talk(), EARLIEST)


@pytest.mark.parametrize(
    ("digits", "problem"),
    [
        (b"805173", None), (b"12345", "bad.pin_shape"), (b"abcdef", "bad.pin_shape"), (b"123456789", "bad.pin_shape"),
        (b"123456", "bad.pin_factory_pin"), (b"000000", "bad.pin_all_equal"), (b"987654", "bad.pin_run"),
    ],
)  # fmt: skip
def test_pins_that_may_not_be_chosen(digits: bytes, problem: str | None) -> None:
    assert pin_problem(Pin(bytearray(digits))) == problem


def test_an_answer_that_is_missing_is_named() -> None:
    silent = Talk("en", answers=Answers())
    assert why(lambda: silent.ask("ask.office", None, lambda _: None)) == "answer_missing"


def test_every_sentence_is_there_in_both_languages_with_the_same_facts() -> None:
    for key, (ja, en) in TEXTS.items():
        assert ja, key
        assert en, key
        assert sorted(re.findall(r"{(\w+)}", ja)) == sorted(re.findall(r"{(\w+)}", en)), key


def test_every_sentence_that_is_said_exists_and_none_is_idle() -> None:
    code = "\n".join(
        path.read_text() for path in SETUP.glob("*.py") if path.name not in ("texts.py", "questions.py", "endings.py")
    )
    said = set(re.findall(r'(?:say|ask|agrees|secret|new_secret|working|Stopped|NotThisBadge)\(\s*"([a-z_.]+)"', code))
    assert said <= set(TEXTS)
    idle = {key for key in TEXTS if f'"{key}"' not in code and f"'{key}'" not in code}
    made_of_parts = re.compile(r".*\.(title|why|done)|bad\.pin_\w+|ca\.\w+|secret\.\w+|.*_again")
    assert {key for key in idle if not made_of_parts.fullmatch(key)} == set()
