from mi_bridge.insurer.signing.plain import PlainSigner


def test_nothing_is_added() -> None:
    assert PlainSigner().sign("1101", b"{}") == ()
