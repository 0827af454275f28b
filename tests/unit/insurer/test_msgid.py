from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import ConfigurationError, MalformedInput
from mi_bridge.insurer.msgid import (
    LocalMsgidSource,
    number_msgid,
    process_msgids,
    steady_time,
)
from mi_bridge.insurer.msgid_layout import MsgidLayout

ORG = "H99990100002"
NOON = 1642730400.0  # 2022-01-21 10:00:00 in China


class FakeTime:
    """A clock that stands still until somebody sleeps."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now
        self.slept = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def source(
    time: FakeTime, node: int = 0, nodes: int = 1, layout: MsgidLayout = MsgidLayout.SEQUENCE
) -> LocalMsgidSource:
    return LocalMsgidSource(node=node, nodes=nodes, layout=layout, clock=time.clock, sleep=time.sleep)


@pytest.mark.parametrize("org_code", ["", "H999901000021"])
def test_an_organisation_code_of_the_wrong_length_is_refused(org_code: str) -> None:
    with pytest.raises(MalformedInput, match="fixmedins_code"):
        number_msgid(org_code, 16427304000007)


def test_the_databases_number_is_a_second_and_a_sequence() -> None:
    assert number_msgid(ORG, 16427304000007) == "H99990100002202201211000000007"
    assert number_msgid(ORG, 16427304000000, MsgidLayout.SECOND) == "H9999010000220220121100000"
    assert number_msgid(ORG, 16427304000120, MsgidLayout.MILLISECOND) == "H99990100002202201211000000121"


def test_the_first_number_of_a_second_tells_chinas_time() -> None:
    assert source(FakeTime()).take(ORG) == ORG + "20220121100000" + "0000"
    assert source(FakeTime(NOON + 0.5)).take(ORG) == ORG + "20220121100000" + "5000"


def test_a_burst_counts_on_and_then_waits_for_the_clock() -> None:
    time = FakeTime()
    ours = source(time)
    taken = [ours.take(ORG) for _ in range(2000)]

    assert taken[:3] == [ORG + "20220121100000" + number for number in ("0000", "0001", "0002")]
    assert taken == sorted(set(taken))
    assert time.slept == pytest.approx(
        0.15, abs=0.01
    )  # 2000 numbers are due in 0.2 s; 0.05 s may be borrowed


def test_numbers_roll_over_into_the_next_second() -> None:
    time = FakeTime(NOON + 0.9999)
    ours = source(time)

    assert [ours.take(ORG)[12:] for _ in range(3)] == [
        "202201211000009999",
        "202201211000010000",
        "202201211000010001",
    ]


def test_nodes_never_meet() -> None:
    times = [FakeTime() for _ in range(4)]
    nodes = [source(time, number, 4) for number, time in enumerate(times)]
    taken = [node.take(ORG) for node in nodes for _ in range(500)]

    assert len(set(taken)) == len(taken)
    assert {number[-4] for number in taken[1500:]} <= {"7", "8", "9"}


@pytest.mark.parametrize(("node", "nodes"), [(1, 1), (-1, 2), (0, 0), (0, 101)])
def test_a_node_outside_its_cluster_is_refused(node: int, nodes: int) -> None:
    with pytest.raises(ConfigurationError, match="node"):
        LocalMsgidSource(node=node, nodes=nodes)


def test_nodes_of_a_layout_to_the_second_have_too_few_numbers() -> None:
    with pytest.raises(ConfigurationError, match=r"nodes: is 2.*one a second"):
        LocalMsgidSource(nodes=2, layout=MsgidLayout.SECOND)


@given(
    st.lists(st.tuples(st.integers(0, 300), st.floats(0, 2)), min_size=1, max_size=6),
    st.sampled_from(
        [(MsgidLayout.SEQUENCE, nodes) for nodes in (1, 3, 10)]
        + [(MsgidLayout.MILLISECOND, nodes) for nodes in (1, 3)]
        + [(MsgidLayout.SECOND, 1)]
    ),
    st.floats(0.06, 3),
)
def test_no_number_comes_twice_across_bursts_and_restarts(
    lives: list[tuple[int, float]], make: tuple[MsgidLayout, int], restart: float
) -> None:
    layout, nodes = make
    time = FakeTime()
    taken: list[str] = []
    for burst, pause in lives:
        ours = source(time, nodes - 1, nodes, layout)
        taken += [ours.take(ORG) for _ in range(burst)]
        time.now += pause
        taken += [ours.take(ORG) for _ in range(burst)]
        time.now += restart

    assert taken == sorted(set(taken))


def test_threads_never_share_a_number() -> None:
    ours = LocalMsgidSource()
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: ours.take(ORG), range(400)))

    assert len(set(taken)) == 400


def test_a_process_has_one_source() -> None:
    assert process_msgids() is process_msgids()
    assert process_msgids(1, 2) is not process_msgids()


def test_the_steady_clock_never_steps_back() -> None:
    assert steady_time() <= steady_time()
