"""The three files of the office: what they are called, and what stands in them."""

from enum import StrEnum

from cardd.office import block_list
from cardd.office.block_list import Blocks
from cardd.policy import load as policy_file
from cardd.policy.rules import Policy
from cardd.register import Register
from cardd.register import from_bytes as register_from_bytes


class Kind(StrEnum):
    """Which file. The order is that in which several new ones are put in force: a register may need the new policy's roles."""

    POLICY = "policy"
    REGISTER = "register"
    BLOCK_LIST = "block_list"

    @property
    def file_name(self) -> str:
        return f"{self}.toml"

    @property
    def signatures_name(self) -> str:
        return f"{self}.toml.p7s"


Contents = Policy | Register | Blocks


def read(kind: Kind, content: bytes, name: str) -> Contents:
    """`content`: TOML, UTF-8; `name`: what errors call the file. Raises `BrokenFile`."""
    match kind:
        case Kind.POLICY:
            return policy_file.from_bytes(content, name)
        case Kind.REGISTER:
            return register_from_bytes(content, name)
        case Kind.BLOCK_LIST:
            return block_list.from_bytes(content, name)


def version_of(contents: Contents) -> int:
    """The version that rises with each file of a kind."""
    return contents.table.version if isinstance(contents, Policy) else contents.version


def foreign_roles(register: Register, policy: Policy) -> tuple[str, ...]:
    """One sentence for each operator whose role the policy does not know: nobody of that role can do anything."""
    return tuple(
        f"operator `{each.id}` has a role that the policy does not know: {each.role}"
        for each in register.operators
        if each.role not in policy.roles
    )
