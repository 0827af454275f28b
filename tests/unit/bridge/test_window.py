from __future__ import annotations

import threading

from mi_bridge.bridge.window import Window


def test_tells_what_is_free() -> None:
    window = Window(10)
    window.take(4)
    assert (window.taken, window.room(0)) == (4, 6)


def test_a_full_window_has_no_room() -> None:
    window = Window(3)
    window.take(3)
    assert window.room(0.01) == 0


def test_waits_until_an_eighth_is_free() -> None:
    window = Window(16)
    window.take(16)
    rooms: list[int] = []
    waiter = threading.Thread(target=lambda: rooms.append(window.room(10)))
    waiter.start()
    window.give_back()
    window.give_back()
    waiter.join(10)
    assert rooms == [2]


def test_after_its_patience_it_takes_what_there_is() -> None:
    window = Window(80)
    window.take(79)
    assert window.room(0.01) == 1
