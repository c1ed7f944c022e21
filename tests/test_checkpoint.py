"""Reading weights files made elsewhere: every layout alike, and nothing that they contain is run."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from sample_clip import TINY_RESNET, TINY_VIT, Clip, assert_is_tower, open_clip_safetensors, openai_archive, tiny_clip, traced_archive

from picasso_series.encoders import weights
from picasso_series.encoders.architectures import Architecture
from picasso_series.encoders.checkpoint import read_visual
from picasso_series.encoders.importing import import_file
from picasso_series.encoders.towers import make_tower
from picasso_series.errors import BadInputError


@pytest.mark.parametrize("shape", [TINY_VIT, TINY_RESNET])
def test_every_layout_gives_the_same_tower(tmp_path: Path, shape: Architecture) -> None:
    model = tiny_clip(shape)
    files = [
        openai_archive(tmp_path / "a.pt", model),
        traced_archive(tmp_path / "traced.pt", model),
        open_clip_safetensors(tmp_path / "b.safetensors", model),
    ]
    torch.save(model.state_dict(), tmp_path / "c.bin")
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in model.state_dict().items()}}, tmp_path / "d.pt")
    save_file(model.visual.state_dict(), tmp_path / "e.safetensors")
    for path in [*files, tmp_path / "c.bin", tmp_path / "d.pt", tmp_path / "e.safetensors"]:
        assert_is_tower(read_visual(path), model)


@pytest.mark.parametrize("shape", [TINY_VIT, TINY_RESNET])
@pytest.mark.parametrize("write", [openai_archive, traced_archive])
def test_the_tower_of_an_archive_sees_what_the_archived_model_sees(
    tmp_path: Path, shape: Architecture, write: Callable[[Path, Clip], Path]
) -> None:
    model = tiny_clip(shape)
    tower = make_tower(read_visual(write(tmp_path / "model.pt", model)))
    assert tower.resolution == shape.resolution
    pictures = torch.randn(2, 3, shape.resolution, shape.resolution, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        torch.testing.assert_close(tower.features(pictures).embedding, model.visual(pictures), rtol=1e-4, atol=1e-5)


def test_of_the_text_tower_nothing_is_read(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = zipfile.ZipFile.read
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda self, name: read.append(name.filename) or whole(self, name))
    tower = read_visual(archive)
    assert len([name for name in read if "/data/" in name]) == len(tower)
    assert not [name for name in read if "/code/" in name]


def test_tensors_that_share_numbers_or_lie_askew_are_read_right(tmp_path: Path) -> None:
    model = tiny_clip()
    state = OrderedDict(model.state_dict())
    pool = torch.randn(200)
    state["visual.conv1.weight"] = pool[7 : 7 + 96].view(4, 3, 2, 4).transpose(0, 2)
    state["visual.proj"] = pool[50:98].view(6, 8).t()
    torch.save(state, tmp_path / "views.pt")
    tower = read_visual(tmp_path / "views.pt")
    for name in ("conv1.weight", "proj"):
        torch.testing.assert_close(tower[name], state[f"visual.{name}"], rtol=0, atol=0)
        assert tower[name].is_contiguous()


def test_numbers_that_many_tensors_share_are_read_once_and_not_copied_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = torch.randn(100_000)
    shared = {f"visual.{number}": pool for number in range(100)}
    torch.save({"visual.conv1.weight": torch.ones(2, 2), **shared}, tmp_path / "whole.pt")
    with pytest.raises(BadInputError, match="larger together than the file"):
        read_visual(tmp_path / "whole.pt")

    read: list[str] = []
    whole = zipfile.ZipFile.read
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda self, name: read.append(name.filename) or whole(self, name))
    parts = {name: pool[number : number + 10] for number, name in enumerate(shared)}
    torch.save({"visual.conv1.weight": torch.ones(2, 2), **parts}, tmp_path / "parts.pt")
    tower = read_visual(tmp_path / "parts.pt")
    assert len([name for name in read if "/data/" in name]) == 2
    assert list(tower) == ["conv1.weight", *(str(number) for number in range(100))]
    for name, part in parts.items():
        assert torch.equal(tower[name.removeprefix("visual.")], part)
    assert sum(tensor.untyped_storage().nbytes() for tensor in tower.values()) == 4 * (4 + 100 * 10)


class _Evil:
    def __init__(self, call: object, *args: object) -> None:
        self.reduced = (call, args)

    def __reduce__(self) -> object:
        return self.reduced


def poisoned(path: Path, source: Path, data: bytes) -> Path:
    """The archive ``source`` with another ``data.pkl``."""
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(path, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, data if name.endswith("/data.pkl") else whole.read(name))
    return path


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("call", ["system", "eval", "getattr"])
def test_a_pickle_that_would_run_code_is_refused_and_not_run(tmp_path: Path, archive: Path, call: str, protocol: int) -> None:
    mark = tmp_path / "it ran"
    evil = {
        "system": _Evil(os.system, f"touch '{mark}'"),
        "eval": _Evil(eval, f"open({str(mark)!r}, 'w')"),
        "getattr": _Evil(getattr, OrderedDict, "fromkeys"),
    }[call]
    path = poisoned(tmp_path / "evil.pt", archive, pickle.dumps({"visual": evil}, protocol=protocol))
    with pytest.raises(BadInputError, match="could run code") as caught:
        import_file(path, "tiny/openai")
    assert "\n" not in str(caught.value)
    assert not mark.exists()
    assert weights.cached() == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        pickle.dumps([1, 2], 2),
        # BUILD on a function that the pickle may call: nothing of ours can be changed.
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00ak\x88sb.".replace(b"k\x88", b"\x88"),
        b"\x80\x02c__torch__\nX\n}X\x01\x00\x00\x00a\x88sb.",
        b"\x80\x02X\x01\x00\x00\x00aQ.",
        b"\x80\x02K\x05Q.",
    ],
)
def test_a_damaged_pickle_is_refused_in_one_sentence(tmp_path: Path, archive: Path, data: bytes) -> None:
    with pytest.raises(BadInputError) as caught:
        read_visual(poisoned(tmp_path / "bad.pt", archive, data))
    assert "\n" not in str(caught.value)


def described(path: Path, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Path:
    """An archive with one tensor of 200 numbers, described as it is asked for."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: object) -> object:
            return ("storage", torch.FloatStorage, "0", "cpu", 200) if thing == "numbers" else None

    buffer = io.BytesIO()
    record = _Evil(torch._utils._rebuild_tensor_v2, "numbers", offset, size, stride, False, OrderedDict())
    Pickler(buffer, 2).dump({"visual.conv1.weight": record})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("far/data.pkl", buffer.getvalue())
        archive.writestr("far/data/0", torch.arange(200.0).numpy().tobytes())
    return path


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [
        ((10**9, 10**9), (0, 0), 0),
        ((200,), (1,), 150),
        ((150,), (2,), 0),
        ((2,), (-1,), 0),
        ((2,), (1,), -1),
        ((2, 2), (1,), 0),
        ((0,), (1,), 0),
    ],
)
def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(
    tmp_path: Path, size: tuple[int, ...], stride: tuple[int, ...], offset: int
) -> None:
    fine = read_visual(described(tmp_path / "near.pt", (50, 2), (4, 1), 2))["conv1.weight"]
    assert fine[-1].tolist() == [198.0, 199.0]
    with pytest.raises(BadInputError, match="damaged"):
        read_visual(described(tmp_path / "far.pt", size, stride, offset))


def test_any_cut_of_a_file_is_noticed(tmp_path: Path, archive: Path, model: Clip) -> None:
    for whole in (archive, open_clip_safetensors(tmp_path / "whole.safetensors", model)):
        data = whole.read_bytes()
        for length in (0, 1, 8, 9, 100, len(data) // 2, len(data) - 1):
            (tmp_path / "cut.bin").write_bytes(data[:length])
            with pytest.raises(BadInputError):
                read_visual(tmp_path / "cut.bin")


def test_what_is_no_tower_or_not_finite_is_refused(tmp_path: Path, model: Clip) -> None:
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(BadInputError, match="no image tower"):
        read_visual(tmp_path / "other.safetensors")
    state = model.state_dict()
    state["visual.proj"][0, 0] = float("nan")
    save_file(state, tmp_path / "nan.safetensors")
    with pytest.raises(BadInputError, match="not finite"):
        read_visual(tmp_path / "nan.safetensors")
