"""The mobile-payment and electronic-credential platform (医保移动支付中心、电子凭证中台), which speaks another language.

How to use it::

    from mi_bridge.insurer.mobile import MobileClient, MobileSite
    from mi_bridge.insurer.signing.sm2 import KeySigner, KeyVerifier, load_private_key, load_public_key

    site = MobileSite(
        app_id="…",
        app_secret=SecretStr(os.environ["MOBILE_APP_SECRET"]),
        signer=KeySigner(load_private_key(Path("/etc/mi-bridge/secrets/mobile_private_key"))),
        verifier=KeyVerifier(load_public_key(Path("/etc/mi-bridge/secrets/mobile_platform_key"))),
    )
    async with MobileClient(site, base_url="https://10.1.2.3:8082") as client:
        answer = await client.call("/org/local/api/hos/uldFeeInfo", {"orgId": "…", "medOrgOrd": "…"})
        print(answer.outcome, answer.output)    # OK and the decrypted data, or why not

A message is a JSON object: ``appId``, ``encType``, ``encData`` (the data, by SM4), ``signType``, ``signData`` (a signature, by SM2),
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
