"""Archives of arrays that are sound and odd, or damaged: numpy's and torch's.

Knows formats; knows no reader and no command.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np

from tools.fuzz.mutation import bytes_like


def odd_points(points: Any, chance: Random) -> Any:
    """Control points (n, 4, 2) that are sound numbers and odd strokes."""
    odd = np.array(points, np.float32)
    deed = chance.randrange(6)
    if deed == 0:
        odd[:] = chance.choice((0.0, 0.5, 1.0, -90.0, 1e-30))
    elif deed == 1:
        odd[:, :, 1:] = odd[:, :, :1]
    elif deed == 2:
        odd = odd * np.float32(chance.choice((0.0, 1e-6, 50.0, -50.0)))
    elif deed == 3:
        odd = odd[-1:].repeat(len(odd), axis=0)
    elif deed == 4:
        odd[..., chance.randrange(2)] = 0.5
    else:
        odd[-1] = np.roll(odd[-1], 1, axis=0)
    return odd


def npz_of(arrays: Mapping[str, Any]) -> bytes:
    """Arrays as a sound archive."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def array_like(old: Any, chance: Random) -> Any:
    """Another array in the place of ``old``, if there is one."""
    shapes = ((), (0,), (1,), (4,), (4, 4, 2), (4, 4, 4, 2), (0, 4, 4, 2), (4, 0, 4, 2), (2, 2, 2, 2, 2), (1, 1, 4, 2), (100_000,))
    kinds = ("f4", "f8", "i8", "u1", "?", "c8", "U3", "S3", "M8[s]", "f2", ">i4", "O", "i4,f4", "V8")
    base = old if old is not None and chance.random() < 0.6 else np.ones(chance.choice(shapes))
    deed = chance.randrange(5)
    if deed == 0 and base.dtype.kind in "fiub":
        filled = np.array(base, copy=True)
        filled[...] = (
            chance.choice((0, 1, -1, 127)) if filled.dtype.kind in "iub" else chance.choice((np.nan, np.inf, -1e38, 1e30, 0.0, 5.0))
        )
        return filled
    if deed == 1:
        return np.zeros(chance.choice(shapes), chance.choice(kinds))
    if deed == 2:
        return base[: chance.randint(0, 3)] if np.ndim(base) else base
    if deed == 3 and base.dtype.kind in "fiub":
        return base.astype(chance.choice(kinds[:7]), order=chance.choice("CF"))
    return np.asarray(base).reshape(-1)[::-1]


def npz_like(arrays: Mapping[str, Any], chance: Random) -> bytes:
    """Arrays as an archive, packed in any way, now and then under other names or damaged."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(
        buffer, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    ) as archive:
        for name, array in arrays.items():
            inner = io.BytesIO()
            np.lib.format.write_array(inner, np.asanyarray(array), allow_pickle=True)
            data = inner.getvalue()
            archive.writestr(
                chance.choice((name + ".npy",) * 8 + (name, f"../{name}.npy")), bytes_like(data, chance) if chance.random() < 0.1 else data
            )
            if chance.random() < 0.01:
                archive.writestr(f"{name}2.npy", bytes(20_000_000))
    return buffer.getvalue()


def repacked(data: bytes, chance: Random) -> bytes:
    """A sound archive of torch's with damaged entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            content, chosen = old.read(info), chance.random()
            if info.filename.endswith("data.pkl"):
                content = bytes_like(content, chance, most=3)
            elif chosen < 0.02:
                continue
            elif chosen < 0.04:
                content = bytes_like(content, chance)
            new.writestr(info.filename, content)
    return buffer.getvalue()
