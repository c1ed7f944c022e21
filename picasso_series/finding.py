"""What a check of the machine finds: plain data, shared by the checks of libraries and of places.

Knows no check.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

REINSTALL = "pip install --force-reinstall picasso-series"
"""What mends a part that comes with the package."""


class Status(Enum):
    """What a check found. Only ``MISSING`` keeps the program from working."""

    OK = "ok"
    OPTIONAL = "optional"
    WARNING = "warning"
    MISSING = "MISSING"


@dataclass(frozen=True)
class Finding:
    """The result of one check: its name, status, a detail, and the command or deed that mends it (empty when nothing is wrong)."""

    name: str
    status: Status
    detail: str
    mend: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether something required is not there."""
        return self.status is Status.MISSING
