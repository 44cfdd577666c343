"""The list of all messages of the wire: methods, the calls that the daemon makes to an agent, and notifications."""

from dataclasses import dataclass

from pydantic import BaseModel

from cardd.wire.base import Nothing
from cardd.wire.methods import (
    agent_register,
    approval_give,
    approval_list,
    approval_refuse,
    audit_alarms,
    audit_cut,
    audit_disclose,
    audit_export,
    audit_export_head,
    audit_export_part,
    audit_head,
    audit_own_day,
    audit_proof,
    audit_query,
    audit_review,
    audit_watch_list,
    badge_block,
    badge_enrol,
    badge_list,
    badge_renew,
    badge_unblock_pin,
    card_certificate,
    card_change_pin,
    card_pin_status,
    card_read,
    card_token_info,
    cards_list,
    case_close,
    certificate_check,
    emergency_override,
    errors_list,
    events_subscribe,
    health,
    hello,
    lockdown_engage,
    lockdown_release,
    office_reload,
    policy_explain,
    policy_show,
    queue_show,
    readers_list,
    request_cancel,
    rpc_discover,
    server_closing,
    session_activity,
    session_login,
    session_logout,
    session_status,
    session_unlock,
    sign_begin,
    sign_digest,
    sign_finish,
    sign_grant,
    sign_revoke_grant,
    whoami,
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one method."""

    name: str
    params: type[BaseModel]
    result: type[BaseModel]


METHODS = (
    Words(hello.METHOD, hello.Params, hello.Result),
    Words(whoami.METHOD, Nothing, whoami.Result),
    Words(rpc_discover.METHOD, Nothing, rpc_discover.Result),
    Words(errors_list.METHOD, Nothing, errors_list.Result),
    Words(health.METHOD, Nothing, health.Result),
    Words(request_cancel.METHOD, request_cancel.Params, request_cancel.Result),
    Words(readers_list.METHOD, Nothing, readers_list.Result),
    Words(cards_list.METHOD, Nothing, cards_list.Result),
    Words(queue_show.METHOD, Nothing, queue_show.Result),
    Words(events_subscribe.METHOD, events_subscribe.Params, events_subscribe.Result),
    Words(agent_register.METHOD, agent_register.Params, agent_register.Result),
    Words(session_login.METHOD, session_login.Params, session_login.Result),
    Words(session_unlock.METHOD, session_unlock.Params, session_unlock.Result),
    Words(session_logout.METHOD, Nothing, session_logout.Result),
    Words(session_status.METHOD, Nothing, session_status.Result),
    Words(session_activity.METHOD, Nothing, session_activity.Result),
    Words(card_read.METHOD, card_read.Params, card_read.Result),
    Words(card_certificate.METHOD, card_certificate.Params, card_certificate.Result),
    Words(card_pin_status.METHOD, card_pin_status.Params, card_pin_status.Result),
    Words(card_token_info.METHOD, card_token_info.Params, card_token_info.Result),
    Words(certificate_check.METHOD, certificate_check.Params, certificate_check.Result),
    Words(card_change_pin.METHOD, card_change_pin.Params, card_change_pin.Result),
    Words(sign_digest.METHOD, sign_digest.Params, sign_digest.Result),
    Words(sign_begin.METHOD, sign_begin.Params, sign_begin.Result),
    Words(sign_finish.METHOD, sign_finish.Params, sign_finish.Result),
    Words(sign_grant.METHOD, sign_grant.Params, sign_grant.Result),
    Words(sign_revoke_grant.METHOD, sign_revoke_grant.Params, sign_revoke_grant.Result),
    Words(approval_list.METHOD, Nothing, approval_list.Result),
    Words(approval_give.METHOD, approval_give.Params, approval_give.Result),
    Words(approval_refuse.METHOD, approval_refuse.Params, approval_refuse.Result),
    Words(lockdown_engage.METHOD, lockdown_engage.Params, lockdown_engage.Result),
    Words(lockdown_release.METHOD, lockdown_release.Params, lockdown_release.Result),
    Words(emergency_override.METHOD, emergency_override.Params, emergency_override.Result),
    Words(badge_enrol.METHOD, badge_enrol.Params, badge_enrol.Result),
    Words(badge_renew.METHOD, badge_renew.Params, badge_renew.Result),
    Words(badge_unblock_pin.METHOD, badge_unblock_pin.Params, badge_unblock_pin.Result),
    Words(badge_block.METHOD, badge_block.Params, badge_block.Result),
    Words(badge_list.METHOD, badge_list.Params, badge_list.Result),
    Words(office_reload.METHOD, office_reload.Params, office_reload.Result),
    Words(audit_cut.METHOD, audit_cut.Params, audit_cut.Result),
    Words(audit_export_head.METHOD, audit_export_head.Params, audit_export_head.Result),
    Words(audit_head.METHOD, audit_head.Params, audit_head.Result),
    Words(audit_proof.METHOD, audit_proof.Params, audit_proof.Result),
    Words(audit_export.METHOD, audit_export.Params, audit_export.Result),
    Words(audit_export_part.METHOD, audit_export_part.Params, audit_export_part.Result),
    Words(audit_disclose.METHOD, audit_disclose.Params, audit_disclose.Result),
    Words(audit_query.METHOD, audit_query.Params, audit_query.Result),
    Words(audit_own_day.METHOD, audit_own_day.Params, audit_own_day.Result),
    Words(case_close.METHOD, case_close.Params, case_close.Result),
    Words(audit_watch_list.METHOD, audit_watch_list.Params, audit_watch_list.Result),
    Words(audit_review.METHOD, audit_review.Params, audit_review.Result),
    Words(audit_alarms.METHOD, audit_alarms.Params, audit_alarms.Result),
    Words(policy_show.METHOD, Nothing, policy_show.Result),
    Words(policy_explain.METHOD, policy_explain.Params, policy_explain.Result),
)
"""Client to daemon."""

REVERSE = (
    Words(agent_register.PIN, agent_register.PinRequest, agent_register.PinAnswer),
    Words(agent_register.CONFIRM, agent_register.ConfirmRequest, agent_register.ConfirmAnswer),
)
"""Daemon to agent."""

NOTIFICATIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    (hello.GREETING, hello.Greeting),
    (server_closing.METHOD, server_closing.Closing),
    (request_cancel.PROGRESS, request_cancel.Progress),
    (events_subscribe.CHANGED, events_subscribe.Changed),
    (events_subscribe.LAGGED, events_subscribe.Lagged),
    (agent_register.CANCEL, agent_register.CancelNotice),
)
"""Daemon to client, without an answer."""
