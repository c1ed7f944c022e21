"""Image and text towers out of weights files made elsewhere, read without running anything that those files contain.

Knows three layouts: TorchScript archives as OpenAI publishes them, checkpoints written by ``torch.save``, and safetensors. The first
two are zip archives whose ``data.pkl`` is read by ``unpickling``, which runs nothing, and the programs inside TorchScript archives are
never looked at.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import torch
from safetensors import safe_open

from picasso_series.encoders.unpickling import ForbiddenError, Record, described_tensors
from picasso_series.errors import BadInputError

_VISUAL, _TEXT = "visual.", "text."
_TEXT_TENSORS = ("token_embedding.weight", "positional_embedding", "ln_final.weight", "ln_final.bias", "text_projection")
"""What every text tower of CLIP's has, beside its blocks."""
_TEXT_BLOCKS = "transformer."
_SCALE = "logit_scale"
"""The logarithm of what likenesses of pictures and texts are multiplied by before they are compared as probabilities."""

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
            found = described_tensors(_stored(archive, f"{root}data.pkl"))
        except ForbiddenError as error:
            raise BadInputError(f"{path.name} {error}, so it is not read; take the file from OpenAI or open_clip") from error
        # A damaged or contrived pickle can make the unpickler raise nearly anything.
        except Exception as error:
            raise BadInputError(f"{path.name} is damaged ({_first_line(error)}); fetch it again") from error
        wanted = {name: found[whole] for whole, name in chosen(found)}
        if sum(record.count * record.storage.dtype.itemsize for record in wanted.values()) > path.stat().st_size:
            raise BadInputError(f"{path.name} is damaged (its tensors are larger together than the file); fetch it again")
        tensors = {
            name: tensor for key, names in _by_storage(wanted).items() for name, tensor in _tensors(archive, f"{root}data/{key}", names)
        }
        return {name: tensors[name] for name in wanted}


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


def _by_storage(wanted: Mapping[str, Record]) -> dict[str, dict[str, Record]]:
    """The tensors by the file of the archive that holds their numbers, so that each file is read once."""
    grouped: dict[str, dict[str, Record]] = {}
    for name, record in wanted.items():
        grouped.setdefault(record.storage.key, {})[name] = record
    return grouped


def _tensors(archive: zipfile.ZipFile, entry: str, wanted: Mapping[str, Record]) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors whose numbers are in one file of the archive, each with nothing but its own numbers."""
    numbers = bytearray(_stored(archive, entry))
    for name, record in wanted.items():
        flat = torch.frombuffer(numbers, dtype=record.storage.dtype)
        # Weights never overlap; a view that repeats numbers could be made as large as all memory.
        if not 0 < record.count <= len(flat):
            raise RuntimeError("a tensor is larger than its numbers")
        # Not a view: one number of a large file would keep all of it in memory.
        yield name, flat.as_strided(record.size, record.stride, record.offset).clone(memory_format=torch.contiguous_format)


def _stored(archive: zipfile.ZipFile, name: str) -> bytes:
    """An entry of the archive; torch compresses none that matters, and what is not compressed cannot be larger than the file."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise zipfile.BadZipFile(f"{name} is missing") from None
    if info.compress_type != zipfile.ZIP_STORED:
        raise zipfile.BadZipFile(f"{name} is compressed")
    return archive.read(info)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
