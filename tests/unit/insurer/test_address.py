from __future__ import annotations

from collections.abc import Callable

import pytest

from mi_bridge.errors import ConfigurationError, UnknownInterface
from mi_bridge.insurer.address import AddressBook
from mi_bridge.insurer.profile import Profile

MakeProfile = Callable[[str], Profile]


def test_one_entry_for_all(demo: Profile) -> None:
    book = AddressBook("http://10.1.2.3:8080/", demo)

    assert book.find("2207") == "http://10.1.2.3:8080/fsi/api/rsfComIfsService/callService"
    assert book.find("1101") is not book.find("2207")
    assert book.find("1101") is book.find("1101")


def test_a_prefix_and_the_code(make_profile: MakeProfile) -> None:
    site = make_profile('[url]\nlayout = "prefix"\npath = "/isp-api/powercsb/"')

    assert AddressBook("http://h/ebus", site).find("2203A") == "http://h/ebus/isp-api/powercsb/2203A"


def test_a_table_of_paths(make_profile: MakeProfile) -> None:
    site = make_profile(
        '[url]\nlayout = "table"\n[interfaces.2207]\npath = "/fsi/api/outpatientSettleService/saveSettletmentV2"'
    )
    book = AddressBook("http://h", site)

    assert book.find("2207") == "http://h/fsi/api/outpatientSettleService/saveSettletmentV2"
    with pytest.raises(UnknownInterface, match=r"交易 1101 在本站没有配置地址.*interfaces\.1101\.path"):
        book.find("1101")


def test_a_table_may_have_a_path_for_the_rest(make_profile: MakeProfile) -> None:
    site = make_profile('[url]\nlayout = "table"\npath = "/rest"')

    assert AddressBook("http://h", site).find("1101") == "http://h/rest"


def test_one_interface_may_live_elsewhere(make_profile: MakeProfile) -> None:
    site = make_profile('[interfaces.1162]\npath = "http://other:81/localcfc/api/hsecfc/localQrCodeQuery"')
    book = AddressBook("http://h", site)

    assert book.find("1162") == "http://other:81/localcfc/api/hsecfc/localQrCodeQuery"
    assert book.find("1101") == "http://h"


@pytest.mark.parametrize(
    "base_url", ["", "10.1.2.3", "ftp://h", "http://", "http://h/x y", "http://h?x=1", "http://医保"]
)
def test_what_is_no_address_is_refused(demo: Profile, base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url: is no http"):
        AddressBook(base_url, demo)
