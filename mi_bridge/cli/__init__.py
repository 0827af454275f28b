"""The command line: one command a file, everything heavy imported inside the command that needs it.

Exit statuses: 0 done, 1 failure, 2 usage, 78 a wrong setting, 130 interrupted.
"""
