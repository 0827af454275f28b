"""Finds out what is wrong and how to mend it: one probe a question, none of them changes anything or ever raises.

A probe is a function in `PROBES` (registry): it takes the patient and yields verdicts. Probes run in order, and a later one may
use what an earlier one has found out (the settings, the connection).
"""
