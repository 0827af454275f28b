"""SM2 signatures with SM3 (GB/T 32918.2), by a native library behind a port.

SM3 and SM4 come from `cryptography`, whose public interface has no SM2. Candidates for SM2, measured in one run on one machine
(2 cores of an AMD EPYC, busy with other work; 500-byte messages; medians of CPU microseconds per call, November 2026):

==============================  =======  =======  ========  ==================================================================
library                            sign   verify  GIL       state and licence
==============================  =======  =======  ========  ==================================================================
OpenSSL 3.0 libcrypto, ctypes       360      300  released  Apache-2.0; kept by its project; on the machine wherever Python's
                                                            ``ssl`` is linked with it, except where SM2 was left out (Red Hat)
gmssl-pyx 2.1.0, digests            242      556  held      Apache-2.0; 2026-09; wheels for Linux x86_64 and Windows, none for
                                                            aarch64; GmSSL writes to the standard error on a wrong signature
gmssl-pyx 2.1.0, messages         2,782      558  held      the same; prepares 32 random points for each signature
gmssl-fast 0.1.0                  1,032    1,852  –         Apache-2.0; one release, 2026-09; wheels everywhere; no user id
tongsuopy 1.0.1                     339      313  released  Apache-2.0; no release since 2023-02, with the OpenSSL of that year
smcryptopy 0.2.1                 46,000   58,000  released  MIT; 2024-03
gmalg 1.1.2                      40,000   48,700  held      MIT; 2026-08; pure Python
==============================  =======  =======  ========  ==================================================================

Chosen: OpenSSL, because it is looked after by more people than all others together, lets other threads run, verifies fastest and
is there without a package; a signature costs 0.1 ms more than by the fastest. GmSSL's digest function is the second choice, for
machines whose OpenSSL lacks SM2. Each is proved against the other and against the ``openssl`` command by the tests.

Signing happens where it is asked for, on the event loop too: handing 0.36 ms to another thread cost 0.44 ms of CPU and 0.3 ms more of
waiting in the same run. What takes longer (a hardware module, a vendor's SDK) fits `Sm2Signer` with ``blocking = True``; then
messages are prepared in a thread of their own.
"""

from mi_bridge.insurer.signing.sm2.curve import DEFAULT_USER_ID, sm3
from mi_bridge.insurer.signing.sm2.key import (
    Sm2PrivateKey,
    Sm2PublicKey,
    load_private_key,
    load_public_key,
    private_key,
)
from mi_bridge.insurer.signing.sm2.library import Sm2Library, sm2_library
from mi_bridge.insurer.signing.sm2.signer import Form, KeySigner, KeyVerifier, Sm2Signer, Sm2Verifier

__all__ = [
    "DEFAULT_USER_ID",
    "Form",
    "KeySigner",
    "KeyVerifier",
    "Sm2Library",
    "Sm2PrivateKey",
    "Sm2PublicKey",
    "Sm2Signer",
    "Sm2Verifier",
    "load_private_key",
    "load_public_key",
    "private_key",
    "sm2_library",
    "sm3",
]
