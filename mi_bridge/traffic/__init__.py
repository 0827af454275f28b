"""What stands between a claimed request and the wire."""
