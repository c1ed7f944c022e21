"""Cuts subjects out with rembg, where the user has installed it and one of its models.

Knows where rembg keeps its models and how it is asked; nothing is ever downloaded here, so that a machine without a network never waits.
Knows nothing of photos' alpha, of backdrops and of the canvas.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picasso_series.strokes import FloatArray

MODELS = {"isnet-general-use": "dis_custom", "u2net": "u2net_custom", "silueta": "u2net_custom", "u2netp": "u2net_custom"}
"""rembg's models for things of any kind, the best first, and the kind of session that reads such a model from a given file."""

_log = logging.getLogger(__name__)


class Cutter(Protocol):
    """Something that cuts out the subject of any photo."""

    @property
    def name(self) -> str:
        """What the mask's source is called in a manifest."""
        ...

    def __call__(self, rgb: NDArray[np.uint8]) -> FloatArray | None:
        """The mask of a photo (H, W, 3): float32 (H, W) in [0, 1], or None when it cannot be had, which is logged."""
        ...


@dataclass(frozen=True)
class Rembg:
    """The mask that one of rembg's models gives, read from ``file``."""

    model: str
    file: Path
    name: str = "rembg"

    def __call__(self, rgb: NDArray[np.uint8]) -> FloatArray | None:
        """See :class:`Cutter`."""
        try:
            from rembg import new_session, remove

            # A session by the model's own name may fetch it anew; one by its file never does.
            session = new_session(MODELS[self.model], model_path=str(self.file))
            mask = remove(Image.fromarray(rgb), session=session, only_mask=True)
        # Whatever may be wrong inside rembg or its runtime (it even ends the program when that is missing) is no reason not to draw.
        except (Exception, SystemExit) as error:
            _log.warning("rembg failed (%s), so the embedded encoder finds the subject", str(error).splitlines()[0] if str(error) else "?")
            return None
        sized = mask.convert("L").resize(rgb.shape[1::-1], Image.Resampling.BICUBIC)
        return np.asarray(np.asarray(sized, np.float32) / 255, np.float32)


def find_cutter() -> Cutter | None:
    """The cutter of this machine: rembg where it is installed and has one of :data:`MODELS`, else None."""
    if importlib.util.find_spec("rembg") is None:
        return None
    for model in MODELS:
        for folder in _folders(model):
            file = folder / f"{model}.onnx"
            if file.is_file():
                return Rembg(model, file)
    _log.warning("rembg has no model here (rembg d u2net fetches one), so the embedded encoder finds the subject")
    return None


def _folders(model: str) -> list[Path]:
    """Where rembg's versions keep a model."""
    data = os.environ.get("XDG_DATA_HOME", "~")
    home = os.environ.get("REMBG_HOME", os.path.join(data, ".rembg" if data == "~" else "rembg"))
    own = os.environ.get("U2NET_HOME")
    roots = [own] if own else [home, os.path.join(data, ".u2net")]
    return [folder for root in roots for folder in (Path(root).expanduser() / "models" / model, Path(root).expanduser())]
