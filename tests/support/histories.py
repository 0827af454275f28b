"""Short histories, each the one in which a certain shortcut would break a promise."""

from __future__ import annotations

from hospitals import ADMISSION, MONEY, NEVER
from lying_insurer import Fate
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepKind, StepResult
from request_world import LATER, LONG_AFTER, MOST_TRIES, SOON, STEP_S, BrokenPromise, World
from unison import Unison


def lost_answer(world: World) -> None:
    """The insurer acts and its answer is lost; the sender's deadline passes."""
    _sent(world)
    world.arrive(Fate.MUTE)
    world.give_up()
    world.resume(kind="record")
    _again(world)


def dead_worker(world: World) -> None:
    """The insurer acts, and the sender's process dies before it can say so."""
    _sent(world)
    world.arrive(Fate.MUTE)
    world.check()
    world.kill("n1", again=False)
    world.rescue("n2")
    _again(world)


def slow_original(world: World) -> None:
    """The original takes its time; a reversal overtakes it and finds no original; then the original acts."""
    number = _sent(world)
    _to_uncertain(world)
    _reverse(world, Fate.HONEST, place=1)
    world.arrive(Fate.HONEST)
    world.check()
    _expect(world, number, Status.REVERSING)
    world.drain()
    _expect(world, number, Status.REVERSED)


def lost_reversal(world: World) -> None:
    """The effect stands; the reversal gets lost and is tried again."""
    number = _sent(world)
    world.arrive(Fate.MUTE)
    _to_uncertain(world)
    _reverse(world, Fate.LOST, give_up=1)
    world.check()
    _expect(world, number, Status.REVERSING)
    world.drain()


def late_answer(world: World) -> None:
    """The answer waits in a slow process while the effect is reversed, and is recorded after that."""
    number = _answered_and_lost(world)
    _begin_reversal(world)
    world.arrive(Fate.MUTE)
    world.check()
    world.resume(kind="record")
    world.check()
    _expect(world, number, Status.REVERSING)
    world.drain()
    _expect(world, number, Status.REVERSED)


def late_answer_after_retry(world: World) -> None:
    """As before, but the reversals' answers get lost until a person orders another try; only then the late answer."""
    number = _answered_and_lost(world)
    _reverse_in_vain(world, Fate.MUTE)
    _expect(world, number, Status.MANUAL)
    world.decide(number, retry=True)
    world.resume(kind="record")
    world.check()
    _expect(world, number, Status.UNCERTAIN)
    world.drain()
    _expect(world, number, Status.REVERSED)


def inquiry_after_retry(world: World) -> None:
    """A reversal is still under way when, after a person's retry, somebody looks and sees the effect standing."""
    number = _sent(world, ADMISSION)
    world.arrive(Fate.MUTE)
    world.kill("n1", again=False)
    world.rescue("n2")
    world.pass_time(SOON)
    world.check()
    _reverse_in_vain(world, Fate.LOST, inquiry=Fate.LOST, last_under_way=True)
    world.decide(number, retry=True)
    (held,) = world.store.claim_uncertain("n1", 5, STEP_S)
    asked = StepIntent(number, held.resolve_epoch, StepKind.INQUIRY, "looked", "a" * 64)
    world.store.begin_step("n1", [asked])
    seen = Attempt("looked", "a" * 64, Outcome.OK)
    found = StepResult(number, held.resolve_epoch, Status.COMPLETED, seen)
    # past the watch, which would complain of the refusal itself
    Unison.finish_step(world.store, "n1", [found])
    world.arrive(Fate.HONEST)
    world.check()
    _expect(world, number, Status.UNCERTAIN)


def repeated_step(world: World) -> None:
    """The answer to the resolver's last write was lost; it writes once more, after a person has decided."""
    number = _sent(world)
    world.arrive(Fate.MUTE)
    _to_uncertain(world)
    _reverse_in_vain(world, Fate.LOST)
    again = world.store.last
    world.decide(number, retry=True)
    again()
    world.check()
    _expect(world, number, Status.UNCERTAIN)


def hasty_person(world: World) -> None:
    """A node only loses its connections; its message leaves after a person has looked and seen nothing."""
    number = world.submit(NEVER)
    world.claim("n1")
    world.resume(kind="intend")
    world.check()
    world.cut("n1")
    world.rescue("n2")
    world.check()
    world.pass_time(SOON)
    world.resolve("n2")
    world.resume(kind="step")
    world.check()
    _expect(world, number, Status.MANUAL)
    world.his(lambda side: side.resolve(number, "NOT_EFFECTIVE", "张", "没有看到"))
    world.resume(kind="leave")
    world.arrive(Fate.HONEST)
    world.check()


def stale_intent(world: World) -> None:
    """A node forgets a request it has claimed, claims it again, and then remembers."""
    world.submit(MONEY)
    world.claim("n1")
    world.pass_time(LATER)
    world.rescue("n2")
    world.pass_time(SOON)
    world.claim("n1")
    world.resume(0, kind="intend")
    world.check()
    world.drain()


def stale_answer(world: World) -> None:
    """Nothing was sent; the node says so, sends again, and says so once more since its first word seemed lost."""
    world.submit(MONEY)
    world.claim("n1")
    world.resume(kind="intend")
    world.pass_time(LATER)
    world.resume(kind="leave")
    world.resume(kind="record")
    again = world.store.last
    world.pass_time(SOON)
    world.claim("n1")
    world.resume(kind="intend")
    world.resume(kind="leave")
    world.arrive(Fate.MUTE)
    again()
    _again(world)


def stale_step(world: World) -> None:
    """A resolver falls asleep before its reversal's intent, takes the request again, and then wakes."""
    _stale_resolver(world, begun=False)


def stale_proof(world: World) -> None:
    """A resolver falls asleep before it records, takes the request again, and then wakes."""
    _stale_resolver(world, begun=True)


def stopped_process(world: World) -> None:
    """A process is stopped between its intent and its first byte, until everybody has given it up."""
    number = world.submit(MONEY)
    world.claim("n1")
    world.resume(kind="intend")
    world.check()
    world.pass_time(LATER)
    world.rescue("n2")
    world.check()
    world.pass_time(LONG_AFTER)
    world.resolve("n2")
    world.resume(kind="step")
    world.resume(1, kind="leave")
    world.arrive(Fate.HONEST)
    world.resume(kind="step")
    _expect(world, number, Status.REVERSED)
    world.resume(kind="leave")
    world.arrive(Fate.HONEST)
    world.check()


def _sent(world: World, code: str = MONEY) -> int:
    number = world.submit(code)
    world.claim("n1")
    world.resume(kind="intend")
    world.resume(kind="leave")
    world.check()
    return number


def _again(world: World) -> None:
    """Whoever may take the request now takes it, and it goes its way."""
    world.check()
    world.pass_time(SOON)
    world.claim("n2")
    world.run_dry()
    world.check()
    world.drain()


def _to_uncertain(world: World) -> None:
    world.kill("n1", again=False)
    world.rescue("n2")
    world.pass_time(SOON)
    world.check()


def _answered_and_lost(world: World) -> int:
    """The answer has come; its worker stands still before it records, past its lease."""
    number = _sent(world)
    world.arrive(Fate.HONEST)
    world.pass_time(LATER)
    world.rescue("n2")
    world.pass_time(SOON)
    world.check()
    _expect(world, number, Status.UNCERTAIN)
    return number


def _begin_reversal(world: World) -> None:
    world.resolve("n2")
    world.resume(kind="step")
    world.resume(kind="leave")
    world.check()


def _reverse(world: World, fate: Fate, *, place: int = 0, give_up: int | None = None) -> None:
    """One whole step: intent, send, the platform's doing, record."""
    _begin_reversal(world)
    world.arrive(fate, place)
    if give_up is not None:
        world.give_up(give_up)
    world.resume(kind="step")
    world.check()


def _reverse_in_vain(
    world: World, fate: Fate, *, inquiry: Fate | None = None, last_under_way: bool = False
) -> None:
    """All tries, and no answer to any of them."""
    for turn in range(MOST_TRIES):
        world.resolve("n2")
        if inquiry is not None and turn == 0:
            world.resume(kind="step")
            world.resume(kind="leave")
            world.arrive(inquiry)
            _give_up_all(world)
            world.resume(kind="step")
        world.resume(kind="step")
        world.resume(kind="leave")
        if not (last_under_way and turn == MOST_TRIES - 1):
            world.arrive(fate)
        _give_up_all(world)
        world.resume(kind="step")
        world.check()
        world.pass_time(SOON)


def _give_up_all(world: World) -> None:
    while world.insurer.awaited:
        world.give_up()


def _stale_resolver(world: World, *, begun: bool) -> None:
    number = _sent(world)
    world.arrive(Fate.MUTE)
    _to_uncertain(world)
    world.resolve("n2")
    if begun:
        world.resume(kind="step")
        world.resume(kind="leave")
        world.arrive(Fate.LOST)
        _give_up_all(world)
    world.pass_time(STEP_S + 20)
    world.resolve("n2")
    if begun:
        world.resume(1, kind="step")
        world.resume(kind="leave")
    world.resume(0, kind="step")
    world.check()
    world.drain()
    _expect(world, number, Status.REVERSED)


def _expect(world: World, number: int, status: Status) -> None:
    found = world.see(number).status
    if found is not status:
        raise BrokenPromise(f"request {number} is {found}, not {status}")
