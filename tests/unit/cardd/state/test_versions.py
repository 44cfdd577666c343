"""No older file of the office comes back."""

from pathlib import Path

import pytest

from cardd.errors import AuditUnavailable, OfficeFileRefused
from cardd.state.versions import HIGHEST_VERSION, Versions
from tests.unit.cardd.state.house import OTHER_BOOT, disk_that_takes_nothing, open_state

ONE, OTHER = "1" * 64, "2" * 64


def test_versions_only_rise_and_a_restart_forgets_none(tmp_path: Path) -> None:
    store = open_state(tmp_path)
    versions = Versions(store)
    assert versions.highest("policy") is None
    versions.accept("policy", 7, ONE)
    versions.accept("policy", 7, ONE)
    versions.accept("register", 2, ONE)
    store.close()
    versions = Versions(open_state(tmp_path, boot_id=OTHER_BOOT))
    assert versions.highest("policy") == (7, ONE)
    with pytest.raises(OfficeFileRefused, match="rolled_back"):
        versions.accept("policy", 6, ONE)
    with pytest.raises(OfficeFileRefused, match="same_version"):
        versions.accept("policy", 7, OTHER)
    assert versions.highest("policy") == (7, ONE)
    versions.accept("policy", 9, OTHER)
    assert versions.highest("policy") == (9, OTHER)
    assert versions.highest("register") == (2, ONE)


def test_a_version_that_no_record_can_hold_is_refused(tmp_path: Path) -> None:
    versions = Versions(open_state(tmp_path))
    with pytest.raises(OfficeFileRefused, match="version_too_high"):
        versions.accept("policy", HIGHEST_VERSION + 1, ONE)
    with pytest.raises(OfficeFileRefused, match="version_too_high"):
        versions.accept("policy", 10**30, ONE)
    versions.accept("policy", HIGHEST_VERSION, ONE)


def test_a_version_that_cannot_be_written_is_not_accepted(tmp_path: Path) -> None:
    versions = Versions(open_state(tmp_path))
    with disk_that_takes_nothing(), pytest.raises(AuditUnavailable):
        versions.accept("policy", 1, ONE)
    assert versions.highest("policy") is None
