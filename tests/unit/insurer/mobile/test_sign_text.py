from __future__ import annotations

from mi_bridge.domain import exact_json
from mi_bridge.insurer.mobile.sign_text import sign_text


def test_the_worked_example() -> None:
    fields = {
        "version": "2.0.1",
        "appId": "99FAKEAPPID0000000000000000000AA",
        "timestamp": "1642730400123",
        "signType": "SM2",
        "encType": "SM4",
        "data": {"payOrdId": "ORD0001", "orgId": "H99990100002"},
        "encData": "8B4A",
        "signData": "…",
        "extra": "left out",
    }
    assert sign_text(fields, "FAKESECRET000000") == (
        'appId=99FAKEAPPID0000000000000000000AA&data={"orgId":"H99990100002","payOrdId":"ORD0001"}'
        "&encType=SM4&signType=SM2&timestamp=1642730400123&version=2.0.1&key=FAKESECRET000000"
    )


def test_empties_take_no_part_at_any_depth() -> None:
    fields = {
        "transType": "",
        "message": None,
        "data": {
            "b": [None, "", {"y": None, "x": 1}],
            "a": "",
            "c": [],
            "d": {"e": None},
            "f": 0,
            "g": False,
        },
    }
    assert sign_text(fields, "k") == 'data={"b":[{"x":1}],"d":{},"f":0,"g":false}&key=k'


def test_numbers_stand_as_they_were_written() -> None:
    fields = exact_json.read('{"code":0,"success":true,"data":{"b":2.00,"a":1E+2,"n":-0.10}}')
    assert sign_text(fields, "k") == 'code=0&data={"a":1E+2,"b":2.00,"n":-0.10}&success=true&key=k'


def test_names_are_sorted_at_every_depth_and_text_stays_as_it_is() -> None:
    fields = {"data": {"b": {"乙": "二", "甲": 'a"b\\c'}, "B": [{"z": 1, "a": 2}]}}
    assert sign_text(fields, "k") == 'data={"B":[{"a":2,"z":1}],"b":{"乙":"二","甲":"a\\"b\\\\c"}}&key=k'
