"""The mobile-payment and electronic-credential platform (医保移动支付中心、电子凭证中台), which speaks another language.

How to use it::

    from mi_bridge.insurer.mobile import MobileClient, MobileSite

    site = MobileSite.from_keys(
        app_id="…",
        app_secret=Path("/etc/mi-bridge/secrets/mobile_app_secret").read_text().strip(),
        private_key=Path("/etc/mi-bridge/secrets/mobile_private_key"),
        platform_key=Path("/etc/mi-bridge/secrets/mobile_platform_key"),
    )
    async with MobileClient(site, base_url="https://10.1.2.3:8082") as client:
        answer = await client.call("/org/local/api/hos/uldFeeInfo", {"orgId": "…", "medOrgOrd": "…"})
        print(answer.outcome, answer.output)    # OK and the decrypted data, or why not

A message is a JSON object: ``appId``, ``encType``, ``encData`` (the data, by SM4), ``signType``, ``signData`` (base64 of an SM2 signature:
``r || s``, 64 bytes, as in the platform's own published example),
``timestamp``, ``version``, and ``transType`` where one address serves all. See `cipher` for the key, `sign_text` for what is
signed, `envelope` for both ways. Paths seen (Shanxi, Hunan): ``/org/local/api/hos/`` and ``uldFeeInfo`` (6201), ``pay_order`` (6202),
``refund_Order`` (6203), ``query_order_info`` (6301).

What an answer proves::

    signature right, code 0                         OK
    signature right, another code                   REFUSED
    signature missing or wrong                      UNKNOWN: anybody may have written it
    cannot be decrypted, is no JSON, has no code    UNKNOWN
    HTTP 401                                        GATEWAY_REFUSED
    other HTTP statuses, nothing came back          UNKNOWN
    never left                                      NOT_SENT

Some platforms do not sign refusals; a hospital that knows this of its own sets ``trusts_unsigned_refusals``, and bears that a
forged refusal then reads as one. An UNKNOWN payment is asked about (6301) before anything is sent again.
"""

from mi_bridge.insurer.mobile.client import MobileClient
from mi_bridge.insurer.mobile.site import MobileSite

__all__ = ["MobileClient", "MobileSite"]
