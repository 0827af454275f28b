"""What a message must look like before it leaves: the specification's field tables, compiled per interface.

Read `mi_bridge.insurer.check.examiner` first. The facts are data under ``config/catalogue/``; the README there says how far they
can be trusted.
"""
