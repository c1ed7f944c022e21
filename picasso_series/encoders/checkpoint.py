"""Image and text towers out of weights files made elsewhere, read without running anything that those files contain.

Knows three layouts: TorchScript archives as OpenAI publishes them, checkpoints written by ``torch.save``, and safetensors. The first
two are zip archives whose ``data.pkl`` is a pickle, which can name any function to be called; here it is read by an unpickler that
knows a dozen harmless names and refuses all others, and the programs inside TorchScript archives are never looked at.
"""

from __future__ import annotations

import pickle
import pickletools
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors import safe_open

from picasso_series.errors import BadInputError

_VISUAL, _TEXT = "visual.", "text."
_TEXT_TENSORS = ("token_embedding.weight", "positional_embedding", "ln_final.weight", "ln_final.bias", "text_projection")
"""What every text tower of CLIP's has, beside its blocks."""
_TEXT_BLOCKS = "transformer."
_SCALE = "logit_scale"
"""The logarithm of what likenesses of pictures and texts are multiplied by before they are compared as probabilities."""
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

Chooser = Callable[[Iterable[str]], Iterator[tuple[str, str]]]
"""All names of a file -> those that are wanted, each with the name that its tensor gets."""


def read_visual(path: Path) -> dict[str, torch.Tensor]:
    """Read the image tower of a CLIP model: its tensors by name, without the prefix ``visual.``, floats as float32 on the CPU.

    Raises:
        BadInputError: the file is damaged, holds no image tower, or holds what could run code.
        OSError: the file cannot be read.
    """
    tower = {name: _plain(tensor) for name, tensor in _read(path, _visual_names).items()}
    if "conv1.weight" not in tower and not any(name.startswith("trunk.") for name in tower):
        raise BadInputError(f"{path.name} holds no image tower of CLIP; give OpenAI's .pt or open_clip's .safetensors")
    return tower


def read_text(path: Path) -> dict[str, torch.Tensor]:
    """Read the text tower of a CLIP model: its tensors by open_clip's names, in the numbers that the file has; nothing if it has none.

    Raises:
        BadInputError: the file is damaged, or holds what could run code.
        OSError: the file cannot be read.
    """
    tower = _read(path, _text_names)
    return tower if set(_TEXT_TENSORS) <= tower.keys() else {}


def _read(path: Path, chosen: Chooser) -> dict[str, torch.Tensor]:
    """The tensors of a file that ``chosen`` names."""
    try:
        with path.open("rb") as file:
            head = file.read(9)
        if head.startswith(b"PK"):
            tower = _from_archive(path, chosen)
        elif head[8:] == b"{":
            tower = _from_safetensors(path, chosen)
        else:
            raise BadInputError(f"{path.name} is neither a torch archive nor safetensors; give OpenAI's .pt or open_clip's .safetensors")
    except (BadInputError, OSError):
        raise
    # A damaged or contrived file makes the readers of archives and tensors raise nearly anything.
    except Exception as error:
        raise BadInputError(f"{path.name} is damaged ({_first_line(error)}); fetch it again") from error
    for name, tensor in tower.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise BadInputError(f"{path.name} is damaged (the tensor {name} is not finite); fetch it again")
    return tower


def _from_safetensors(path: Path, chosen: Chooser) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(whole).contiguous() for whole, name in chosen(file.keys())}


def _from_archive(path: Path, chosen: Chooser) -> dict[str, torch.Tensor]:
    with zipfile.ZipFile(path) as archive:
        roots = [name.removesuffix("data.pkl") for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(roots) != 1:
            raise BadInputError(f"{path.name} is a zip file, but none that torch wrote; give OpenAI's .pt or open_clip's .safetensors")
        root = roots[0]
        if f"{root}byteorder" in archive.namelist() and _stored(archive, f"{root}byteorder") != b"little":
            raise BadInputError(f"{path.name} was written on a big-endian machine; give a file written elsewhere")
        try:
            data = _stored(archive, f"{root}data.pkl")
            _check_pickle(data)
            content = _Reader(data).load()
            found = {name: record for name, record in _tensors(content)}
        except _ForbiddenError as error:
            raise BadInputError(f"{path.name} {error}, so it is not read; take the file from OpenAI or open_clip") from error
        # A damaged or contrived pickle can make the unpickler raise nearly anything.
        except Exception as error:
            raise BadInputError(f"{path.name} is damaged ({_first_line(error)}); fetch it again") from error
        return {name: _tensor(archive, root, found[whole]).contiguous() for whole, name in chosen(found)}


def _visual_names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The names that belong to the image tower, as they are in the file and without prefix; all of them where the file is a tower."""
    stripped = {name: name.removeprefix("module.") for name in names}
    prefixed = any(name.startswith(_VISUAL) for name in stripped.values())
    for name, plain in stripped.items():
        if not prefixed:
            yield name, plain
        elif plain.startswith(_VISUAL):
            yield name, plain.removeprefix(_VISUAL)


def _text_names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The names that belong to the text tower, as they are in the file and as OpenAI calls them."""
    for name in names:
        plain = name.removeprefix("module.").removeprefix(_TEXT)
        if plain in (*_TEXT_TENSORS, _SCALE) or plain.startswith(_TEXT_BLOCKS):
            yield name, plain


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    return (tensor.float() if tensor.is_floating_point() else tensor).contiguous()


@dataclass(frozen=True)
class _Storage:
    """The numbers of a file of the archive, not read yet."""

    dtype: torch.dtype
    key: str


@dataclass(frozen=True)
class _Record:
    """A tensor whose numbers are not read yet: those of the other tower never are."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def _tensor(archive: zipfile.ZipFile, root: str, record: _Record) -> torch.Tensor:
    flat = torch.frombuffer(bytearray(_stored(archive, f"{root}data/{record.storage.key}")), dtype=record.storage.dtype)
    count = 1
    for length in record.size:
        count *= length
    # Weights never overlap; a view that repeats numbers could be made as large as all memory.
    if not 0 < count <= len(flat):
        raise RuntimeError("a tensor is larger than its numbers")
    return flat.as_strided(record.size, record.stride, record.offset)


def _stored(archive: zipfile.ZipFile, name: str) -> bytes:
    """An entry of the archive; torch compresses none that matters, and what is not compressed cannot be larger than the file."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise zipfile.BadZipFile(f"{name} is missing") from None
    if info.compress_type != zipfile.ZIP_STORED:
        raise zipfile.BadZipFile(f"{name} is compressed")
    return archive.read(info)


class _ForbiddenError(Exception):
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


def _record(storage: object, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> _Record:
    if not isinstance(storage, _Storage) or not all(type(number) is int and number >= 0 for number in (offset, *size, *stride)):
        raise TypeError("a tensor is described wrongly")
    return _Record(storage, offset, tuple(size), tuple(stride))


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
            raise _ForbiddenError(f"asks for {module}.{name}, which could run code")
        return _KNOWN[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, *_ = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not isinstance(key, str):
            raise TypeError("a storage is described wrongly")
        return _Storage(dtype, key)


def _tensors(content: object) -> Iterator[tuple[str, _Record]]:
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
            if isinstance(value, _Record):
                yield f"{place}{name}", value
            elif isinstance(value, _Module):
                waiting.append((f"{place}{name}.", value.attributes))
    raise ValueError("it holds more modules than any model")


def _attributes(content: object) -> Mapping[Any, Any]:
    if isinstance(content, _Module):
        return content.attributes
    return content if isinstance(content, dict) else {}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
