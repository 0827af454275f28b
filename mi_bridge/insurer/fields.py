"""The fields of the request envelope, in the order and with the lengths of the national interface specification.

Source: 定点医药机构接口规范, general part, table of the request message (Hunan edition V1.1.27 and five integrations agree).
Where real codes are longer than the table says (``infno`` has 4, ``100001`` has 6), the longer length counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from mi_bridge.errors import MalformedInput


@dataclass(frozen=True, slots=True)
class EnvelopeField:
    """One field of the request envelope.

    Args:
        name: as it is written on the wire.
        title: its Chinese name, for messages.
        max_length: in characters; 0 where this module does not measure it.
        required: whether the platform refuses a message without it.
    """

    name: str
    title: str
    max_length: int
    required: bool


FIELDS = (
    EnvelopeField("infno", "交易编号", 10, required=True),
    EnvelopeField("msgid", "发送方报文ID", 30, required=True),
    EnvelopeField("mdtrtarea_admvs", "就医地医保区划", 6, required=True),
    EnvelopeField("insuplc_admdvs", "参保地医保区划", 6, required=False),
    EnvelopeField("recer_sys_code", "接收方系统代码", 10, required=True),
    EnvelopeField("dev_no", "设备编号", 100, required=False),
    EnvelopeField("dev_safe_info", "设备安全信息", 2000, required=False),
    EnvelopeField("cainfo", "数字签名信息", 1024, required=False),
    EnvelopeField("signtype", "签名类型", 10, required=False),
    EnvelopeField("infver", "接口版本号", 6, required=True),
    EnvelopeField("opter_type", "经办人类别", 3, required=True),
    EnvelopeField("opter", "经办人", 30, required=True),
    EnvelopeField("opter_name", "经办人姓名", 50, required=True),
    EnvelopeField("inf_time", "交易时间", 19, required=True),
    EnvelopeField("fixmedins_code", "定点医药机构编号", 12, required=True),
    EnvelopeField("fixmedins_name", "定点医药机构名称", 200, required=True),
    EnvelopeField("sign_no", "交易签到流水号", 30, required=False),
    # nominally 40000 characters; sites differ, so the profile's max_input_bytes counts instead
    EnvelopeField("input", "交易输入", 0, required=True),
)
BY_NAME = {field.name: field for field in FIELDS}


def check_field(name: str, value: str) -> str:
    """Return the value when the envelope can carry it.

    Raises:
        MalformedInput: it is empty though required, too long, or holds a NUL; names the field, never the value.
    """
    field = BY_NAME[name]
    if field.required and not value:
        raise MalformedInput(f"报文字段 {name}（{field.title}）为空。请在调用参数或站点配置中填写。")
    if len(value) > field.max_length:
        raise MalformedInput(
            f"报文字段 {name}（{field.title}）有 {len(value)} 个字符，最多 {field.max_length} 个。请缩短后重试。"
        )
    if "\x00" in value:
        raise MalformedInput(f"报文字段 {name}（{field.title}）含有空字符（NUL）。请去掉后重试。")
    return value
