import os
import resource
import signal
from pathlib import Path

import pytest

from mi_bridge.logging.target import DescriptorTarget, FileTarget


def test_a_descriptor_gets_every_byte_and_stays_open() -> None:
    reader, writer = os.pipe()
    target = DescriptorTarget(writer)
    target.write(b"one\n")
    target.close()
    os.write(writer, b"still open\n")
    assert os.read(reader, 100) == b"one\nstill open\n"
    os.close(reader)
    os.close(writer)


def test_a_closed_pipe_is_told() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        DescriptorTarget(writer).write(b"one\n")
    os.close(writer)


def test_a_slow_non_blocking_reader_is_waited_for_and_a_torn_line_ended() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    target = DescriptorTarget(writer, patience_s=0.03)
    with pytest.raises(BlockingIOError):
        target.write(b"x" * 1_000_000)
    with pytest.raises(BlockingIOError):
        target.write(b"still full\n")
    while len(os.read(reader, 65_536)) == 65_536:
        os.set_blocking(reader, False)
        if _empty(reader):
            break
    target.write(b"whole\n")
    assert os.read(reader, 100) == b"\nwhole\n"
    target.write(b"next\n")
    assert os.read(reader, 100) == b"next\n"
    os.close(reader)
    os.close(writer)


def _empty(reader: int) -> bool:
    try:
        return not os.read(reader, 1_000_000)
    except BlockingIOError:
        return True


def test_a_file_is_rotated_by_size(tmp_path: Path) -> None:
    target = FileTarget(tmp_path / "a.log", max_mb=1, backups=2)
    for letter in b"abcd":
        target.write(bytes([letter]) * 700_000 + b"\n")
    target.close()
    first = {file.name: file.read_bytes()[:1] for file in tmp_path.iterdir()}
    assert first == {"a.log": b"d", "a.log.1": b"c", "a.log.2": b"b"}
    assert (tmp_path / "a.log").stat().st_size == 700_001


def test_a_file_that_cannot_grow_is_told_and_taken_up_again(tmp_path: Path) -> None:
    target = FileTarget(tmp_path / "a.log", max_mb=1, backups=0)
    target.write("张三\n".encode())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    default = signal.signal(
        signal.SIGXFSZ, signal.SIG_IGN
    )  # so that the limit is an error, as a full disk is
    resource.setrlimit(resource.RLIMIT_FSIZE, (7, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            target.write(b"too much\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, default)
    target.write(b"again\n")
    target.close()
    assert (tmp_path / "a.log").read_text(encoding="utf-8") == "张三\nagain\n"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileTarget(tmp_path / "none" / "a.log", max_mb=1, backups=0)
