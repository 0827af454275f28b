"""What the texts of answers mean at a site."""

from __future__ import annotations

from mi_bridge.insurer.profile.part import Part, Pattern


class AnswerTexts(Part):
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
