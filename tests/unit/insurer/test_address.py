from __future__ import annotations

from collections.abc import Callable

import pytest

from mi_bridge.errors import ConfigurationError, UnknownInterface
from mi_bridge.insurer.address import AddressBook
from mi_bridge.insurer.profile import Profile, load_profile

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
    with pytest.raises(UnknownInterface, match=r"交易 1101 在本站没有配置地址.*url\.paths\.1101"):
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


def test_a_code_travels_to_the_address_of_its_code_on_the_wire() -> None:
    book = AddressBook("http://h", load_profile("zhejiang"))

    assert book.find("2207") == "http://h/fsi/api/outpatientSettleService/saveSettletmentA"
    assert book.find("2207A") == book.find("2207")


def test_the_code_is_filled_in(make_profile: MakeProfile) -> None:
    site = make_profile('[url]\npath = "/app/{infno}/call"\n[interfaces.1162]\npath = "/qr/{infno}"')
    book = AddressBook("http://h", site)

    assert (book.find("2207"), book.find("1162")) == ("http://h/app/2207/call", "http://h/qr/1162")


def test_a_group_lives_behind_another_base_address(make_profile: MakeProfile) -> None:
    site = make_profile('[url]\npath = "/x"\n[url.bases]\nlists = ["42*", "4101"]')
    book = AddressBook("http://h", site, {"lists": "http://other/"})

    assert [book.find(code) for code in ("4201", "4101", "4102")] == [
        "http://other/x",
        "http://other/x",
        "http://h/x",
    ]


def test_a_base_address_nobody_gave_is_named(make_profile: MakeProfile) -> None:
    site = make_profile('[url.bases]\nlists = ["42*"]')

    with pytest.raises(
        ConfigurationError, match=r"base_urls\.lists: is missing, but profile site sends 42\* there"
    ):
        AddressBook("http://h", site)
    with pytest.raises(ConfigurationError, match=r"base_urls\.lists: is no http"):
        AddressBook("http://h", site, {"lists": "10.1.2.3"})
