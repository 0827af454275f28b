import asyncio
import threading

from mi_bridge.service import StopSignal


def test_first_call_counts_and_tells_all_subscribers_once() -> None:
    signal, told = StopSignal(), []
    signal.subscribe(lambda: told.append(1))
    assert (signal.is_set(), signal.wait(0), signal.reason) == (False, False, "")
    signal.set("stop")
    signal.set("again")
    signal.subscribe(lambda: told.append(2))
    assert (signal.is_set(), signal.reason, told) == (True, "stop", [1, 2])


async def test_wakes_an_event_loop_from_another_thread() -> None:
    signal, woken = StopSignal(), asyncio.Event()
    loop = asyncio.get_running_loop()
    signal.subscribe(lambda: loop.call_soon_threadsafe(woken.set))
    thread = threading.Thread(target=signal.set, args=("SIGTERM",))
    thread.start()
    await asyncio.wait_for(woken.wait(), 30)
    thread.join()
    assert signal.wait() is True
