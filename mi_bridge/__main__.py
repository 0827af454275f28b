"""``python -m mi_bridge`` is ``mi-bridge``."""

from mi_bridge.cli.main import main

main()
