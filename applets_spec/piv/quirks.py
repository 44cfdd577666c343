"""The differences between PIV cards of the real world that only PIV has; those all cards share are in `applets_spec.variants`."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class PivQuirks:
    """How this one badge behaves where badges differ. The defaults are a plain SP 800-73-4 card without vendor commands."""

    logout: bool = True
    """VERIFY with P1 = FF takes the PIN state away (new in SP 800-73-4); else 6A86."""
    wrong_format_costs_a_try: bool = False
    """A PIN of wrong format answers 63CX and counts; else 6A80 and does not (SP 800-73-4 part 2, 3.2.1 allows both)."""
    tries_in_low_nibble: bool = False
    """Tries left as 630X instead of 63CX, as early cards tell them (OpenSC card-piv.c)."""
    global_pin: bool = False
    """Key reference 00 exists and opens what 80 opens; the discovery object says so."""
    set_management_key: bool = False
    """The vendor command 00 FF FF FF is there; else 6D00."""
    no_witness: bool = False
    """9B gives challenges alone: the host proves itself, the card does not (piv.management-single)."""
    wrong_management_key_as_wrong_data: bool = False
    """A witness or response of another key answers 6A80; else 6982 (piv.management-quirks)."""
    contactless: bool = False
    """Contactless without a virtual contact interface: PIN keys, protected objects, PIN and administration commands refused."""

    def to_state(self) -> dict[str, Any]:
        """For the card file."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Read switches from a card file. Raises `ValueError` on an unknown switch."""
        if unknown := set(state) - {field.name for field in fields(cls)}:
            raise ValueError(f"unknown PIV quirks: {', '.join(sorted(unknown))}")
        return cls(**state)
