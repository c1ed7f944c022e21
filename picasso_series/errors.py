"""The small family of errors that a user may meet.

Knows the exit code that each kind of failure ends with; knows nothing about how a command line shows it. Every message is one
sentence that names the fix.
"""

from __future__ import annotations


class PicassoError(Exception):
    """Something failed that the user can mend; the base of the family (exit code 1)."""

    exit_code = 1


class BadInputError(PicassoError):
    """A photo, mask, preset, run folder or stored file cannot be used as it is (exit code 1)."""


class UsageError(PicassoError):
    """An option or a setting has a value that makes no sense (exit code 2)."""

    exit_code = 2


class PartialError(PicassoError):
    """Some of several things asked for failed, the others are done (exit code 3)."""

    exit_code = 3


class MissingError(PicassoError):
    """A library, program or weight file that the request needs is not there (exit code 4)."""

    exit_code = 4
