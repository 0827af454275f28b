import sys
from types import ModuleType

import pytest

from mi_bridge.service.win32 import pywin32


def test_the_four_modules_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {
        name: ModuleType(name)
        for name in ("win32service", "win32evtlogutil", "win32serviceutil", "servicemanager")
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    win32 = pywin32()
    assert [win32.control, win32.sources, win32.framework, win32.host] == [*modules.values()]
