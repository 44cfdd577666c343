"""An explanation in sentences, drawn from its plain values."""

from cardd.policy import words
from cardd.policy.plain import Plain
from cardd.policy.screen import visible, wrapped
from cardd.policy.show import WIDTH
from cardd.policy.words import Locale, say


def sentences(told: Plain, locale: Locale, width: int = WIDTH) -> list[str]:
    """Lines of at most `width` columns. `told`: as `plain_explanation` gives it."""
    lines = [say("allowed" if told["allowed"] else "denied", locale), _by(told, locale)]
    if told["second_person"]:
        lines.append(say("needs_second", locale))
    if told["pin_again"]:
        lines.append(say("needs_pin", locale))
    if told["certificate_status"] is not None:
        lines.append(say(f"status_{told['certificate_status']}", locale))
    if told["reason"] and told["reason"] != "no_row":
        reason = words.REASONS.get(told["reason"])
        lines.append(say("because", locale, reason=reason.to(locale) if reason else visible(told["reason"])))
    if told["item"]:
        known = {**words.ITEMS, **words.KEYS}.get(told["item"])
        lines.append(say("refused_item", locale, name=known.name.to(locale) if known else visible(told["item"])))
    if told["near"]:
        lines += [say("near", locale), *(f"  {_near(near, locale)}" for near in told["near"])]
    lines.append(say("policy", locale, version=told["policy_version"], hash=told["policy_hash"]))
    return [part for line in lines for part in wrapped(line, width, "    ")]


def _by(told: Plain, locale: Locale) -> str:
    """Whose word it is: a row's, a rule's, or nobody's; and on which line that stands."""
    rule = visible(told["rule"])
    if rule == "default":
        return say("by_default", locale)
    by = say("by_rule" if rule in words.RULES else "by_row", locale, rule=rule)
    return by if told["line"] is None else f"{by} {say('at_line', locale, line=told['line'])}"


def _near(near: Plain, locale: Locale) -> str:
    lacks = ("、" if locale == "ja" else ", ").join(words.LACKS[each].to(locale) for each in near["lacks"])
    return say("near_row", locale, row=visible(near["row"]), line=near["line"] or "-", lacks=lacks)
