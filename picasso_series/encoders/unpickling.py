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
from math import prod
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
_MOST_NUMBER = 1 << 63
"""What every size, stride and offset is below."""
_MOST_NAMES = 100_000
"""Most names of modules that are walked through, all together; a module that stands in many places is walked through in each."""
_LONGEST_NAME = 1000
"""The longest dotted name, in letters."""
_MOST_STEPS = 1 << 24
"""Most values that may be walked through while a pickle is read; a tuple is walked through wherever it is handed on."""
_MOST_ODD_KEYS = 10_000
"""Most keys that are no texts, as optimizers number their states: such can be made to collide, and n of them take n^2 steps."""
_TEXT = 0
"""The steps that a text costs: what is known of it is known at once. Anything else costs one or more."""
_UNUSED = frozenset(("DUP", "POP", "POP_MARK", "EMPTY_SET", "ADDITEMS", "FROZENSET"))
"""What torch never writes, and what would make a pickle hard to judge before it is read."""
_FILLING = frozenset(("APPEND", "APPENDS", "SETITEM", "SETITEMS", "BUILD"))
"""What leaves the thing that it fills in its place."""


class _Fixed:
    """A description that a pickle cannot change once it is checked; without this it could set any attribute."""

    def __setstate__(self, state: object) -> NoReturn:
        raise TypeError("a description has no state")


@dataclass(frozen=True)
class Storage(_Fixed):
    """The numbers of a file of the archive, not read yet."""

    dtype: torch.dtype
    key: str


@dataclass(frozen=True)
class Record(_Fixed):
    """A tensor whose numbers are not read yet: those of the other tower never are."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.size)


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


class _Call(_Fixed):
    """A function that a pickle may call; nothing can be set on it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)


def _short(kind: Callable[[Iterable[Any]], Any]) -> _Call:
    """A function that copies a list or tuple of a length that sizes have."""

    def copied(items: object) -> Any:
        if not isinstance(items, (list, tuple)) or len(items) > _LONGEST:
            raise TypeError("a list is longer than any size")
        return kind(items)

    return _Call(copied)


def _check_pickle(data: bytes) -> None:
    """Refuse a pickle that is larger than any, that asks for more room than it has content, or that takes far more steps than bytes.

    Tuples that share their parts are small in the file and without end for what walks through them, as ``hash`` does for a key, in C
    and deaf to Ctrl-C; tuples within tuples without end overflow its stack there. So the pickle is followed beforehand with nothing but
    the steps that each value costs.
    """
    if len(data) > _MOST_PICKLE:
        raise ValueError("data.pkl is larger than any description of tensors")
    stack: list[int] = []
    below: list[list[int]] = []
    places: dict[int, int] = {}
    steps = odd_keys = 0
    for opcode, argument, _ in pickletools.genops(data):
        name, place = opcode.name, argument or 0
        if name in _UNUSED:
            raise ValueError(f"data.pkl holds {name}, which torch never writes")
        if name == "MARK":
            below.append(stack)
            stack = []
        elif name == "MEMOIZE":
            places[len(places)] = stack[-1]
        elif name.endswith("PUT"):
            if not 0 <= place < len(data):
                raise ValueError("data.pkl asks for more memory than it can fill")
            places[place] = stack[-1]
        elif name.endswith("GET"):
            stack.append(places[place])
        else:
            taken: list[int] = []
            single = len(opcode.stack_before)
            if pickletools.markobject in opcode.stack_before:
                taken, stack = stack, below.pop()
                single = opcode.stack_before.index(pickletools.markobject)
            if name in ("SETITEM", "SETITEMS", "DICT"):
                odd_keys += sum(cost != _TEXT for cost in (stack[-2:-1] if name == "SETITEM" else taken[::2]))
            for _ in range(single):
                taken.append(stack.pop())
            cost = 1 + len(taken) + sum(taken)
            steps += cost
            if steps > _MOST_STEPS or odd_keys > _MOST_ODD_KEYS:
                raise ValueError("data.pkl takes more steps than any description of tensors")
            if name in _FILLING:
                stack.append(taken[-1])
            elif opcode.stack_after:
                stack.append(_TEXT if opcode.stack_after == [pickletools.pyunicode] else cost)


def _record(storage: object, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Record:
    if not (isinstance(storage, Storage) and isinstance(size, tuple) and isinstance(stride, tuple) and len(size) + len(stride) <= _LONGEST):
        raise TypeError("a tensor is described wrongly")
    if not all(type(number) is int and 0 <= number < _MOST_NUMBER for number in (offset, *size, *stride)):
        raise TypeError("a tensor is described wrongly")
    return Record(storage, offset, size, stride)


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
        if not isinstance(pid, tuple):
            raise TypeError("a storage is described wrongly")
        kind, dtype, key, *_ = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not isinstance(key, str):
            raise TypeError("a storage is described wrongly")
        return Storage(dtype, key)


def _tensors(content: object) -> Iterator[tuple[str, Record]]:
    """Dotted names and tensors of a module, a state dict, or a checkpoint that has one under ``state_dict``."""
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    waiting: list[tuple[str, Mapping[Any, Any]]] = [("", _attributes(content))]
    names = 0
    while waiting:
        place, level = waiting.pop()
        names += len(level)
        if names > _MOST_NAMES:
            raise ValueError("it holds more modules than any model")
        for name, value in level.items():
            if not isinstance(value, (Record, _Module)):
                continue
            # Anything but a text could be endless when it is written out.
            if not isinstance(name, str) or len(place) + len(name) > _LONGEST_NAME:
                raise ValueError("a tensor or module has no fit name")
            if isinstance(value, Record):
                yield f"{place}{name}", value
            else:
                waiting.append((f"{place}{name}.", value.attributes))


def _attributes(content: object) -> Mapping[Any, Any]:
    if isinstance(content, _Module):
        return content.attributes
    return content if isinstance(content, dict) else {}
