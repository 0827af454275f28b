"""The bench's arithmetic: a figure that is computed wrong is worse than none."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from scripts.bench_parts import bench, idle, stand
from scripts.bench_parts.figures import Figure, at_least, at_most, number, percentile, table
from scripts.bench_parts.process import (
    cpu_seconds,
    fields_of,
    memory_mb,
    memory_of,
    running,
    tree_cpu_seconds,
)


def test_a_figure_is_judged_by_its_median() -> None:
    assert Figure("a", "A", "ms", [1, 4, 90], at_most(5)).verdict == "ok"
    assert Figure("a", "A", "ms", [1, 6, 90], at_most(5)).verdict == "missed"
    assert Figure("a", "A", "1/s", [1, 6, 90], at_least(6)).verdict == "ok"
    assert Figure("a", "A", "1/s", [1, 5, 90], at_least(6)).verdict == "missed"
    assert Figure("a", "A", "ms", [1]).verdict == ""


def test_a_figure_for_scripts_tells_median_and_spread() -> None:
    found = Figure("submit.ratio", "…", "×", [1.5, 1.0, 3.0], at_most(2)).as_json()
    assert (found["median"], found["min"], found["max"], found["runs"]) == (1.5, 1.0, 3.0, 3)
    assert (found["target"], found["verdict"]) == ("≤ 2.00", "ok")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.12345, "0.123"),
        (1.5, "1.50"),
        (15.04, "15.0"),
        (250.4, "250"),
        (5000, "5,000"),
        (1e7, "10,000,000"),
    ],
)
def test_numbers_show_three_digits_that_count(value: float, text: str) -> None:
    assert number(value) == text


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = list(range(1, 101))
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)) == (50, 99, 100)
    assert percentile([7.0], 0.99) == 7.0


def test_the_table_shows_what_was_missed() -> None:
    written = io.StringIO()
    figures = [Figure("a", "added latency", "ms", [9.0], at_most(5)), Figure("b", "free", "ms", [1.0])]
    Console(file=written, width=120).print(table(figures, "bench"))
    lines = written.getvalue().splitlines()
    assert any("added latency" in line and "≤ 5.00" in line and "missed" in line for line in lines)
    assert any("free" in line and "missed" not in line and "ok" not in line for line in lines)


def test_a_process_may_be_named_as_badly_as_it_likes() -> None:
    fields = fields_of("12 (a) b (c)) S 1 12 12 0 -1 4 5 0 0 0 250 50 3 2 20 0 1 0 0")
    assert (fields[0], fields[1], fields[11], fields[12]) == ("S", "1", "250", "50")


def test_memory_is_read_now_and_at_its_highest() -> None:
    status = "Name:\tx\nVmHWM:\t  2000 kB\nVmRSS:\t  1000 kB\n"
    assert memory_of(status, peak=False) == pytest.approx(1.024)
    assert memory_of(status, peak=True) == pytest.approx(2.048)


def test_this_process_costs_something() -> None:
    own = cpu_seconds(os.getpid())
    assert own > 0
    assert tree_cpu_seconds(os.getpid()) >= own
    assert 1 < memory_mb(os.getpid()) < memory_mb(os.getpid(), peak=True) * 1.1


def test_a_started_process_ends_with_its_block() -> None:
    with running([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.PIPE) as process:
        assert process.poll() is None
    assert process.returncode is not None


def test_statements_are_counted_whatever_their_form_and_length() -> None:
    log = (
        "2026-01-05 08:30:00.123 UTC [7] LOG:  execute <unnamed>: SELECT * FROM public.sp_mi_claim($1)\n"
        "\tFROM more LOG:  of the same\n"
        "2026-01-05 08:30:00.124 UTC [7] DETAIL:  parameters: $1 = 'statement: x'\n"
        "2026-01-05 08:30:00.125 UTC [7] LOG:  statement: BEGIN\n"
        "2026-01-05 08:30:00.126 UTC [7] LOG:  checkpoint starting: time\n"
        "2026-01-05 08:30:00.127 UTC [7] LOG:  execute _PLAN0x55: SELECT 1\n"
    )
    assert idle.statements_in(log) == 3


def test_every_statement_of_the_bench_loses_its_comments() -> None:
    names = [path.stem for path in (stand.PARTS / "sql").glob("*.sql")]
    texts = [stand.statement(name) for name in names]
    assert len(texts) > 10
    assert all(text.strip() and "--" not in text for text in texts)


def test_parts_come_in_their_order_whatever_the_order_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "submit", "--only", "throughput", "--quick"])
    assert list(bench.chosen_parts(bench._arguments())) == ["throughput", "submit"]


def test_a_full_database_is_measured_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert list(bench.chosen_parts(bench._arguments())) == list(bench.NAMES)
    monkeypatch.setattr(sys, "argv", ["bench", "--volume", "1000"])
    assert list(bench.chosen_parts(bench._arguments())) == [*bench.NAMES, "volume"]


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(stand.BenchError, match="for rain"):
        stand.wait_until(lambda: False, "rain", step_s=0.001, patience_s=0.01)


@pytest.mark.parametrize("code", ["1101", "2207"])
def test_inputs_have_a_place_for_the_patient(code: str) -> None:
    assert stand.input_text(code).count("{{psn_no}}") >= 1
