"""Quality rules: what a message must fulfil beyond its field tables, as a hospital writes it down in data files.

``config/rules/README.md`` explains the language; `mi_bridge.insurer.rules.rule_book` keeps the rules in force.
"""
