"""Why a badge is not made, renewed or helped, in a sentence; a part of `cardd.cli.reasons`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import TwoTexts

BADGE_REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        "operator.exists:has_badge": TwoTexts("この職員には有効な職員カードがあります。", "This operator has a badge."),
        "operator.exists:person": TwoTexts(
            "同じ人が、別の職員番号で職員カードを持っています。", "The same person has a badge under another id."
        ),
        "operator.exists:unix_user": TwoTexts(
            "この端末のアカウントは、ほかの職員のものです。", "The account on this machine is another operator's."
        ),
        "operator.exists:not_active": TwoTexts(
            "職員名簿で利用停止、または役割の期間が終わっています。先に名簿を直してください。",
            "The signed register blocks this operator, or the role has ended: change the register first.",
        ),
        "operator.exists:other_role": TwoTexts(
            "職員名簿の役割と違います。名簿のとおりに指定してください。",
            "The signed register gives this operator another role: order that one, or change the register first.",
        ),
        "operator.exists:in_work": TwoTexts(
            "この職員の職員カードは、今ほかの操作で作成中です。", "This operator's badge is being worked on right now."
        ),
        "operator.unknown:not_active": TwoTexts(
            "この職員は利用停止、または役割の期間が終わっています。", "This operator is blocked, or the role has ended."
        ),
        "request.bad:more_than_one": TwoTexts(
            "職員カードが2枚以上あります。ほかのカードを取り出すか、--badge で指定してください。",
            "More than one badge is there: take the others out, or name yours with --badge.",
        ),
        "request.bad:role_unknown": TwoTexts("この役割は規則にありません。", "The rules know no such role."),
        "badge.taken:enrolment_open": TwoTexts(
            "この職員カードは、ほかの職員のために作成途中です。", "This badge is being made for another operator."
        ),
        "badge.taken:blocked": TwoTexts(
            "利用停止の届けが出ている職員カードです。", "This badge was reported lost or given up."
        ),
        "badge.unfit:pin_not_factory": TwoTexts(
            "暗証番号が工場出荷時のままではありません。新しい職員カードを使ってください。",
            "Its PIN is not the factory's any more: take a new badge.",
        ),
        "badge.unfit:puk_not_factory": TwoTexts(
            "PUKが工場出荷時のままではありません。新しい職員カードを使ってください。",
            "Its PUK is not the factory's any more: take a new badge.",
        ),
        "badge.unfit:puk_uncertain": TwoTexts(
            "何度も途中で抜かれたため、PUKが分かりません。残りの回数を守るため、この職員カードは使えません。",
            "It was pulled so often that its PUK is not known; its last tries are kept, so take another badge.",
        ),
        "badge.unfit:other_badge": TwoTexts(
            "この職員のために作成している、または登録されている職員カードではありません。"
            "そのカードを入れるか、利用を停止してから新しいカードを使ってください。",
            "It is not the badge that was begun or is registered for this operator: put that one in, or block the operator first.",
        ),
        "badge.unfit:given_up": TwoTexts(
            "作業の途中で、この職員の利用停止が届け出られました。",
            "The operator was blocked while the badge was being made.",
        ),
        "badge.unfit:no_number": TwoTexts(
            "番号のない、発行前の職員カードです。", "It has no number: it was never made out to anybody."
        ),
        "badge.unfit:blocked": TwoTexts("利用停止の届けが出ている職員カードです。", "This badge was reported lost."),
        "badge.unfit:not_made_here": TwoTexts(
            "この端末で作成した職員カードではないため、PUKを試しません。作成した端末で操作してください。",
            "It was not made at this machine and has the factory's management key, so its PUK is not tried. Use the machine that made it.",
        ),
        "badge.unfit:puk_refused_before": TwoTexts(
            "前にPUKが合いませんでした。残りの回数を守るため、もう試しません。",
            "It refused our PUK before; to keep its last tries, none is sent again.",
        ),
        "badge.unfit:request_signature": TwoTexts(
            "職員カードの署名が正しくありません。", "The badge signs wrongly with its new key."
        ),
        "badge.unfit:key_in_use": TwoTexts(
            "職員カードが、すでに使われている鍵を作りました。", "The badge made a key that is in use already."
        ),
        "badge.authority:not_configured": TwoTexts(
            "この端末では職員カードを作成できません（badges.ca_key の設定がありません）。",
            "This machine makes no badges: there is no badges.ca_key in its settings.",
        ),
        "badge.authority:master_key": TwoTexts(
            "職員カードのマスター鍵を読み取れません（badges.master_key）。",
            "The master key of the badges cannot be read (badges.master_key).",
        ),
        "badge.authority:not_trusted_here": TwoTexts(
            "この認証局が発行した職員カードは、この端末でログインに使えません（operator_ca の設定）。",
            "This machine would not let in a badge of this CA: its certificate is not under operator_ca.",
        ),
        "pin.format:factory_pin": TwoTexts(
            "工場出荷時の暗証番号は使えません。", "The factory's PIN is known to everybody."
        ),
        "pin.format:all_equal": TwoTexts("同じ数字だけの暗証番号は使えません。", "Not all digits may be the same."),
        "pin.format:run": TwoTexts(
            "続き番号の暗証番号は使えません。", "Digits that run up or down are the first to be guessed."
        ),
        # health
        "badges:ends_soon": TwoTexts(
            "まもなく有効期限が切れる職員カードがあります（cardctl badge list）。",
            "A badge ends soon; see cardctl badge list.",
        ),
        "badges:incomplete": TwoTexts(
            "作成途中の職員カードがあります（cardctl badge list）。",
            "A badge is half made; see cardctl badge list.",
        ),
    }
)
