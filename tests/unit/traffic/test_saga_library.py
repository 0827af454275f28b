"""The folder of definitions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mi_bridge.errors import SagaError
from mi_bridge.insurer.profile import load_profile
from mi_bridge.traffic.saga_library import SagaLibrary

GOOD = 'name = "查询"\n[[step]]\ncode = "ask"\ninfno = "1101"\ninput = { data = { psn_no = "${input.psn_no}" } }\n'


@pytest.fixture
def library(tmp_path: Path) -> SagaLibrary:
    return SagaLibrary(tmp_path, load_profile("demo").catalogue())


def test_one_faulty_file_does_not_keep_the_others_out(tmp_path: Path, library: SagaLibrary) -> None:
    (tmp_path / "good.toml").write_text(GOOD, "utf-8")
    (tmp_path / "bad.toml").write_text("name = 1", "utf-8")
    (tmp_path / "README.md").write_text("no saga", "utf-8")
    shelf = library.look()
    assert shelf is not None
    assert (list(shelf.definitions), list(shelf.refused)) == (["good"], ["bad"])


def test_files_are_read_again_only_when_they_changed(tmp_path: Path, library: SagaLibrary) -> None:
    file = tmp_path / "good.toml"
    file.write_text(GOOD, "utf-8")
    assert library.look() is not None
    assert library.look() is None
    os.utime(file, ns=(1, 1))
    assert library.look() is not None
    library.forget()
    assert library.look() is not None


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SagaError, match="cannot be read"):
        SagaLibrary(tmp_path / "gone", load_profile("demo").catalogue()).look()
