"""What can be wrong between a program of ours and the fleet's database, each as one word with a sentence in Japanese and English.

Texts of PostgreSQL and of libpq are never passed on: they repeat what was sent. What is kept of them is the SQLSTATE, five
characters (PostgreSQL manual, appendix A).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """What happened, and what to do, in two languages."""

    ja: str
    en: str


SENTENCES = {
    "no_driver": Sentence(
        "PostgreSQL用の部品（psycopg）がありません。pip install 'cardd[database]' で入れてください。",
        "The PostgreSQL driver is missing. Install it: pip install 'cardd[database]'.",
    ),
    "unreachable": Sentence(
        "データベースに接続できません。PostgreSQLが動いているか、ネットワーク、ホスト名とポートを確かめてください。",
        "The database cannot be reached. Look whether PostgreSQL runs, at the network, at host name and port.",
    ),
    "refused": Sentence(
        "データベースがこの証明書または利用者を受け付けません。証明書の名前（CN）、有効期限、pg_hba.conf を確かめてください。",
        "The database does not take this certificate or this user. Look at the certificate's name (CN) and dates, and at pg_hba.conf.",
    ),
    "own_files": Sentence(
        "自分の証明書、鍵、またはCAのファイルが使えません。場所、読む権利、鍵が0600であること、証明書と鍵が組であることを確かめてください。",
        "Our certificate, key or CA file cannot be used. Look at paths, rights (the key: 0600), and that key and certificate fit.",
    ),
    "not_the_server": Sentence(
        "相手が本物のデータベースだと確かめられません。CAのファイルと、証明書にあるサーバー名を確かめてください。何も送っていません。",
        "The other side could not prove that it is the database. Look at the CA file and at the server's name in its certificate. "
        "Nothing was sent.",
    ),
    "no_answer": Sentence(
        "データベースから時間内に答えがありません。接続を切りました。次の接続で続きを送ります。",
        "The database did not answer in time. The connection was closed; the next one goes on where the database stands.",
    ),
    "broken_off": Sentence(
        "データベースとの接続が切れました。次の接続で続きから始めます。",
        "The connection to the database broke off. The next one goes on where the database stands.",
    ),
    "unknown_log": Sentence(
        "この端末の記録はデータベースに登録されていないか、止められています。cardd-fleet terminals で登録してください。",
        "The database does not know this terminal's log, or the terminal is blocked. Enrol it with cardd-fleet terminals.",
    ),
    "retired_log": Sentence(
        "この記録は終わったものとしてデータベースで閉じられています。続けて使うなら cardd-fleet terminals resume を実行してください。",
        "This log was closed in the database as one that ended. If it goes on after all: cardd-fleet terminals resume.",
    ),
    "no_right": Sentence(
        "この利用者にはその権利がありません。",
        "This user has no right to do that.",
    ),
    "no_schema": Sentence(
        "データベースに cardd の表がありません。cardd-fleet init を先に実行してください。",
        "The database has no tables of cardd. Run cardd-fleet init first.",
    ),
    "newer_schema": Sentence(
        "データベースの表はこのプログラムより新しい版です。プログラムを更新してください。",
        "The tables of the database are of a newer version than this program. Update the program.",
    ),
    "older_schema": Sentence(
        "データベースの表が古い版です。cardd-fleet init で更新してください。",
        "The tables of the database are of an older version. cardd-fleet init brings them up to date.",
    ),
    "database": Sentence(
        "データベースが仕事を断りました。SQLSTATEをPostgreSQLの管理者に伝えてください。",
        "The database refused the work. Tell whoever looks after PostgreSQL the SQLSTATE.",
    ),
    "malformed": Sentence(
        "データベースが記録または照合値を読めませんでした。端末のプログラムの版を確かめてください。",
        "The database could not read a record or a head. Look at the version of the terminal's program.",
    ),
    "cut_refused": Sentence(
        "この月は切り離せません。7年を過ぎ、団体で最も古い月で、各端末で既に切り離され、別の人が先に申し出ている必要があります。",
        "It cannot be cut: it must be over seven years old, the office's oldest, cut at each terminal, and asked for by another person.",
    ),
    "unknown_office": Sentence(
        "この団体コードは登録されていません。cardd-fleet terminals で先に登録してください。",
        "This office is not known. Enrol it with cardd-fleet terminals first.",
    ),
    "enrolled_otherwise": Sentence(
        "この端末または記録は、別の団体、証明書名、鍵で既に登録されています。",
        "This terminal or log is enrolled already, with another office, certificate name or key.",
    ),
    "forked": Sentence(
        "重大：端末の記録がデータベースにある記録と違います。送るのを止めました。端末とデータベースをそのままにして、監査担当を呼んでください。",
        "Serious: the terminal's log differs from what the database has. Shipping stopped. Leave both as they are, call the auditor.",
    ),
    "log_damaged": Sentence(
        "端末の記録が壊れているので送れません。cardd-verify で確かめ、監査担当を呼んでください。",
        "The terminal's log is damaged and cannot be shipped. Look with cardd-verify, and call the auditor.",
    ),
    "log_shorter": Sentence(
        "重大：端末の記録がデータベースにある記録より短くなっています。端末とデータベースをそのままにして、監査担当を呼んでください。",
        "Serious: the terminal's log is shorter than what the database has. Leave both as they are and call the auditor.",
    ),
    "log_gap": Sentence(
        "データベースにまだない記録が、端末で既に切り離されています。監査担当に伝えてください。",
        "Records that the database does not have yet were cut off at the terminal. Tell the auditor.",
    ),
    "log_missing": Sentence(
        "端末の記録がありません。設定の log_directory と読む権利（グループ）を確かめてください。",
        "There is no log at this terminal. Look at `log_directory` in the settings and at the right to read it (group).",
    ),
}


class FleetProblem(Exception):
    """Something between us and the database. `word`: a key of `SENTENCES`; `state`: SQLSTATE, empty where there is none."""

    def __init__(self, word: str, *, state: str = "") -> None:
        self.word, self.state = word, state
        super().__init__(f"{word} ({state})" if state else word)

    def sentence(self, locale: str) -> str:
        """For people. `locale`: `ja` or `en`."""
        found = SENTENCES[self.word]
        told = found.ja if locale == "ja" else found.en
        return f"{told} [SQLSTATE {self.state}]" if self.state else told
