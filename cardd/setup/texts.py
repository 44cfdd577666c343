"""What the set-up says to people: Japanese and English. What ends it stands in `endings`, its questions in `questions`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.setup.closing_texts import CLOSING
from cardd.setup.endings import ENDINGS
from cardd.setup.questions import QUESTIONS

_SAID: dict[str, tuple[str, str]] = {
    # key: (ja, en)
    "welcome": (
        "cardd の初期設定を始めます。職員カード（新品）2枚と、管理者2名が必要です。途中で止めても、同じコマンドで続きから再開できます。",
        "The first set-up of cardd: two blank badges, two administrators. If it is interrupted, the same command goes on.",
    ),
    "heading": ("── {n}/6 {title} ──", "-- {n}/6 {title} --"),
    "done": ("  できました: {what}", "  done: {what}"),
    "already": ("  済んでいます: {what}", "  there already: {what}"),
    "repeat": (
        "直したあと、同じコマンドをもう一度実行してください。できたところから続けます。",
        "Put it right, then repeat the same command: it goes on from there.",
    ),
    "interrupted": (
        "中断しました。同じコマンドで続きから再開できます。",
        "Interrupted. The same command goes on from here.",
    ),
    "nothing_to_do": (
        "初期設定は済んでいます。することはありません。",
        "The set-up was done before. There is nothing to do.",
    ),
    # steps
    "checks.title": ("確認と設定", "Checks and settings"),
    "checks.why": (
        "時計・設定ファイル・フォルダー・カードリーダーを確認します。",
        "Looks at clock, settings, folders and card readers.",
    ),
    "ca.title": ("職員認証局", "Operator CA"),
    "ca.why": (
        "職員カードの電子証明書を発行する認証局です。この鍵を持つ人が、誰を職員とみなすかを決められます。",
        "It certifies the operators' badges: whoever has its key decides whom cardd takes for an operator.",
    ),
    "keys.title": ("鍵", "Keys"),
    "keys.why": (
        "記録のための仮名化鍵と、職員カードの PUK・管理鍵のもとになるマスター鍵を作ります。",
        "One key makes the pseudonyms of the record; from the other PUK and management key of each badge are derived.",
    ),
    "administrators.title": ("管理者2名の職員カード", "Badges of two administrators"),
    "administrators.why": (
        "管理者は必ず別々の2名です。重要な操作はいつも2名で行います。暗証番号は本人だけが入力します。",
        "Two different people: what is important always takes both. Each types the PIN of their own badge.",
    ),
    "signing.title": ("最初の規則と職員名簿", "First policy and register"),
    "signing.why": (
        "2名が自分の職員カードで規則と名簿に署名します。これ以後、変更にも2名の署名が必要です。",
        "Both sign policy and register with their badges. From then on every change takes two signatures as well.",
    ),
    "last.title": ("最後の確認", "Last check"),
    "last.why": ("cardd が自分で設定を確認します。", "cardd itself looks at everything once more."),
    # what is there
    "settings.done": ("設定ファイル {path}", "settings {path}"),
    "folders.done": ("フォルダー {state}、記録 {record}", "folders {state}, record {record}"),
    "log_key.done": ("記録に署名する鍵 {path}（毎日新しくなります）", "key that signs the record {path}, new each day"),
    "policy.done": (
        "規則の案 {path}（cardctl policy show で読めます）",
        "policy to sign {path} (read it with cardctl policy show)",
    ),
    "register.done": ("職員名簿の案 {path}", "register to sign {path}"),
    "ca.done": ("職員認証局 {path}（次の値を紙に控えてください）", "operator CA {path}; write down its fingerprint:"),
    "pseudonym_key.done": ("仮名化鍵 {path}", "pseudonym key {path}"),
    "master_key.done": ("職員カードのマスター鍵 {path}", "badge master key {path}"),
    "drop_in.done": ("systemd がマスター鍵を cardd に渡す設定 {path}", "systemd hands the master key over {path}"),
    "badge.done": ("{name} さんの職員カード {fingerprint}", "badge of {name} {fingerprint}"),
    "signature.done": ("{name} さんの署名", "signatures of {name}"),
    "signatures.done": ("2名の署名", "both administrators' signatures"),
    "in_place.done": ("規則 {policy}、職員名簿 {register}", "policy {policy}, register {register}"),
    "check.done": ("cardd --check-config: 問題ありません", "cardd --check-config: nothing is wrong"),
    # readers and badges
    "no_reader": (
        "カードリーダーが見つかりません。接続してください。",
        "There is no card reader. Connect one; I am waiting.",
    ),
    "readers": ("  カードリーダー {n}台（{names}）", "  {n} card reader(s): {names}"),
    "take_out": ("  「{readers}」のカードを抜いてください。", "  Take the card out of {readers}."),
    "one_reader": (
        "  リーダーは1台です。カードは順に差し替えます: 1人目、2人目（そのまま署名）、もう一度1人目（署名）。",
        "  With one reader the badges take turns: first person, second person (who signs at once), first person again to sign.",
    ),
    "badge.put_in": ("  {name} さん、新品の職員カードを入れてください。", "  {name}: put a blank badge in."),
    "badge.seen": (
        "  「{reader}」のカードを {name} さんの職員カードにします。",
        "  The card in `{reader}` becomes the badge of {name}.",
    ),
    "badge.begun": ("  {name} さんの職員カードの続きから始めます。", "  Going on with the badge of {name}."),
    "badge.begun_other": (
        "  {name} さんのカードは作りかけです。そのカードを入れてください。",
        "  A badge of {name} was begun: put in that one.",
    ),
    "badge.of": (
        "  これは「{name}」さんのカードのようです。上書きはしません。新品のカードを入れてください。",
        "  This seems to be the badge of `{name}`. Nothing is written over: put a blank one in.",
    ),
    "badge.somebodys": (
        "  電子証明書の入ったカードです。上書きはしません。新品のカードを入れてください。",
        "  There are certificates on this card. Nothing is written over: put a blank one in.",
    ),
    "badge.no_badge": (
        "  職員カード（PIV）ではありません。別のカードを入れてください。",
        "  This is no badge (PIV). Put another card in.",
    ),
    "badge.unfit": (
        "  このカードは使えません（{why}）。別の新品のカードを入れてください。",
        "  This card will not do ({why}). Put another blank one in.",
    ),
    "badge.gone": (
        "  カードが抜かれました。もう一度入れてください。続きから再開します。",
        "  The card was pulled. Put it in again: it goes on from there.",
    ),
    "badge.pin_rules": (
        "  {name} さん、自分だけが知る暗証番号を決めてください（数字6〜8桁。123456 や同じ数字・続き番号は使えません）。",
        "  {name}: choose a PIN that only you know (6 to 8 digits; not 123456, no run, not all the same).",
    ),
    "badge.preparing": ("カードを準備しています", "preparing the badge"),
    "badge.keys": (
        "カードの中で鍵を作っています（数分かかるカードもあります）",
        "the badge makes its keys (some cards take minutes)",
    ),
    "badge.writing": ("電子証明書を書き込み、確認しています", "writing the certificates and proving the badge"),
    "badge.factory_key": (
        "  このカードには管理鍵を変える機能がなく、工場出荷時のままです。",
        "  This card has no command for another management key: it keeps the factory's.",
    ),
    "sign.what": ("  署名するもの（内容を確かめてください）:", "  What will be signed; read it before:"),
    "sign.put_in": ("  署名する人: {names}。職員カードを入れてください。", "  To sign: {names}. Put your badge in."),
    "sign.other_badge": (
        "  「{reader}」のカードは、署名を待っている人のカードではありません。",
        "  The card in `{reader}` is not the badge of anybody who is still to sign.",
    ),
    "sign.seen": ("  「{reader}」: {name} さんの職員カードです。", "  `{reader}`: the badge of {name}."),
    "sign.signing": ("署名しています", "signing"),
    "sign.wrong_pin": ("  暗証番号が違います（残り {n} 回）。", "  The PIN is wrong; tries left: {n}."),
    # the end
    "next.start": ("  次にすること:", "  What to do next:"),
    "next.log_key": (
        "  紙に控えて、監査担当と、記録の証人になる機関に渡すもの（記録の最初の公開鍵）:",
        "  To be written down for the auditor and for whoever witnesses the record: the first public key of the record:",
    ),
    "next.lock_away": (
        "  控えを取って、金庫など別の場所に保管するもの:",
        "  To be copied and locked away, apart from this machine:",
    ),
    "next.passphrase": (
        "  認証局の鍵の合言葉は、鍵とは別の場所に保管してください。鍵を失うと、職員カードを作り直すことになります。",
        "  Keep the passphrase of the CA's key apart from the key. Without the key all badges have to be made anew.",
    ),
    "next.token": (
        "  トークンと、その暗証番号は別々に保管してください。",
        "  Keep the token and its PIN apart.",
    ),
    "next.by_systemd": (
        "  鍵は root だけが読めます。systemd が起動のたびに cardd へ渡します（LoadCredential）。",
        "  The keys are root's; systemd hands them to the daemon at each start (LoadCredential).",
    ),
    "next.keys_here": (
        "  鍵は cardd だけが読めます。systemd の LoadCredential で渡すこともできます（docs/setup.md）。",
        "  The keys are readable by the daemon alone; systemd can hand them over instead (LoadCredential, docs/setup.md).",
    ),
}

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType({**CLOSING, **_SAID, **QUESTIONS, **ENDINGS})
