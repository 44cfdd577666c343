"""Gives the tests of this folder their readers."""

from tests.fixtures.pcscd import pcsc_switch, pcscd, real_pcscd, standin_pcscd

__all__ = ["pcsc_switch", "pcscd", "real_pcscd", "standin_pcscd"]
