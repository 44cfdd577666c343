"""Why, in a sentence: the words that the daemon gives as `problem` of an error or of a health check, in Japanese and English.

A word without a row here is shown as it is: it is for the office's IT.
"""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.cli.reasons_audit import AUDIT_REASONS
from cardd.cli.reasons_badge import BADGE_REASONS
from cardd.cli.reasons_calls import CALL_REASONS
from cardd.cli.reasons_certificate import CERTIFICATE_REASONS
from cardd.cli.reasons_keeping import KEEPING_REASONS
from cardd.cli.reasons_office import OFFICE_REASONS
from cardd.cli.reasons_watch import WATCH_REASONS
from cardd.cli.reasons_witness import WITNESS_REASONS
from cardd.wire.fault import TwoTexts

REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        # policy.denied: cardd's own rules, then the office's table
        "policy.denied:nobody_logged_in": TwoTexts("ログインしていません。", "Nobody is logged in."),
        "policy.denied:role_unknown": TwoTexts(
            "この職員の役割が規則にありません。", "The rules do not know this operator's role."
        ),
        "policy.denied:not_a_badge": TwoTexts("職員カードではありません。", "This is no operator's badge."),
        "policy.denied:no_right": TwoTexts(
            "この役割にはこの権限がありません。", "This operator's role does not have this right."
        ),
        "policy.denied:purpose_not_for_emergency": TwoTexts(
            "緊急時の特例の対象ではない利用目的です。", "The emergency override is not for this purpose."
        ),
        "policy.denied:purpose_missing": TwoTexts("利用目的が指定されていません。", "No purpose was given."),
        "policy.denied:purpose_unknown": TwoTexts(
            "この利用目的は規則にありません。", "The rules do not know this purpose."
        ),
        "policy.denied:case_missing": TwoTexts("受付番号が指定されていません。", "No reception number was given."),
        "policy.denied:items_missing": TwoTexts("読み取る項目が指定されていません。", "No item was named."),
        "policy.denied:key_missing": TwoTexts("使う鍵が指定されていません。", "No key was named."),
        "policy.denied:private_sector": TwoTexts(
            "個人番号や住民票コードの業務は、民間の業務では扱えません。",
            "Individual number and resident code are not for private-sector programs.",
        ),
        "policy.denied:purpose_not_under_number_law": TwoTexts(
            "個人番号は、番号法に基づく利用目的でなければ読み取れません。",
            "The individual number may be read only under a purpose that rests on the number law.",
        ),
        "policy.denied:no_row": TwoTexts(
            "この役割と利用目的では、規則で認められていません。",
            "The rules do not allow it to this role under this purpose.",
        ),
        "policy.denied:own_badge": TwoTexts(
            "自分の職員カードの発行・更新・ロック解除は、ほかのシステム管理者が行います。",
            "Nobody makes, renews or unblocks their own badge: another administrator does.",
        ),
        "policy.denied:foreign_badge": TwoTexts(
            "ログインしている職員のカードではありません。", "It is not the badge of whoever is logged in."
        ),
        # auth.failed: the register, the badge, its certificate
        "auth.failed:badge_blocked": TwoTexts(
            "この職員カードは利用停止になっています（紛失の届け出など）。",
            "This badge counts no more: it was reported lost, or blocked.",
        ),
        "auth.failed:role_ended": TwoTexts(
            "職員名簿の有効期限が過ぎています。", "The operator's entry in the register has ended."
        ),
        "auth.failed:role_unknown": TwoTexts(
            "この職員の役割が規則にありません。", "The rules do not know this operator's role."
        ),
        "auth.failed:other_operator": TwoTexts(
            "ログインしている職員とは別の職員です。", "It is not the operator who is logged in."
        ),
        "auth.failed:not_registered": TwoTexts(
            "職員名簿に登録されていません。", "The badge is not in the register of operators."
        ),
        "auth.failed:operator_blocked": TwoTexts(
            "職員名簿で利用停止になっています。", "The operator is blocked in the register."
        ),
        "auth.failed:card_uuid": TwoTexts(
            "職員カードの識別番号が登録と合いません。",
            "The badge's own number does not fit its certificate or the register.",
        ),
        "auth.failed:badge_signature": TwoTexts(
            "職員カードの鍵と電子証明書が合いません。", "The badge's key does not fit its certificate."
        ),
        "auth.failed:challenge_expired": TwoTexts("ログインに時間がかかりすぎました。", "The login took too long."),
        "auth.failed:expired": TwoTexts(
            "職員カードの電子証明書の有効期限が切れています。", "The badge's certificate has expired."
        ),
        "auth.failed:not_yet_valid": TwoTexts(
            "職員カードの電子証明書の有効期間がまだ始まっていません。", "The badge's certificate is not valid yet."
        ),
        "auth.failed:unknown_issuer": TwoTexts(
            "この団体の認証局が発行した職員カードではありません。",
            "The badge was not issued by this office's authority.",
        ),
        "auth.failed:issuer_not_valid": TwoTexts(
            "職員カードを発行した認証局の有効期間外です。", "The authority that issued the badge is not valid now."
        ),
        "auth.failed:bad_signature": TwoTexts(
            "職員カードの電子証明書が改ざんされているか、壊れています。",
            "The signature on the badge's certificate is wrong.",
        ),
        "auth.failed:weak_algorithm": TwoTexts(
            "職員カードの電子証明書の暗号方式が弱すぎます。",
            "The badge's certificate uses an algorithm that is too weak.",
        ),
        "auth.failed:wrong_kind": TwoTexts(
            "職員カード用の電子証明書ではありません。", "The certificate is not of the kind that badges carry."
        ),
        "auth.failed:malformed": TwoTexts(
            "職員カードの電子証明書を読み取れません。", "The badge's certificate cannot be read."
        ),
        # auth.wrong_account: whose account of the machine a badge opens
        "auth.wrong_account:unix_user_other": TwoTexts(
            "別の人のアカウントです。", "The register gives this badge another account."
        ),
        "auth.wrong_account:unix_user_missing": TwoTexts(
            "職員名簿に、この職員のアカウントが登録されていません。", "The register gives this badge no account."
        ),
        "auth.wrong_account:account_unknown": TwoTexts(
            "このアカウントはこの端末にありません。", "This machine has no such account."
        ),
        "auth.wrong_account:account_root": TwoTexts(
            "システム管理用のアカウントは、職員カードでは開きません。", "No badge opens the account of root."
        ),
        "auth.wrong_account:account_no_client": TwoTexts(
            "このアカウントは、設定でこの窓口を使えることになっていません。",
            "The configuration does not let this account use this seat.",
        ),
        "auth.wrong_account:account_lookup": TwoTexts(
            "アカウントの確認に時間がかかりすぎました。", "Looking the account up took too long."
        ),
        "auth.wrong_account:not_for_others": TwoTexts(
            "このプログラムは、ほかの人のアカウントのためにログインできません。",
            "The configuration does not let this program log in for other accounts.",
        ),
        # PINs
        "pin.format:length": TwoTexts("桁数が違います。", "The number of characters is wrong."),
        "pin.format:alphabet": TwoTexts("使えない文字が入っています。", "It has characters that this PIN cannot have."),
        "pin.format:letter_and_digit": TwoTexts("英字と数字の両方が必要です。", "It needs a letter and a digit."),
        "pin.format:same_as_old": TwoTexts("今までと同じ暗証番号です。", "The new PIN is the old one."),
        "pin.format:repeat_differs": TwoTexts(
            "新しい暗証番号の2回の入力が一致しません。", "The new PIN was not the same both times."
        ),
        "pin.guard:role": TwoTexts(
            "最後の1回を使う権限がありません。責任者が操作してください。",
            "This role may not spend the last try; a supervisor may.",
        ),
        "pin.guard:not_agreed": TwoTexts("本人の同意がありませんでした。", "The holder did not agree."),
        "pin.guard:consent_too_old": TwoTexts("同意から時間がたちすぎました。", "The agreement was too long ago."),
        "pin.guard:insertion_limit": TwoTexts(
            "間違いが続きました。カードを取り出し、本人に暗証番号を確認してください。",
            "Too many wrong PINs since this card was put in: take it out and ask the holder to make sure.",
        ),
        "pin.guard:card_limit": TwoTexts(
            "このカードは、この端末で24時間に間違えられる回数に達しました。",
            "This card had too many wrong PINs at this terminal within 24 hours.",
        ),
        "pin.guard:operator_limit": TwoTexts(
            "この職員の操作で、1時間に間違えられる回数に達しました。",
            "There were too many wrong PINs within an hour under this operator.",
        ),
        "pin.was_blocked:last_try_kept": TwoTexts(
            "残り1回の職員カードは使えません。管理者に再設定を依頼してください。",
            "A badge with one try left counts as blocked: the administrator resets it.",
        ),
        # a second person
        "approval.invalid:unknown": TwoTexts("この承認の依頼は見つかりません。", "There is no such approval."),
        "approval.invalid:expired": TwoTexts("承認の期限が過ぎました。", "It was not given, or not used, in time."),
        "approval.invalid:used": TwoTexts("この承認はすでに使われました。", "It was used already."),
        "approval.invalid:refused": TwoTexts(
            "この依頼は断られたか、取り下げられました。", "It was refused or taken back."
        ),
        "approval.invalid:not_given": TwoTexts("まだ承認されていません。", "Nobody has agreed yet."),
        "approval.invalid:given": TwoTexts("ほかの職員がすでに承認しました。", "Somebody else has agreed already."),
        "approval.invalid:other_content": TwoTexts(
            "承認された内容と違います。", "This is not what was asked for, word by word."
        ),
        "approval.invalid:other_requester": TwoTexts(
            "承認を依頼した職員ではありません。", "Somebody else asked for this approval."
        ),
        "approval.invalid:other_operation": TwoTexts(
            "ほかの操作についての承認です。", "It was given for another operation."
        ),
        "approval.invalid:same_person": TwoTexts(
            "同じ人が2人分の確認をすることはできません。別の職員が行ってください。",
            "One person cannot be both: it takes somebody else.",
        ),
        "approval.invalid:approver": TwoTexts(
            "承認した職員は、もう承認できる立場にありません。", "The one who agreed may not do so any more."
        ),
        "approval.invalid:role": TwoTexts(
            "この職員の役割では、この操作を承認できません。", "This role may not agree to this."
        ),
        "approval.invalid:not_engaged": TwoTexts("緊急停止していません。", "There is no emergency stop to release."),
        # files of the office
        "office.refused:rolled_back": TwoTexts(
            "今まで有効だったものより古い版です。", "It is older than one that was in force here."
        ),
        "office.refused:same_version": TwoTexts(
            "同じ版番号で、内容が違います。", "It has the version number of another file that was in force here."
        ),
        "office.refused:version_too_high": TwoTexts("版番号が大きすぎます。", "Its version number is too high."),
        # what must survive a restart
        "audit.unavailable:state_not_writable": TwoTexts(
            "状態ファイル（state.db）に書き込めません。", "The state file (state.db) cannot be written."
        ),
        "audit.unavailable:lockdown_not_kept": TwoTexts(
            "緊急停止は有効ですが、ディスクに保存できません。保存できるまで、再起動すると解除されます。",
            "The emergency stop is in force, but a restart would lift it until the disk takes it; cardd keeps trying.",
        ),
        "audit.unavailable:lockdown_not_recorded": TwoTexts(
            "緊急停止は有効ですが、利用記録に書き込めません。",
            "The emergency stop is in force, but it could not be put on record.",
        ),
        "audit.unavailable:state_unreadable": TwoTexts(
            "状態ファイル（state.db）を読み取れません。", "The state file (state.db) cannot be read."
        ),
        # cards and seats
        "card.absent:no_badge": TwoTexts("職員カードがありません。", "There is no badge."),
        "card.wrong_reader:other_seat": TwoTexts(
            "ほかの窓口のカードリーダーです。", "It is in a reader of another seat."
        ),
        "card.wrong_kind:items": TwoTexts(
            "このカードには、求められた項目がありません。", "This card does not have the items asked for."
        ),
        "card.wrong_kind:not_changeable": TwoTexts(
            "このカードでは、この暗証番号を変更できません。", "This PIN of this card cannot be changed."
        ),
        "session.required:ended_meanwhile": TwoTexts(
            "操作の途中でログアウトしました。", "The session ended in the middle of the operation."
        ),
        "session.required:locked_meanwhile": TwoTexts(
            "操作の途中で画面がロックされました。", "The session was locked in the middle of the operation."
        ),
        "agent.not_allowed:reports_activity": TwoTexts(
            "このプログラムからの操作の通知は、設定で認められていません。",
            "The configuration does not take this program's word for a human's act.",
        ),
        "session.exists:login_running": TwoTexts("ログインの操作が進行中です。", "A login is under way."),
        "seat.unknown:must_be_named": TwoTexts(
            "窓口が複数あります。--seat で指定してください。", "There is more than one seat: name yours with --seat."
        ),
        "seat.unknown:not_yours": TwoTexts(
            "この窓口を使う許可がありません。", "This seat is not given to your account."
        ),
        # badge.unfit and badge.management_key: what the badge itself says while it is made
        "badge.unfit:algorithm": TwoTexts(
            "この職員カードでは、その種類の鍵を作れません。", "The badge cannot make a key of this kind."
        ),
        "badge.unfit:weak_key": TwoTexts(
            "この職員カードが作った鍵には、既知の弱点（CVE-2017-15361）があります。使わないでください。",
            "The badge makes keys with a known weakness (CVE-2017-15361): do not use it.",
        ),
        "badge.unfit:no_space": TwoTexts(
            "職員カードの空き容量が足りません。", "There is not enough room on the badge."
        ),
        "badge.management_key:algorithm": TwoTexts(
            "管理鍵の種類が違います。", "The badge's management key is of another kind."
        ),
        "badge.management_key:refused": TwoTexts(
            "この団体の管理鍵でも、出荷時の管理鍵でもありません。",
            "It is neither this office's management key nor the one from the factory.",
        ),
        "badge.management_key:blocked": TwoTexts(
            "管理鍵がロックされています。", "The badge's management key is blocked."
        ),
        "badge.management_key:not_proven": TwoTexts(
            "職員カードが管理鍵を持っていることを証明できません。偽物のおそれがあります。",
            "The badge does not prove that it has the management key: it may be no genuine card.",
        ),
        # badge.authority: the operator CA
        "badge.authority:passphrase": TwoTexts(
            "認証局の鍵のパスフレーズが違います。", "The passphrase of the CA's key is wrong."
        ),
        "badge.authority:absent": TwoTexts("認証局の鍵のファイルがありません。", "The CA's key file is not there."),
        "badge.authority:unreadable": TwoTexts(
            "認証局の鍵のファイルを読み取れません。", "The CA's key file cannot be read."
        ),
        "badge.authority:wrong_mode": TwoTexts(
            "認証局の鍵のファイルを、ほかの利用者も読み取れます。", "Others can read the CA's key file."
        ),
        "badge.authority:wrong_owner": TwoTexts(
            "認証局の鍵のファイルの所有者が違います。", "The CA's key file belongs to another user."
        ),
        "badge.authority:not_a_key": TwoTexts(
            "指定のファイルは秘密鍵ではありません。", "The CA's key file holds no private key."
        ),
        "badge.authority:not_encrypted": TwoTexts(
            "認証局の鍵が暗号化されていません。", "The CA's key is not encrypted."
        ),
        "badge.authority:damaged": TwoTexts(
            "認証局の鍵のファイルが壊れています。", "The CA's key file is damaged: take it from the backup."
        ),
        "badge.authority:module_absent": TwoTexts(
            "トークンのドライバー（PKCS#11）を読み込めません。", "The token's PKCS#11 module cannot be loaded."
        ),
        "badge.authority:token_absent": TwoTexts(
            "認証局のトークンが接続されていません。", "The CA's token is not plugged in."
        ),
        "badge.authority:token_ambiguous": TwoTexts(
            "同じ名前のトークンが複数あります。", "Several tokens have the CA's label: pull the others."
        ),
        "badge.authority:token_not_ready": TwoTexts(
            "トークンのPINがまだ設定されていません。", "The token has no user PIN yet."
        ),
        "badge.authority:token_pin": TwoTexts(
            "トークンのPINが違います。繰り返すとロックされます。",
            "The token refused the PIN. Each wrong one counts: do not guess.",
        ),
        "badge.authority:token_pin_shape": TwoTexts(
            "トークンのPINは4文字以上32文字以下です。", "A token's PIN has 4 to 32 characters; it was not tried."
        ),
        "badge.authority:token_pin_final_try": TwoTexts(
            "あと1回まちがえるとトークンがロックされるため、PINを照合しませんでした。",
            "One more wrong PIN would lock the token: it was not tried.",
        ),
        "badge.authority:token_locked": TwoTexts("トークンがロックされています。", "The token is locked."),
        "badge.authority:token_busy": TwoTexts("トークンは使用中です。", "The token is in use."),
        "badge.authority:token_failed": TwoTexts("トークンが応答しません。", "The token did not do what it was asked."),
        "badge.authority:key_absent": TwoTexts(
            "トークンに認証局の鍵がありません。", "The token does not hold the CA's key."
        ),
        "badge.authority:key_ambiguous": TwoTexts(
            "トークンに同じ名前の鍵が複数あります。", "The token holds several keys of that label."
        ),
        "badge.authority:key_kind": TwoTexts(
            "認証局の鍵の種類が違います。", "The CA's key is neither P-256, P-384 nor RSA of 3072 bits."
        ),
        "badge.authority:key_mismatch": TwoTexts(
            "認証局の鍵と証明書が合いません。", "The CA's key does not belong to its certificate."
        ),
        "badge.authority:certificate_absent": TwoTexts(
            "認証局の証明書のファイルがありません。", "The CA's certificate is not there."
        ),
        "badge.authority:certificate_unreadable": TwoTexts(
            "認証局の証明書を読み取れません。", "The CA's certificate cannot be read."
        ),
        "badge.authority:ca_malformed": TwoTexts(
            "認証局の証明書が正しい形式ではありません。", "The CA's certificate is malformed."
        ),
        "badge.authority:ca_not_an_authority": TwoTexts(
            "指定の証明書は認証局のものではありません。", "The certificate is no CA's."
        ),
        "badge.authority:ca_expired": TwoTexts("認証局の有効期限が切れています。", "The CA has expired."),
        "badge.authority:ca_not_yet_valid": TwoTexts(
            "認証局の有効期間がまだ始まっていません。", "The CA is not valid yet: look at the clock."
        ),
        "badge.authority:key_in_use": TwoTexts(
            "この鍵は、すでに別の職員カードで使われています。", "The key belongs to another badge already."
        ),
        "badge.authority:book_unreadable": TwoTexts(
            "発行台帳を読み取れません。", "The book of issued certificates cannot be read."
        ),
        "badge.authority:book_unwritable": TwoTexts(
            "発行台帳に書き込めません。", "The book of issued certificates cannot be written."
        ),
        "badge.authority:book_damaged": TwoTexts(
            "発行台帳が壊れています。", "The book of issued certificates is damaged."
        ),
        # checks of `health`
        "pcsc:down": TwoTexts("カードリーダーのサービス（pcscd）が動いていません。", "pcscd is not running."),
        "readers:none": TwoTexts("使えるカードリーダーがありません。", "There is no reader that may be used."),
        "readers:stuck": TwoTexts(
            "応答しないカードが入っています。取り出してください。", "A card does not answer: take it out."
        ),
        "lockdown:engaged": TwoTexts(
            "緊急停止中です。システム管理者2人がそれぞれ cardctl lockdown release を行うと、解除されます。",
            "The emergency stop is in force. Two administrators release it, each with cardctl lockdown release.",
        ),
        "lockdown:not_kept": TwoTexts(
            "緊急停止中ですが、ディスクに保存できていません。再起動すると解除されます。",
            "The emergency stop is in force and not on the disk: a restart would lift it.",
        ),
        "memory:not_locked": TwoTexts(
            "メモリを固定できません（LimitMEMLOCK）。", "Memory could not be locked (LimitMEMLOCK)."
        ),
        "mode:test": TwoTexts(
            "試験モードです。住民の方のカードには使わないでください。", "Test mode: not for residents' cards."
        ),
        "pcscd_socket:open_to_others": TwoTexts(
            "ほかのプログラムもカードリーダーを使えます（docs/installation.md）。",
            "Other programs can use the readers too (docs/installation.md).",
        ),
        **AUDIT_REASONS,
        **BADGE_REASONS,
        **CALL_REASONS,
        **CERTIFICATE_REASONS,
        **KEEPING_REASONS,
        **WATCH_REASONS,
        **OFFICE_REASONS,
        **WITNESS_REASONS,
    }
)
