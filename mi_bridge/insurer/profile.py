"""A profile: one site's or province's truth, in one TOML file, data only.

What is not in the file is as the national specification has it. Secrets never belong here.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.errors import ProfileError
from mi_bridge.insurer.catalogue import Catalogue, Kind
from mi_bridge.insurer.fields import BY_NAME
from mi_bridge.resources import folder


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as fault:
        raise ValueError(f"is no regular expression ({fault})") from fault
    return text


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError("is no time zone this machine knows") from fault
    return name


Pattern = Annotated[str, AfterValidator(_pattern)]
Area = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]


def _carried(name: str) -> Any:
    return Field(max_length=BY_NAME[name].max_length)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Operator(_Part):
    """Who sends, where a call does not say.

    Args:
        code: operator or terminal number (``opter``).
        name: operator or terminal name (``opter_name``).
        type: 1 operator, 2 self-service terminal, 3 mobile terminal (``opter_type``).
    """

    code: Annotated[str, _carried("opter")] = "mi-bridge"
    name: Annotated[str, _carried("opter_name")] = "医保接口"
    type: Annotated[str, _carried("opter_type")] = "1"


class Url(_Part):
    """How the address of a transaction is made from the base address.

    Args:
        layout: ``single`` one entry for all; ``prefix`` the path followed by the code; ``table`` one path per interface.
        path: the entry, the prefix, or with ``table`` what is used for an interface without its own path.
    """

    layout: Literal["single", "prefix", "table"] = "single"
    path: str = ""


class TifSigning(_Part):
    """Tencent TIF: SHA-256 over time, token and nonce.

    Args:
        uppercase: whether the signature is written in upper-case hexadecimal digits.
    """

    kind: Literal["tif"]
    uppercase: bool = False


class CsbSigning(_Part):
    """Alibaba CSB: HMAC-SHA1 over the gateway's own headers.

    Args:
        api_name: the name the gateway publishes; ``{infno}`` stands for the code (Hunan), Jiangsu has a constant.
        api_version: the version the gateway publishes.
        timestamp: the unit of ``_api_timestamp``.
    """

    kind: Literal["csb"]
    api_name: str = "{infno}"
    api_version: str = "1.0.0"
    timestamp: Literal["milliseconds", "seconds"] = "milliseconds"


class NoSigning(_Part):
    """No signature at all."""

    kind: Literal["none"]


Signing = Annotated[TifSigning | CsbSigning | NoSigning, Field(discriminator="kind")]


class AnswerTexts(_Part):
    """Regular expressions that tell what an answer's text means at this site.

    Args:
        success: the whole error text of an answer that is none (Zhejiang answers infcode 0 with ``success``).
        busy: a refusal that says the business is locked for the moment: definite, not executed.
        not_executed: a gateway's words that prove the platform never saw the message, whatever the HTTP status.
        uncertain: a refusal that is none: a layer in between lost its own answer, so the outcome is unknown.
        already_undone: a refusal of 2601 that says the original was reversed or cancelled before (seen live in Zhejiang).
        no_original: a refusal of 2601 that says no such original is known; what platforms say was never published.
    """

    success: tuple[Pattern, ...] = (
        r"(?i)success",
        r"(?i)ok",
        r"(?i)null",
        "成功",
        "操作成功",
        "处理成功",
        "交易成功",
    )
    busy: tuple[Pattern, ...] = ("正在进行，请稍后处理",)
    not_executed: tuple[Pattern, ...] = ()
    uncertain: tuple[Pattern, ...] = (
        "(交易|调用|请求|读取|连接|响应|处理|等待)超时",
        r"(?i)time[d ]?\s?-?out",
        r"(?i)SocketTimeout",
        "访问(医保)?统一支付平台",
        "返参为空",
        r"http返回码为",
        "本地模拟医保返回异常",
    )
    already_undone: tuple[Pattern, ...] = (
        "退费结算标志不为未退费",
        "(原|该)(交易|结算)(信息)?已(经)?(被)?(冲正|撤销)",
    )
    no_original: tuple[Pattern, ...] = (
        "(未(查询|查|找)到|(查询|查|找)不到)原(交易|结算|报文)",
        "原(交易|结算|报文)(信息)?不存在",
    )


class Interface(_Part):
    """What is different about one transaction at this site; an empty field means "as in the catalogue".

    Args:
        name, group, kind, money_class, ordered, input_nodes, list_nodes, either_nodes, output_node, cancelled_by, enabled:
            as in `mi_bridge.insurer.catalogue.Transaction`.
        node_names: the site's own names for input nodes, by their national name.
        recer_sys_code: receiver system for this transaction.
        path: its own path, or a whole address.
        call_timeout_s: its own deadline in seconds.
    """

    name: str | None = None
    group: str | None = None
    kind: Kind | None = None
    money_class: MoneyClass | None = None
    ordered: bool | None = None
    input_nodes: tuple[str, ...] | None = None
    list_nodes: tuple[str, ...] | None = None
    either_nodes: tuple[str, ...] | None = None
    output_node: str | None = None
    cancelled_by: str | None = None
    enabled: bool | None = None
    node_names: dict[str, str] = Field(default_factory=dict)
    recer_sys_code: Annotated[str, _carried("recer_sys_code")] = ""
    path: str = ""
    call_timeout_s: Seconds | None = None

    def catalogue_values(self) -> dict[str, Any]:
        """Return only what the catalogue takes over."""
        own = {"node_names", "recer_sys_code", "path", "call_timeout_s"}
        return self.model_dump(exclude_none=True, exclude=own)


class Profile(_Part):
    """One site's truth. Every field is a key of the TOML file.

    Args:
        name: short name, as the settings refer to it.
        title: what a person reads.
        mdtrtarea_admvs: area of the hospital, six digits.
        insuplc_admdvs: area of the insured where a call does not say; empty sends the null text.
        recer_sys_code: receiver system.
        infver: interface version as the bureau told it.
        signtype, dev_no, dev_safe_info, cainfo: sent as they are; empty ones (but ``signtype``) become the null text.
        null_text: what stands for "nothing" in optional fields: empty, or the literal text ``null`` (Hunan).
        input_as: whether ``input`` is an object or its JSON text in a string.
        extra_fields: further envelope fields this site wants, before ``input``.
        content_type: of the HTTP request.
        timezone: in which ``inf_time`` is written.
        operator, url, signing, texts, interfaces: see their own classes.
        call_timeout_s: how long one call may take, in seconds.
        connect_timeout_s: how long connecting may take, in seconds.
        keepalive_s: how long an idle connection is kept, in seconds; less than the gateway keeps it.
        max_connections: how many connections may be open at once.
        max_input_bytes, max_answer_bytes: size limits, in bytes of UTF-8.
        reversible: the codes 2601 may reverse here.
        quiet_period_s: after so many seconds a message sent and never answered can no longer take effect.
    """

    name: Annotated[str, Field(min_length=1)]
    title: str = ""
    mdtrtarea_admvs: Area
    insuplc_admdvs: Area | Literal[""] = ""
    recer_sys_code: Annotated[str, Field(min_length=1), _carried("recer_sys_code")]
    infver: Annotated[str, Field(min_length=1), _carried("infver")]
    signtype: Annotated[str, _carried("signtype")] = ""
    dev_no: Annotated[str, _carried("dev_no")] = ""
    dev_safe_info: Annotated[str, _carried("dev_safe_info")] = ""
    cainfo: Annotated[str, _carried("cainfo")] = ""
    null_text: Literal["", "null", "NULL"] = ""
    input_as: Literal["object", "string"] = "object"
    extra_fields: dict[str, str] = Field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    timezone: Annotated[str, AfterValidator(_timezone)] = "Asia/Shanghai"
    operator: Operator = Operator()
    url: Url = Url()
    signing: Signing
    texts: AnswerTexts = AnswerTexts()
    call_timeout_s: Seconds = 60.0
    connect_timeout_s: Seconds = 5.0
    keepalive_s: Seconds = 15.0
    max_connections: Annotated[int, Field(ge=1, le=10000)] = 400
    max_input_bytes: Annotated[int, Field(ge=1024)] = 10 * 1024 * 1024
    max_answer_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024 * 1024
    reversible: tuple[str, ...] = ("2102", "2207", "2304", "2401")
    quiet_period_s: Annotated[float, Field(gt=0, le=86400)] = 300.0
    interfaces: dict[str, Interface] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _quiet_enough(self) -> Profile:
        longest = max([self.call_timeout_s, *(i.call_timeout_s or 0 for i in self.interfaces.values())])
        if self.quiet_period_s <= longest:
            raise ValueError(f"quiet_period_s must be longer than the longest call_timeout_s ({longest:g})")
        return self

    @model_validator(mode="after")
    def _new_fields(self) -> Profile:
        taken = self.extra_fields.keys() & BY_NAME.keys()
        if taken:
            raise ValueError(f"extra_fields repeats fields of the envelope: {', '.join(sorted(taken))}")
        return self

    def call_timeout(self, infno: str) -> float:
        """Return the deadline of one call of this transaction, in seconds."""
        interface = self.interfaces.get(infno)
        return (interface and interface.call_timeout_s) or self.call_timeout_s

    def receiver(self, infno: str) -> str:
        """Return ``recer_sys_code`` for this transaction."""
        interface = self.interfaces.get(infno)
        return (interface and interface.recer_sys_code) or self.recer_sys_code

    def node_names(self, infno: str) -> dict[str, str]:
        """Return the site's names of this transaction's input nodes, by national name."""
        interface = self.interfaces.get(infno)
        return interface.node_names if interface else {}

    def catalogue(self, base: Catalogue | None = None) -> Catalogue:
        """Return the catalogue as this site speaks it.

        Args:
            base: the national catalogue; the shipped one when None.

        Raises:
            CatalogueError: ``reversible`` lists a code nobody knows.
        """
        overrides = {infno: interface.catalogue_values() for infno, interface in self.interfaces.items()}
        return (base or Catalogue.load()).with_overrides(overrides, reversible=self.reversible)


def load_profile(name_or_path: str | Path) -> Profile:
    """Read a profile.

    Args:
        name_or_path: the name of a shipped profile (``demo``, ``hunan``) or the path of a TOML file.

    Raises:
        ProfileError: the file is missing or wrong; names file, key, fault and remedy.
    """
    path = _find(name_or_path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ProfileError(str(path), f"cannot be read ({fault.strerror})", remedy=_known_names()) from fault
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ProfileError(
            str(path), f"is not TOML in UTF-8 ({fault})", remedy="Correct the file."
        ) from fault
    try:
        return Profile.model_validate(values)
    except ValidationError as fault:
        raise _profile_error(path, fault) from None


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        return path
    return folder("config") / "profiles" / f"{path.name}.toml"


def _known_names() -> str:
    names = sorted(path.stem for path in (folder("config") / "profiles").glob("*.toml"))
    return f"Name one of {', '.join(names)}, or give the path of a .toml file."


def _profile_error(path: Path, fault: ValidationError) -> ProfileError:
    errors = fault.errors(include_url=False, include_context=False)
    others = "".join(f"; {_key(error)} {_fault(error)}" for error in errors[1:])
    key = f"{path}: {_key(errors[0])}"
    return ProfileError(key, _fault(errors[0]) + others, remedy=_remedy(errors[0]["type"]))


def _key(error: Any) -> str:
    # pydantic puts the chosen kind of signing into the place; the file has no such level
    place = [str(part) for part in error["loc"] if part not in ("tif", "csb", "none", "function-after")]
    return ".".join(place) or "profile"


def _fault(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    value = error["input"]
    if error["type"] == "extra_forbidden" or not isinstance(value, str | int | float):
        return f"is wrong: {message}"
    return f"is {value!r}: {message}"


def _remedy(kind: str) -> str:
    remedies = {
        "extra_forbidden": "Remove the key or correct its spelling.",
        "missing": "Add the key.",
        "union_tag_not_found": "Add signing.kind: tif, csb or none.",
        "union_tag_invalid": "Write one of the kinds named.",
    }
    return remedies.get(kind, "Write a value as described; config/profiles/demo.toml shows every key.")
