import errno
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.logging.sink import Sink


def loss_line(lost: int) -> bytes:
    return b'{"lost": %d}\n' % lost


def until(condition: Callable[[], bool]) -> None:
    """Wait for the writer's thread; the limit only ends a test that has failed."""
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.002)


def test_lines_of_many_threads_are_written_whole_and_in_each_threads_order(memory: Any) -> None:
    sink = Sink(memory, loss_line)

    def many(n: int) -> None:
        for i in range(500):
            sink.write(b'{"n": %d, "i": %d}\n' % (n, i))

    threads = [threading.Thread(target=many, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sink.close()
    for n in range(4):
        assert [event["i"] for event in memory.events if event["n"] == n] == list(range(500))
    assert memory.writes < 2_000
    assert (memory.closed, sink.lost) == (True, 0)


def test_a_hung_reader_holds_nobody_up_and_its_losses_are_told(memory: Any) -> None:
    sink = Sink(memory, loss_line, limit=10, pause_s=0)
    memory.open.clear()
    sink.write(b'{"i": 0}\n')
    until(lambda: memory.writes == 1)
    for i in range(1, 21):
        sink.write(b'{"i": %d}\n' % i)
    assert sink.lost == 10
    memory.open.set()
    until(lambda: b"lost" in memory.written)
    assert [event["i"] for event in memory.events if "i" in event] == list(range(11))
    assert {"lost": 10} in memory.events
    sink.close()


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "full"), BrokenPipeError(), ValueError("closed file")]
)
def test_a_full_disk_or_closed_pipe_kills_nothing_and_is_told_when_over(
    memory: Any, fault: Exception
) -> None:
    sink = Sink(memory, loss_line, pause_s=0)
    memory.fault = fault
    sink.write(b'{"i": 1}\n')
    until(lambda: sink.lost == 1)
    memory.fault = None
    sink.write(b'{"i": 2}\n')
    sink.close()
    assert memory.events == [{"i": 2}, {"lost": 1}]


def test_a_loss_that_could_not_be_told_is_told_later(memory: Any) -> None:
    sink = Sink(memory, loss_line, pause_s=0)
    memory.fault = OSError()
    sink.write(b"{}\n")
    until(lambda: sink.lost == 1)
    memory.fault = None
    told = iter([OSError()])

    def write(lines: bytes, genuine: Callable[[bytes], None] = memory.write) -> None:
        if b"lost" in lines and (fault := next(told, None)):
            raise fault
        genuine(lines)

    memory.write = write
    sink.write(b'{"i": 1}\n')
    until(lambda: b"1" in memory.written)
    sink.write(b'{"i": 2}\n')
    sink.close()
    assert memory.events == [{"i": 1}, {"i": 2}, {"lost": 1}]


def test_closing_does_not_wait_for_a_hung_reader_and_may_be_repeated(memory: Any) -> None:
    sink = Sink(memory, loss_line)
    memory.open.clear()
    sink.write(b"{}\n")
    until(lambda: memory.writes == 1)
    sink.close(timeout_s=0.01)
    sink.write(b"{}\n")
    assert sink.lost == 1
    memory.open.set()
    sink.close()
    assert memory.closed
