"""CLIP weights out of a file on this machine into the cache: for machines without network, and for models that have no known address.

Knows how to recognize what a file holds, and that a tower must be one that can be looked through; knows no file's layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from picasso_series.atomic import file_sha256
from picasso_series.encoders.architectures import Architecture
from picasso_series.encoders.checkpoint import read_text, read_visual
from picasso_series.encoders.towers import check_tower
from picasso_series.encoders.weights import Record, at_work, keep
from picasso_series.encoders.weights_table import TABLE, Entry, resolve
from picasso_series.errors import BadInputError


def import_file(file: Path, name: str | Entry | None = None, known: Sequence[Entry] = TABLE) -> Record:
    """Take weights from a file on this machine into the cache: OpenAI's .pt, open_clip's safetensors, or a checkpoint of ``torch.save``.

    Without ``name`` the model is recognized by the file's hash, else by the shapes of its tensors.

    Raises:
        UsageError: there are no weights of that name.
        BadInputError: the file is damaged, could run code, is not recognized, is not what ``name`` says, or cannot be looked through.
        MissingError: the cache cannot be written.
    """
    asked = None if name is None else resolve(name)
    try:
        sha256 = file_sha256(file)
        tower = read_visual(file)
    except OSError as error:
        raise BadInputError(f"{file} cannot be read ({error.strerror}); check the path") from error
    found = Architecture.of({key: tuple(tensor.shape) for key, tensor in tower.items()})
    entry = _recognized(sha256, found, asked, known)
    if entry is None:
        raise BadInputError(f"{file.name} holds a model that is not known here; name it with --name MODEL/PRETRAINED, as open_clip does")
    if asked is not None and (entry.name != asked.name or (asked.architecture not in (None, found))):
        raise BadInputError(f"{file.name} does not hold {asked.name}; leave --name out, or give another file")
    try:
        check_tower(tower)
    except BadInputError as error:
        raise BadInputError(f"{file.name} cannot be used: {error}") from error
    if entry.pretrained == "openai" and entry.sha256 not in ("", sha256) and not _is_half(tower["conv1.weight"]):
        raise BadInputError(
            f"{file.name} has the shapes of {entry.name} but not OpenAI's values, which are of half precision; "
            f"name it with --name {entry.model}/PRETRAINED, as open_clip does"
        )
    with at_work(entry):
        return keep(entry, tower, read_text(file), file.name, sha256)


def _recognized(sha256: str, found: Architecture | None, asked: Entry | None, known: Sequence[Entry]) -> Entry | None:
    """What a file of this hash and architecture is: by its hash, else what it was said to be, else the first of its architecture."""
    for candidate in known:
        if candidate.sha256 == sha256:
            return candidate
    if asked is not None or found is None:
        return asked
    return next((candidate for candidate in known if candidate.architecture == found), None)


def _is_half(tensor: Tensor) -> bool:
    """Whether numbers were of half precision before they became float32, as all convolutions of OpenAI's release were."""
    return bool((tensor.half().float() == tensor).all())
