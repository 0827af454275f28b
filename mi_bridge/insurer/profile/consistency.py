"""What cannot stand in one profile together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mi_bridge.errors import CatalogueError, ProfileFault
from mi_bridge.insurer.catalogue import Catalogue, Transaction
from mi_bridge.insurer.fields import BY_NAME

if TYPE_CHECKING:
    from mi_bridge.insurer.profile.profile import Profile


def contradictions(profile: Profile) -> Iterator[ProfileFault]:
    """Yield every contradiction in a profile whose keys are each right by themselves."""
    yield from _times(profile)
    yield from _envelope(profile)
    yield from _codes(profile)
    yield from _addresses(profile)
    yield from _divisions(profile)
    yield from _uploads(profile)
    yield from _catalogues(profile)


def _times(profile: Profile) -> Iterator[ProfileFault]:
    longest = profile.longest_call_s
    if profile.quiet_period_s <= longest:
        yield ProfileFault(
            "quiet_period_s",
            f"must be longer than the longest call_timeout_s ({longest:g})",
            "Write the longest call and the platform's longest processing time together.",
        )


def _envelope(profile: Profile) -> Iterator[ProfileFault]:
    taken = sorted(profile.extra_fields.keys() & BY_NAME.keys())
    if taken:
        yield ProfileFault(
            "extra_fields",
            f"repeats fields of the envelope: {', '.join(taken)}",
            "Set them by their own keys.",
        )
    if profile.cainfo and profile.cainfo_kind != "text":
        yield ProfileFault(
            "cainfo", f"has a text, but cainfo_kind is {profile.cainfo_kind}", "Remove one of the two."
        )


def _codes(profile: Profile) -> Iterator[ProfileFault]:
    """Yield codes and nodes nobody knows: a misspelt one would silently do nothing."""
    national = {transaction.infno: transaction for transaction in Catalogue.load()}
    known = national.keys() | profile.interfaces.keys()
    for key, codes in (("reversible", profile.reversible), ("wire_codes", tuple(profile.wire_codes))):
        unknown = sorted(set(codes) - known)
        if unknown:
            yield _unknown(key, unknown)
    for infno, interface in profile.interfaces.items():
        nodes = _nodes(national.get(infno), interface.input_nodes)
        strange = sorted(interface.node_names.keys() - nodes)
        if strange:
            yield ProfileFault(
                f"interfaces.{infno}.node_names",
                f"names nodes this transaction has not: {', '.join(strange)}",
                f"Its nodes are {', '.join(sorted(nodes)) or 'none'}.",
            )


def _nodes(transaction: Transaction | None, own: tuple[str, ...] | None) -> set[str]:
    return set(own if own is not None else transaction.input_nodes if transaction else ())


def _unknown(key: str, codes: list[str]) -> ProfileFault:
    return ProfileFault(
        key,
        f"lists codes that are neither in the catalogue nor under [interfaces]: {', '.join(codes)}",
        "Correct the codes, or describe them under [interfaces.<code>].",
    )


def _addresses(profile: Profile) -> Iterator[ProfileFault]:
    """Yield codes that travel under another one for which the table has no address."""
    for infno, code in profile.wire_codes.items():
        if profile.interface(infno).path or profile.url.path_of(code) is not None:
            continue
        yield ProfileFault(
            f"wire_codes.{infno}", f"is {code!r}, which has no address", f"Write url.paths.{code} as well."
        )


def _divisions(profile: Profile) -> Iterator[ProfileFault]:
    """Yield rules that divide what is no list: such a message would go out whole, and be refused there."""
    national = {transaction.infno: transaction for transaction in Catalogue.load()}
    for infno, interface in profile.interfaces.items():
        known = national.get(infno)
        lists = _own_or_known(interface.list_nodes, known.list_nodes if known else ())
        lists |= _own_or_known(interface.either_nodes, known.either_nodes if known else ())
        if interface.division and interface.division.node not in lists:
            yield ProfileFault(
                f"interfaces.{infno}.division.node",
                f"is {interface.division.node!r}, which is no list of this transaction",
                f"Its lists are {', '.join(sorted(lists)) or 'none'}.",
            )


def _uploads(profile: Profile) -> Iterator[ProfileFault]:
    """Yield an upload whose ``cainfo`` would have to cover the file inside the message, which is never in memory."""
    encoding = profile.files.upload_encoding
    covered = profile.cainfo_kind == "sm3" and profile.interface("9101").cainfo is None
    if covered and encoding != "multipart":
        yield ProfileFault(
            "files.upload_encoding",
            f"is {encoding!r}, but cainfo_kind sm3 covers the input",
            "Write multipart, or give 9101 a plain text: interfaces.9101.cainfo.",
        )


def _catalogues(profile: Profile) -> Iterator[ProfileFault]:
    """Yield what a site says of a catalogue that is none, or whose columns do not fit together."""
    if not profile.catalogues.kinds:
        return
    # it knows profiles, and is not wanted by those who change no catalogue
    from mi_bridge.insurer.catalogue_kind import catalogue_kinds

    try:
        catalogue_kinds(profile)
    except CatalogueError as fault:
        yield ProfileFault(fault.key, fault.fault, fault.remedy)


def _own_or_known(own: tuple[str, ...] | None, known: tuple[str, ...]) -> set[str]:
    return set(known if own is None else own)
