"""Writes the trained net as the encoder's weights.

    python -m tools.structure_net.export WORK [--to FILE]

The running average of the weights is what is exported, batch normalization folded in, in half precision. Any checkpoint will do, so that
a run can be looked at before its end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from tools.structure_net.net import Net, fold

SHIPPED = Path(__file__).parents[2] / "picasso_series" / "encoders" / "structure.npz"


def main() -> None:
    """Read ``WORK/checkpoint.pt`` and write an ``.npz`` file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder that train has written to")
    parser.add_argument("--to", type=Path, default=SHIPPED, help="the file to write; the package's own by default")
    options = parser.parse_args()
    stored = torch.load(options.work / "checkpoint.pt", weights_only=True)
    net = Net()
    net.load_state_dict(stored["mean"])
    arrays = {name: value.contiguous().numpy().astype(np.float16) for name, value in fold(net.eval()).items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise SystemExit("a weight is too large for half precision")
    np.savez_compressed(options.to, **arrays)  # type: ignore[arg-type] # its stubs take an array's name for one of its options
    weights = sum(array.size for array in arrays.values())
    print(f"step {stored['step']}: {weights} weights, {options.to.stat().st_size} bytes in {options.to}")


if __name__ == "__main__":
    main()
