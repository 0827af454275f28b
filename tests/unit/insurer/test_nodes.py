from __future__ import annotations

import pytest

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.nodes import NodeLayout


def fit(infno: str, text: str, names: dict[str, str] | None = None) -> str:
    return NodeLayout(Catalogue.load().get(infno), names).fit(read_input(text, limit_bytes=10**6))


@pytest.mark.parametrize(
    ("infno", "given", "sent"),
    [
        ("1101", '{"psn_no":"1"}', '{"data":{"psn_no":"1"}}'),
        ("1101", "{}", '{"data":{}}'),
        ("1101", '{"data":{"psn_no":"1"}}', '{"data":{"psn_no":"1"}}'),
        ("1101", '{ "data" : {"amt":2.00} }', '{ "data" : {"amt":2.00} }'),
        ("1201", '{"medinsInfo":{"a":1e5}}', '{"medinsinfo":{"a":1e5}}'),
        ("2204", '{"feedetl_sn":"1","cnt":2.00}', '{"feedetail":[{"feedetl_sn":"1","cnt":2.00}]}'),
        ("2204", '{"feedetail":{"cnt":2.00}}', '{"feedetail":[{"cnt":2.00}]}'),
        ("2204", '{"feedetail":[{"cnt":2.00}]}', '{"feedetail":[{"cnt":2.00}]}'),
        ("2203", '{"mdtrtinfo":{"a":1},"diseinfo":{"b":2}}', '{"mdtrtinfo":{"a":1},"diseinfo":[{"b":2}]}'),
        ("2203", '{"mdtrtinfo":{"a":1},"diseinfo":[]}', '{"mdtrtinfo":{"a":1},"diseinfo":[]}'),
        ("2203", '{"mdtrtinfo":{"a":1},"diseinfo":null}', '{"mdtrtinfo":{"a":1},"diseinfo":null}'),
        ("2203", '{"MDTRTINFO":{"a":1},"diseinfo":null}', '{"mdtrtinfo":{"a":1},"diseinfo":null}'),
        ("4402", '{"data":[{"a":1}]}', '{"data":[{"a":1}]}'),
        ("4402", '{"data":{"a":1}}', '{"data":{"a":1}}'),
        ("2161", '{"ssn":"1"}', '{"ssn":"1"}'),
        ("3701", '{"IntlgSupnApplInput":{"a":1}}', '{"IntlgSupnApplInput":{"a":1}}'),
        ("7211", '{"medListCodgs":["a","b"],"pageNum":1}', '{"data":{"medListCodgs":["a","b"],"pageNum":1}}'),
        (
            "9101",
            '{"fsUploadIn":{"in":""},"in":[{}],"x":null}',
            '{"fsUploadIn":{"in":""},"in":[{}],"x":null}',
        ),
    ],
)
def test_what_needs_wrapping_is_wrapped(infno: str, given: str, sent: str) -> None:
    assert fit(infno, given) == sent


@pytest.mark.parametrize(
    ("infno", "given", "said"),
    [
        ("2203", '{"psn_no":"1"}', "交易 2203 的输入由节点 mdtrtinfo、diseinfo 组成，现在一个也没有"),
        ("2207", '{"dta":{"psn_no":"1"}}', "交易 2207 没有节点 dta，应为 data"),
        ("2207", '{"rows":[{"psn_no":"1"}]}', "没有节点 rows"),
        ("2207", '{"data":[{"psn_no":"1"}]}', "节点 data 应为对象，现为数组"),
        ("2207", '{"data":"x"}', "节点 data 应为对象，现为字符串"),
        ("2207", '{"data":null}', "节点 data 应为对象，现为null"),
        ("2207", '{"data":5}', "现为数字"),
        ("2204", '{"feedetail":true}', "节点 feedetail 应为数组，现为布尔值"),
        ("2204", '{"feedetail":[{"a":1},2]}', "节点 feedetail 的第 2 项应为对象，现为数字"),
        ("2207", '{"data":{"a":1},"psn_no":"1"}', "字段 psn_no 与节点并列.*节点 data"),
        ("2207", '{"Data":{"a":1},"data":{"b":1}}', "节点 data 出现两次"),
        ("2207", '{"infno":"2207","input":{"data":{}}}', "输入里含有报文头"),
        ("2161", '{"infno":"2161","input":{}}', "输入里含有报文头"),
    ],
)
def test_what_fits_neither_is_refused_by_name(infno: str, given: str, said: str) -> None:
    with pytest.raises(MalformedInput, match=said):
        fit(infno, given)


def test_a_message_shows_how_to_write_it() -> None:
    with pytest.raises(MalformedInput, match=r'写成 \{"mdtrtinfo": \{…\}, "diseinfo": \[…\]\}'):
        fit("2203", "{}")


@pytest.mark.parametrize("given", ['{"signIn":{"ip":"x"}}', '{"data":{"ip":"x"}}', '{"ip":"x"}'])
def test_a_sites_own_node_name_is_what_goes_out(given: str) -> None:
    assert fit("9001", given, {"signIn": "data"}) == '{"data":{"ip":"x"}}'


def test_a_message_never_holds_a_value() -> None:
    with pytest.raises(MalformedInput) as refused:
        fit("2207", '{"data":"CANARY"}')

    assert "CANARY" not in str(refused.value)
