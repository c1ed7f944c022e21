"""On an accelerator an iteration never waits for the device, and all that it takes lies there.

Torch's device "meta" stands in for the accelerator: its tensors have shapes but no numbers, so that whatever would ask for a number
fails, on any machine. :class:`Watch` fails on the rest: what is sent to the device, and tensors of two devices in one operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from plain_clip import residual_state, transformer_state
from sample_subjects import face
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from picasso_series import drawing as drawing_module
from picasso_series.critic import Critic
from picasso_series.drawing import LevelDrawing
from picasso_series.encoders import Encoder
from picasso_series.encoders.clip import ClipEncoder
from picasso_series.encoders.structure import StructureEncoder
from picasso_series.encoders.towers import make_tower
from picasso_series.encoders.weights_table import resolve
from picasso_series.events import Step
from picasso_series.lines import trace_lines
from picasso_series.motif import Motif
from picasso_series.optimize import Moment, optimize, record_at
from picasso_series.raster.dense import DenseRasterizer
from picasso_series.raster.soft import SoftRasterizer
from picasso_series.series import look_at
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS
from picasso_series.studio import Studio

MAKERS = ((torch, "tensor"), (torch, "as_tensor"), (torch, "from_numpy"), (Tensor, "new_tensor"))
"""What makes tensors of the host's numbers; asked for on a device, they are sent there while the host waits."""


class Watch(TorchDispatchMode):
    """Fails on whatever would make the host wait for ``device``, and on operations that take tensors from elsewhere too."""

    def __init__(self, device: str = "meta") -> None:
        super().__init__()
        self._device, self._before = device, {}

    def __enter__(self) -> Watch:
        for place, name in MAKERS:
            self._before[name] = getattr(place, name)
            setattr(place, name, self._refuse(name))
        return super().__enter__()  # type: ignore[no-any-return]

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        for place, name in MAKERS:
            setattr(place, name, self._before[name])

    @staticmethod
    def _refuse(name: str) -> Callable[..., Any]:
        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise AssertionError(f"{name} sends the host's numbers to the device")

        return refuse

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        # An index made of a list is a tensor that was sent to the device, which shows nowhere else.
        assert func.overloadpacket not in (torch.ops.aten.index, torch.ops.aten.index_put, torch.ops.aten.index_put_), func
        result = func(*args, **kwargs)
        taken = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        given = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        # A tensor without dimensions may stay with the host: it goes along with the operation.
        elsewhere = [leaf for leaf in taken if leaf.device.type != self._device and leaf.dim()]
        here = any(leaf.device.type == self._device for leaf in (*taken, *given))
        assert not (here and elsewhere), f"{func} takes {[tuple(leaf.shape) for leaf in elsewhere]} from the host"
        moved = func.overloadpacket is torch.ops.aten._to_copy and taken[0].device != given[0].device
        assert not moved, f"{func} moves {tuple(taken[0].shape)}"
        return result


@pytest.fixture(autouse=True)
def _no_tensor_without_numbers_stays_in_a_cache() -> Iterator[None]:
    yield
    for module in ("linework", "objective"):
        for value in vars(__import__(f"picasso_series.{module}", fromlist=[""])).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def clip(kind: str, device: str) -> ClipEncoder:
    state = residual_state() if kind == "residual" else transformer_state()
    return ClipEncoder(resolve("RN101"), make_tower(state, device), "", device)


ENCODERS: dict[str, Callable[[str], Encoder]] = {
    "structure": StructureEncoder.load,
    "residual": lambda device: clip("residual", device),
    "transformer": lambda device: clip("transformer", device),
}
LIKE_CLIPASSO = {"line_weight": 0.0, "start": "saliency", "schedule": "constant", "joins": False, "rivals": 0}


def studio_on(device: str, encoder: Encoder) -> Studio:
    kind = SoftRasterizer if device == "cpu" else DenseRasterizer
    embedded = StructureEncoder.load(device)
    return Studio(encoder, embedded, kind(), kind(size=CANVAS // 2), device, 1, embedded.saliency, embedded.faces, embedded.telling)


def drawing_on(device: str, kind: str, **more: Any) -> LevelDrawing:
    settings = Settings(levels=(8,), seeds=3, **more)
    studio = studio_on(device, ENCODERS[kind](device))
    return LevelDrawing(face(), look_at(face(), settings, studio), trace_lines(face()), settings, studio, 0, None)


def drawings(device: str, count: int = 3) -> Tensor:
    """Some drawings (count, 8, 4, 2) in canvas pixels."""
    return torch.as_tensor(np.random.default_rng(0).uniform(20, 200, (count, 8, 4, 2)), dtype=torch.float32, device=device)


@pytest.mark.parametrize(("kind", "options"), [("structure", {}), ("residual", LIKE_CLIPASSO), ("transformer", {})])
def test_iterations_wait_for_nothing(kind: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop of a level as it runs, its finalists side by side; it fetches numbers for recorded rows and checkpoints alone."""
    steps, every, waits = 14, 6, []
    monkeypatch.setattr(drawing_module, "CHECKPOINT_EVERY", every)
    drawing = drawing_on("meta", kind, iterations=(steps,), **options)
    row = drawing_module._Row(0, np.zeros((2, 8, 4, 2), np.float32), np.zeros(2, np.float32))
    start = drawing_module._Start("given", drawings("meta")[0], None)
    monkeypatch.setattr(drawing, "_starts", lambda: [start] * 2)
    monkeypatch.setattr(drawing, "_row", lambda moment: waits.append(moment.iteration) or row)
    monkeypatch.setattr(drawing, "_save", lambda starts, moment, schedule, rows, seconds: waits.append(moment.iteration))
    reached, events = 0, drawing.run(None)
    for event in events:
        if isinstance(event, Step) and event.phase == "optimize":
            reached = event.iteration
            # The first step also takes its start to the device.
            break
    with Watch():
        while reached < steps:
            event = next(events)
            reached = event.iteration if isinstance(event, Step) else reached
    asked = {i for i in range(1, steps + 1) if record_at(i, steps)} | set(range(0, steps, every))
    assert set(waits) == asked
    assert set(waits) < set(range(steps + 1))


@pytest.mark.parametrize("kind", ENCODERS)
def test_judging_waits_for_nothing_until_its_verdict_is_read(kind: str) -> None:
    settings = Settings(levels=(8,))
    studio = studio_on("meta", ENCODERS[kind]("meta"))
    critic = Critic(look_at(face(), settings, studio), Motif(8, trace_lines(face())), settings, studio)
    points = drawings("meta")
    critic.judge(points)
    with Watch():
        losses = critic.judge(points)
        critic.judge_small(torch.ones(5, 112, 112, device="meta"))
        critic.relax(points[0])
    assert {tuple(loss.shape) for loss in losses.values()} == {(3,)}


def test_seeds_go_through_encoder_and_rasterizer_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, list[int]] = {"rendered": [], "looked at": []}
    for place, name, what in ((DenseRasterizer, "render", "rendered"), (StructureEncoder, "features", "looked at")):
        before = getattr(place, name)

        def watched(self: Any, batch: Tensor, *args: Any, _before: Any = before, _what: str = what, **more: Any) -> Any:
            seen[_what].append(len(batch))
            return _before(self, batch, *args, **more)

        monkeypatch.setattr(place, name, watched)
    drawing = drawing_on("meta", "structure", iterations=(2,))
    schedule, points = drawing._schedule(2), drawings("meta")
    seen["looked at"].clear()
    for _ in optimize(Moment.start(points), lambda p, i: drawing._critic.cost(p, i, schedule, points), schedule):
        pass
    assert seen == {"rendered": [3, 3], "looked at": [3, 3]}


# The watch sees what it is for


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: x.sum().item(),
        lambda x: x.cpu(),
        lambda x: x.nonzero(),
        lambda x: x[x > 0],
        lambda x: x[[0, 1]],
        lambda x: bool((x > 0).any()),
        lambda x: x.tolist(),
        lambda x: x + torch.ones(2),
        lambda x: torch.ones(2).to(x),
        lambda x: torch.tensor([1.0, 2.0], device=x.device) * x,
        lambda x: torch.as_tensor(np.ones(2), device=x.device) * x,
        lambda x: SoftRasterizer().render(x.expand(1, 1, 4, 2)),
    ],
)
def test_the_watch_fails_where_the_host_would_wait(wait: Callable[[Tensor], Any]) -> None:
    x = torch.rand(2, device="meta")
    with Watch(), pytest.raises((AssertionError, RuntimeError, NotImplementedError)):
        wait(x)
    assert torch.tensor([1.0]).item() == 1


# Where there is a graphics processor


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kind", ENCODERS)
def test_cuda_iterates_as_the_cpu_does_and_waits_for_nothing(kind: str) -> None:
    found = []
    for device in ("cpu", "cuda"):
        drawing = drawing_on(device, kind, iterations=(12,))
        schedule, points = drawing._schedule(12), drawings(device)
        moments = optimize(Moment.start(points), lambda p, i, d=drawing, s=schedule, f=points: d._critic.cost(p, i, s, f), schedule)
        moment = next(moments)
        mode = torch.cuda.get_sync_debug_mode() if device == "cuda" else 0
        try:
            if device == "cuda":
                torch.cuda.set_sync_debug_mode("error")
            *_, moment = moments
        finally:
            if device == "cuda":
                torch.cuda.set_sync_debug_mode(mode)
        found.append((moment.points.cpu(), drawing._critic.judge(moment.points)["total"].cpu()))
    # Adam takes whole steps along slopes of nothing but rounding: points may differ where the loss does not care.
    assert float((found[0][0] - found[1][0]).abs().median()) < 0.05
    torch.testing.assert_close(found[1][1], found[0][1], rtol=0.01, atol=1e-3)
