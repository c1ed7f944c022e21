"""Writes the trained net as the encoder's weights.

    python -m tools.structure_net.export DATA WORK [--to FILE]

The running average of the weights is what is exported, a third of the way back to what it was before the last round: marks of eyes are
better so, and masks as good. Batch normalization is folded in, the judgments of what has a face and of which
lines are telling are fitted, and all is written in half precision. Any of train's checkpoints will do, so that a run can be looked at
before its end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from picasso_series.encoders.structure import StructureEncoder
from tools.structure_net.alive import fit_alive
from tools.structure_net.faces import load_faces
from tools.structure_net.net import Net, fold
from tools.structure_net.telling import fit_telling

SHIPPED = Path(__file__).parents[2] / "picasso_series" / "encoders" / "structure.npz"


BACK = 1 / 3
"""How far what is exported lies on the way back to the weights before the last round."""


def main() -> None:
    """Read ``WORK/checkpoint.pt`` and write an ``.npz`` file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the archives")
    parser.add_argument("work", type=Path, help="folder that train has written to")
    parser.add_argument("--to", type=Path, default=SHIPPED, help="the file to write; the package's own by default")
    options = parser.parse_args()
    stored = torch.load(options.work / "checkpoint.pt", weights_only=True)
    net = Net().eval()
    mean = stored["mean"]
    for name, value in stored["before"].items():
        if value.is_floating_point():
            mean[name].lerp_(value, BACK)
    net.load_state_dict(mean)
    weights = fold(net)
    finder = StructureEncoder(weights, "")
    faces = load_faces(options.work, held_out=False).cut_out(finder.saliency)
    fitted = fit_alive(net, faces) | fit_telling(net, finder, options.data)
    arrays = {name: value.contiguous().numpy().astype(np.float16) for name, value in (weights | fitted).items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise SystemExit("a weight is too large for half precision")
    np.savez_compressed(options.to, **arrays)  # type: ignore[arg-type] # its stubs take an array's name for one of its options
    count = sum(array.size for array in arrays.values())
    print(f"step {stored['step']}: {count} weights, {options.to.stat().st_size} bytes in {options.to}")


if __name__ == "__main__":
    main()
