"""`cardd-pam`: run by `pam_exec.so` with `stdout` and `expose_authtok`. Ends with 0 only when badge, PIN and account agree.

It believes nothing of its environment but PAM_USER, PAM_TYPE, PAM_SERVICE, PAM_TTY and the language: the socket and the seat come
from the line in /etc/pam.d alone (pam_exec(8): users may have a hand in the environment).
"""

import argparse
import os
import pwd
import re
import signal
import sys
import syslog
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, Final, NoReturn

from cardd.client import DEFAULT_SOCKET, ConnectionEnded, RemoteError
from terminal.pam.asking import Way, badges_there, prove
from terminal.pam.secrecy import keep_to_ourselves
from terminal.pam.sentences import Sentences, locale_of_login
from terminal.pam.typed import TypedPin, read_pin

LONGEST_S: Final = 30.0
"""The whole login, unless the line in /etc/pam.d says otherwise; a login screen must not hang."""
PAD_S: Final = 90.0
"""The same from the moment on in which a reader with keys of its own asks for the PIN: a person is typing there."""
KILL_S: Final = 5.0
"""So long after that the kernel ends the program, whatever it hangs in."""
ANNOUNCE_S: Final = 3.0
ENDS_SOON_DAYS: Final = 30
EX_USAGE, EX_UNAVAILABLE, EX_SOFTWARE, EX_TEMPFAIL, EX_NOPERM = 64, 69, 70, 75, 77
"""sysexits.h."""
EX_ANNOUNCED: Final = 1
_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
"""What the register takes as `unix_user`."""


class TooSlow(BaseException):
    """The time is over. No `Exception`: nothing on the way may take it for an error of its own."""


class Refused(Exception):
    """The login ends: what the person reads, the exit code, and what stands in the machine's log."""

    def __init__(self, lines: Sequence[str], code: int, log: str) -> None:
        self.lines, self.code, self.log = tuple(lines), code, log
        super().__init__(log)


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; its exit code."""
    syslog.openlog("cardd-pam", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    say = Sentences("en")
    try:
        options = _options(arguments)
        say = Sentences(options.lang or locale_of_login())
        _time_out(ANNOUNCE_S if options.announce else options.seconds)
        code = _announce(options, say) if options.announce else _log_in(options, say)
    except Refused as refused:
        code = _refuse(refused.lines, refused.code, refused.log)
    except TooSlow:
        code = _refuse([say("too_slow")], EX_TEMPFAIL, "too_slow")
    except Exception as error:
        # Everything, for a traceback would stand on the login screen; the machine's log has class and place.
        code = _refuse([say("internal")], EX_SOFTWARE, f"internal: {_whereabouts(error)}")
    return code


# --- the two things it does ----------------------------------------------------------------------------------------------


def _log_in(options: argparse.Namespace, say: Sentences) -> int:
    if not keep_to_ourselves() and os.geteuid() == 0:
        syslog.syslog(syslog.LOG_WARNING, "memory is not kept out of swap")
    user = _user(say)
    if sys.stdin is not None and os.isatty(0):
        raise Refused([say("wrong_call")], EX_USAGE, "standard input is a terminal: pam_exec needs expose_authtok")
    typed = read_pin(0)
    try:
        session = _asked(
            lambda: prove(_way(options, say), user, typed, hand_over=os.geteuid() == 0, on_pad=lambda: _at_pad(say)),
            say,
            typed,
        )
    finally:
        typed.wipe()
    days = session.get("badge_days_left")
    if isinstance(days, int) and days <= ENDS_SOON_DAYS:
        _print([say("ends_soon", n=days)])
    _decided()
    syslog.syslog(syslog.LOG_INFO, "badge login")
    return 0


def _announce(options: argparse.Namespace, say: Sentences) -> int:
    """One line above the field for the PIN. Never 0: a line in /etc/pam.d that means the other thing must open nothing."""
    count = _asked(lambda: badges_there(_way(options, say)), say)
    _print([say("type" if count == 1 else "two_badges" if count else "put_in")])
    return EX_ANNOUNCED


def _asked(ask: Callable[[], Any], say: Sentences, typed: TypedPin | None = None) -> Any:
    """What the daemon answers. Raises `Refused` for whatever else it says, or when it is not there."""
    try:
        return ask()
    except RemoteError as error:
        if typed is not None and typed.problem is not None:
            known = typed.problem in ("empty", "shape", "again")
            lines = [say(typed.problem if known else "internal")]
            raise Refused(lines, error.exit_code, f"pin not given: {typed.problem}") from None
        log = f"{error.name} {error.data.get('problem') or ''}".strip()
        raise Refused(list(say.of_error(error)), error.exit_code, log) from None
    except PermissionError:
        raise Refused([say("no_access")], EX_NOPERM, "daemon.no_access") from None
    except ConnectionEnded:
        raise Refused([say("daemon_gone")], EX_UNAVAILABLE, "daemon.gone") from None
    except OSError as error:
        raise Refused([say("no_daemon")], EX_UNAVAILABLE, f"daemon.unreachable errno {error.errno}") from None


# --- what PAM says ---------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Never with 0, not even after `--help`: to PAM that would be a login."""
        super().exit(status or EX_USAGE, message)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="cardd-pam",
        description="Login to the machine with the badge; run by pam_exec.so. docs/login-to-the-machine.md",
    )
    parser.add_argument("--socket", default=DEFAULT_SOCKET, help="the daemon's socket (default: %(default)s)")
    parser.add_argument("--seat", help="which seat, where root may use more than one")
    parser.add_argument("--lang", choices=("ja", "en"), help="language of messages; left out, that of the machine")
    parser.add_argument("--seconds", type=_seconds, default=LONGEST_S, help="longest login (default: %(default)s)")
    parser.add_argument(
        "--announce", action="store_true", help="only say what to do, before the PIN is asked; never ends with 0"
    )
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 1 <= seconds <= PAD_S:
        raise argparse.ArgumentTypeError(f"1 to {PAD_S:.0f} seconds")
    return seconds


def _user(say: Sentences) -> str:
    if os.environ.get("PAM_TYPE") != "auth":
        raise Refused([say("wrong_call")], EX_USAGE, "PAM_TYPE is not auth")
    user = os.environ.get("PAM_USER", "")
    if not _USER.fullmatch(user):
        # Not in the log: people type passwords here by mistake.
        raise Refused([say("user_name")], EX_NOPERM, "PAM_USER is no name that a register can have")
    if os.geteuid() != 0 and _uid_of(user) != os.geteuid():
        # A screen locker runs as the user it locks. Another name is no login that this uid could give.
        raise Refused([say("not_yours")], EX_NOPERM, "PAM_USER is not the user who runs this")
    return user


def _uid_of(user: str) -> int | None:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return None


def _way(options: argparse.Namespace, say: Sentences) -> Way:
    return Way(options.socket, options.seat, say.locale)


# --- time, words, log ------------------------------------------------------------------------------------------------------


def _time_out(seconds: float) -> None:
    """Raise `TooSlow` in the main thread after so long; and, should nobody take it, end the program a little later."""

    def over(_number: int, _frame: FrameType | None) -> None:
        _decided()
        raise TooSlow

    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _at_pad(say: Sentences) -> None:
    _time_out(PAD_S)
    _print([say("pad")])


def _print(lines: Sequence[str]) -> None:
    """For pam_exec, which gives each line to the login screen; UTF-8, whatever the environment says."""
    octets = "".join(f"{line}\n" for line in lines if line).encode()
    while octets:
        octets = octets[os.write(1, octets) :]


def _decided() -> None:
    """No `TooSlow` from here on: what remains is to say so and to end, and the kernel sees to it that this happens."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, KILL_S)


def _refuse(lines: Sequence[str], code: int, log: str) -> int:
    _decided()
    syslog.syslog(syslog.LOG_NOTICE, f"refused: {log}")
    try:
        _print(lines)
    except OSError:
        # Nobody reads along any more; the exit code still says no.
        syslog.syslog(syslog.LOG_NOTICE, "nobody read why")
    # The code may be the daemon's word, and the kernel keeps eight bits of it: 256 would be a yes.
    return code if 0 < code < 256 else 1


def _whereabouts(error: BaseException) -> str:
    """Class and place of an error of ours, without its text: that may hold what came from outside."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
    return type(error).__name__ + place


def run() -> None:
    """For the installed command."""
    sys.exit(main())


if __name__ == "__main__":
    run()
