"""The command line: one file per command, thin over the library.

Everything heavy is imported inside the commands, so that ``--help`` answers at once.
"""
