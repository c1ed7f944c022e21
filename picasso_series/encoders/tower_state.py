"""The tensors that a tower is made of, by name, and which of them it has asked for.

Knows no layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor


class ReadState(Mapping[str, Tensor]):
    """A state dict that remembers what was read of it."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        self._state = state
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        self._read.add(name)
        return self._state[name]

    def __contains__(self, name: object) -> bool:
        return name in self._state

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __len__(self) -> int:
        return len(self._state)

    def unread(self) -> list[str]:
        """The names of the tensors that nobody read, sorted."""
        return sorted(set(self._state) - self._read)
