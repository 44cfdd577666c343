"""Approvals, alarms, and the records of one's own day."""

from __future__ import annotations

from typing import Final

OVERSIGHT: Final[dict[str, tuple[str, str]]] = {
    # --- approvals ----------------------------------------------------------------------------------------------
    "screen.approvals": ("承認待ち", "Approvals waiting"),
    "screen.approvals.text": (
        "もう1人の確認が要る操作を見て、承認します。",
        "What needs a second person: look at it and agree.",
    ),
    "job.approvals": ("承認する人の職員カードを確かめます", "Checking the badge of whoever agrees"),
    "approvals.none": ("承認待ちはありません。", "Nothing waits for a second person."),
    "approvals.none.text": (
        "承認が必要な操作があると、この画面に自動で表示されます。",
        "What needs a second person appears here by itself.",
    ),
    "approvals.lead": (
        "内容を見てから、承認する人が自分の職員カードと暗証番号で承認します。",
        "Look at it first. Whoever agrees does so with their own badge and PIN.",
    ),
    "approvals.state.asked": ("承認待ち", "waits"),
    "approvals.state.given": ("承認済み", "agreed to"),
    "approvals.own": ("自分の依頼", "asked by you"),
    "approvals.seat": ("窓口", "Seat"),
    "approvals.left": ("残り時間", "Time left"),
    "approvals.look": ("内容を見る", "Look at it"),
    "approvals.withdraw": ("依頼を取り下げる", "Take it back"),
    "approvals.waits_for_use": (
        "{approver} が承認しました。依頼した職員が同じ操作をもう一度行うと、実行されます。",
        "{approver} has agreed. It is done when whoever asked does the same once more.",
    ),
    "approvals.given": (
        "「{operation}」を承認しました。{requester} は {until} までに1回だけ行えます。",
        "Agreed: {operation}. {requester} can do it once, until {until}.",
    ),
    "approval.head": ("承認する内容", "What is to be agreed to"),
    "approval.lead": (
        "すべて確かめてください。暗証番号を入力すると、この内容だけを承認したことになります。",
        "Look at every line. Typing your PIN agrees to exactly this.",
    ),
    "approval.mine": (
        "あなたの依頼です。承認できるのは、別の職員だけです。",
        "You asked for this. Only somebody else can agree.",
    ),
    "approval.insert": (
        "承認する人の職員カードを、カードリーダーに入れてください。",
        "Insert the badge of whoever agrees.",
    ),
    "approval.insert_second": (
        "承認する人の職員カードを、もう1つのカードリーダーに入れてください。あなたの職員カードは抜かないでください。",
        "Insert the badge of whoever agrees into the other reader. Leave yours where it is.",
    ),
    "approval.elsewhere": (
        "承認する人は、自分の窓口の「承認待ち」からも承認できます。",
        "They can also agree at their own seat, under “Approvals waiting”.",
    ),
    "approval.whose_badge": ("承認する人の職員カード", "The badge of whoever agrees"),
    "approval.own_badge": ("ログイン中の職員のカード", "of whoever is logged in here"),
    "approval.by_badge": ("{reader} の職員カードで承認します。", "With the badge in {reader}."),
    "approval.role_may_not": (
        "あなたの役割では、この操作を承認できません。承認できる職員のカードを入れてください。",
        "Your role may not agree to this. Insert the badge of somebody whose role may.",
    ),
    "approval.agree": ("暗証番号を入力して承認する", "Agree with badge and PIN"),
    "approval.refuse": ("承認しない", "Refuse"),
    "prompt.whose.approver": ("承認する職員ご本人が入力してください。", "To be typed by whoever agrees."),
    "prompt.about": (
        "暗証番号を入力すると、次の内容を承認したことになります。",
        "By typing your PIN you agree to this:",
    ),
    "notice.approval.asked": (
        "{requester} が承認を求めています（{operation}）。",
        "{requester} asks for an approval ({operation}).",
    ),
    "notice.approval.given": (
        "依頼した操作が承認されました（{operation}）。同じ操作をもう一度行ってください。",
        "What you asked for was agreed to ({operation}). Do the same once more.",
    ),
    "notice.approval.refused": (
        "承認の依頼は、断られたか取り下げられました（{operation}）。",
        "The request was refused or taken back ({operation}).",
    ),
}
