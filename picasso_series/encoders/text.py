"""CLIP's text tower, frozen: a transformer whose tokens see those before them, read at the end of the text.

Made from what OpenAI's state dict holds beside its image tower (Radford et al., "Learning transferable visual models from natural
language supervision", 2021, section 2.4); every size is read off the tensors. Only those who name what they see need it: drawing never
loads it. Knows numbers of tokens; knows no words and no files.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from picasso_series.encoders.blocks import NORM_EPSILON, State, depth_of, folded_blocks, run_block
from picasso_series.errors import BadInputError


class TextTower:
    """Texts as vectors in the space of the same model's pictures; ``context`` tokens at most."""

    def __init__(self, state: State, device: str = "cpu", *, quick_gelu: bool = True) -> None:
        """Use the tensors by open_clip's names; ``quick_gelu`` as in :func:`~picasso_series.encoders.towers.make_tower`.

        Raises:
            BadInputError: the tensors are not those of a text tower.
        """
        try:
            weights = folded_blocks(state)
            # The words are most of the tower: they stay in the numbers that they came in, and only those of a text are converted.
            weights["words"], weights["positions"] = state["token_embedding.weight"], state["positional_embedding"].float()
            final = state["text_projection"].float().T
            weights["proj.weight"], weights["proj.bias"] = final * state["ln_final.weight"].float(), final @ state["ln_final.bias"].float()
            if weights["words"].shape[1] != weights["positions"].shape[1]:
                raise ValueError("words and places differ in their channels")
        except (KeyError, IndexError, ValueError, RuntimeError) as error:
            raise BadInputError(f"these weights are not those of a CLIP text tower ({error}); fetch or import them again") from error
        self._weights = {name: value.to(device) for name, value in weights.items()}
        self._depth, self._quick_gelu, self._device = depth_of(state), quick_gelu, device
        self.context = len(weights["positions"])

    @torch.no_grad()
    def embedding(self, tokens: Tensor) -> Tensor:
        """Embeddings (B, D) in float32, of any length, of tokens (B, ``context``); a text is read at its largest number, its end."""
        w = self._weights
        ends = tokens.argmax(1)
        # No token sees those after it: what follows the longest text's end need not be computed.
        seen = tokens[:, : int(ends.max()) + 1].to(self._device)
        x = w["words"][seen].float() + w["positions"][: seen.shape[1]]
        for index in range(self._depth):
            x, _ = run_block(w, index, x, quick_gelu=self._quick_gelu, causal=True)
        last = x[torch.arange(len(x)), ends]
        return F.linear(F.layer_norm(last, last.shape[1:], eps=NORM_EPSILON), w["proj.weight"], w["proj.bias"])
