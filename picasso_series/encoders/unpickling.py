"""What a ``data.pkl`` of torch's describes, read without running anything that it names.

A pickle can name any function to be called; this unpickler knows a dozen harmless names and refuses all others. Knows modules, state
dicts and checkpoints as trees of described tensors; knows no archive and no numbers of a tensor.
"""

from __future__ import annotations

import pickle
import pickletools
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NoReturn

import torch

_DTYPES = {
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}

_MOST_PICKLE = 1 << 24
"""Most bytes of a ``data.pkl``: it describes tensors, and those of the largest models take some hundred thousand."""
_LONGEST = 64
"""The longest size or list of numbers that a pickle may make of another by a call: each call copies."""
_MOST_MODULES = 100_000
"""Most modules that are walked through; a module that stands in many places is walked through in each."""


@dataclass(frozen=True)
class Storage:
    """The numbers of a file of the archive, not read yet."""

    dtype: torch.dtype
    key: str


@dataclass(frozen=True)
class Record:
    """A tensor whose numbers are not read yet: those of the other tower never are."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def described_tensors(data: bytes) -> dict[str, Record]:
    """The tensors that a pickle describes, by their dotted names.

    Raises:
        ForbiddenError: it names something that could run code.
        Exception: nearly any other, where it is damaged or contrived.
    """
    with warnings.catch_warnings():
        # Texts of a damaged pickle have escapes that Python warns of.
        warnings.simplefilter("ignore")
        _check_pickle(data)
        return dict(_tensors(_Reader(data).load()))


class ForbiddenError(Exception):
    """The pickle names something that is not known to be harmless."""


class _Module:
    """A module of a TorchScript archive: its attributes and nothing else."""

    attributes: Mapping[str, Any]

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict):
            raise TypeError("a module's attributes are no dictionary")
        self.attributes = state


class _Dict(dict[Any, Any]):
    """A dictionary of the pickle; what torch adds to a state dict beside its tensors is dropped."""

    def __setstate__(self, state: object) -> None:
        pass


class _Call:
    """A function that a pickle may call; nothing can be set on it."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __setstate__(self, state: object) -> NoReturn:
        raise TypeError("a function has no state")


def _short(kind: Callable[[Iterable[Any]], Any]) -> _Call:
    """A function that copies a list or tuple of a length that sizes have."""

    def copied(items: object) -> Any:
        if not isinstance(items, (list, tuple)) or len(items) > _LONGEST:
            raise TypeError("a list is longer than any size")
        return kind(items)

    return _Call(copied)


def _check_pickle(data: bytes) -> None:
    """Refuse a pickle that is larger than any, or that asks for more room than it has content: places are numbered from zero."""
    if len(data) > _MOST_PICKLE:
        raise ValueError("data.pkl is larger than any description of tensors")
    for opcode, argument, _ in pickletools.genops(data):
        if "PUT" in opcode.name and isinstance(argument, int) and not 0 <= argument < len(data):
            raise ValueError("data.pkl asks for more memory than it can fill")


def _record(storage: object, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Record:
    if not isinstance(storage, Storage) or not all(type(number) is int and number >= 0 for number in (offset, *size, *stride)):
        raise TypeError("a tensor is described wrongly")
    return Record(storage, offset, tuple(size), tuple(stride))


_KNOWN: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): _Call(lambda: _Dict()),
    ("torch", "Size"): _short(tuple),
    ("torch._utils", "_rebuild_tensor_v2"): _Call(_record),
    ("torch._utils", "_rebuild_parameter"): _Call(lambda data, *_: data),
    ("torch.jit._pickle", "restore_type_tag"): _Call(lambda value, *_: value),
    **{("torch.jit._pickle", f"build_{kind}list"): _short(list) for kind in ("int", "double", "bool", "tensor")},
    **{("torch", name): dtype for name, dtype in _DTYPES.items()},
}


class _Reader(pickle.Unpickler):
    """Reads ``data.pkl``; tensors stay descriptions."""

    def __init__(self, data: bytes) -> None:
        super().__init__(BytesIO(data))

    def find_class(self, module: str, name: str) -> Any:
        if module == "__torch__" or module.startswith("__torch__."):
            return _Module
        if (module, name) not in _KNOWN:
            raise ForbiddenError(f"asks for {module}.{name}, which could run code")
        return _KNOWN[module, name]

    def persistent_load(self, pid: Any) -> Storage:
        kind, dtype, key, *_ = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not isinstance(key, str):
            raise TypeError("a storage is described wrongly")
        return Storage(dtype, key)


def _tensors(content: object) -> Iterator[tuple[str, Record]]:
    """Dotted names and tensors of a module, a state dict, or a checkpoint that has one under ``state_dict``."""
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    waiting: list[tuple[str, Mapping[Any, Any]]] = [("", _attributes(content))]
    for _ in range(_MOST_MODULES):
        if not waiting:
            return
        place, level = waiting.pop()
        if len(waiting) + len(level) > _MOST_MODULES or len(place) > _MOST_MODULES // 100:
            break
        for name, value in level.items():
            if isinstance(value, Record):
                yield f"{place}{name}", value
            elif isinstance(value, _Module):
                waiting.append((f"{place}{name}.", value.attributes))
    raise ValueError("it holds more modules than any model")


def _attributes(content: object) -> Mapping[Any, Any]:
    if isinstance(content, _Module):
        return content.attributes
    return content if isinstance(content, dict) else {}
