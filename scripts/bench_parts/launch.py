"""Runs the bridge's daemon under a profiler: what ``mi-bridge run`` does, with cProfile around the thread of the event loop.

usage: python -m scripts.bench_parts.launch --config FILE --profile FILE
"""

from __future__ import annotations

import argparse
import cProfile
from pathlib import Path

from mi_bridge.daemon import run_daemon
from mi_bridge.logging import configure_logging
from mi_bridge.service.supervisor import Supervisor
from mi_bridge.settings import load_settings


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True, help="settings file")
    parser.add_argument("--profile", type=Path, required=True, help="where cProfile's figures go")
    arguments = parser.parse_args()
    settings = load_settings(arguments.config)
    log = settings.log
    configure_logging(node=settings.bridge.node_name, level=log.level, format=log.format, file=log.file)
    profiler = cProfile.Profile()
    profiler.runcall(run_daemon, settings, Supervisor())
    profiler.dump_stats(arguments.profile)


if __name__ == "__main__":
    main()
