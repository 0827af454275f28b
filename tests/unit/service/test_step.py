import subprocess
import sys
from pathlib import Path

import pytest

from mi_bridge.errors import ServiceError
from mi_bridge.service.step import Command, Completed, RemoveFile, WriteFile, carry_out, run_program


def test_programs_are_run_to_their_end() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert run_program((sys.executable, "-c", code), timeout_s=60) == Completed(3, "out\n", "err\n")


def test_programs_that_are_not_there_or_do_not_end_are_told() -> None:
    with pytest.raises(ServiceError, match="not on this machine"):
        run_program(("/none/systemctl",), timeout_s=1)
    with pytest.raises(ServiceError, match=r"did not end within 0\.05 s"):
        run_program((sys.executable, "-c", "import time; time.sleep(60)"), timeout_s=0.05)


def test_a_command_may_not_be_needed() -> None:
    needed = Command((sys.executable, "-c", "raise SystemExit(1)"), unless=("true",))
    carry_out(needed, run_program, timeout_s=60)
    with pytest.raises(ServiceError, match="exit status 1"):
        carry_out(Command(needed.arguments, unless=("false",)), run_program, timeout_s=60)


def test_a_commands_own_words_are_told() -> None:
    with pytest.raises(ServiceError, match="no such unit"):
        carry_out(Command(("sh", "-c", "echo no such unit >&2; exit 5")), run_program, timeout_s=60)


def test_files_are_replaced_whole_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "unit"
    for text in ("one\n", "二\n"):
        carry_out(WriteFile(file, text), run_program, timeout_s=1)
    assert (file.read_text(encoding="utf-8"), file.stat().st_mode & 0o777) == ("二\n", 0o644)
    assert [*tmp_path.iterdir()] == [file]
    carry_out(RemoveFile(file), run_program, timeout_s=1)
    carry_out(RemoveFile(file), run_program, timeout_s=1)
    assert not file.exists()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="Run the command as root"):
        carry_out(WriteFile(tmp_path / "none" / "unit", ""), run_program, timeout_s=1)


def test_what_is_printed_does_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a unit"
    text = "Exec=$HOME `x` \\ 'y'\n"
    steps = (
        WriteFile(file, text),
        Command(("mkdir", str(tmp_path / "new")), unless=("test", "-d", str(tmp_path))),
    )
    subprocess.run(["sh", "-eu", "-c", "\n".join(step.shell() for step in steps)], check=True)
    assert file.read_text() == text
    assert not (tmp_path / "new").exists()
    subprocess.run(["sh", "-eu", "-c", RemoveFile(file).shell()], check=True)
    assert not file.exists()
