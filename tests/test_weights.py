"""CLIP weights by name: the table, what is imported under which name, and the commands."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import torch
from safetensors.torch import save_file
from sample_clip import TINY_RESNET, TINY_VIT, Clip, assert_is_tower, entry_of, open_clip_safetensors, tiny_clip
from weights_server import Server

from picasso_series import doctor
from picasso_series.cli.app import run
from picasso_series.encoders import weights, weights_table
from picasso_series.encoders.architectures import MODELS, Architecture
from picasso_series.encoders.fetching import fetch
from picasso_series.encoders.importing import import_file
from picasso_series.encoders.weights_table import CLIPASSO, TABLE, Entry, resolve
from picasso_series.errors import BadInputError, MissingError, UsageError

pytestmark = pytest.mark.usefixtures("online")


def test_the_table_is_well_formed() -> None:
    assert [entry.name for entry in TABLE[:2]] == list(CLIPASSO)
    for entry in TABLE:
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256), entry.name
        assert re.fullmatch(r"https://[\w./-]+\.(pt|pth|safetensors)", entry.url)
        assert re.fullmatch(r"(timm|laion)/[\w.-]+", entry.hub)
        assert entry.architecture == MODELS[entry.model]
        assert entry.architecture.kind == ("resnet" if entry.name.startswith("RN") else "vit")
        if entry.pretrained == "openai":
            # The whole hash stands in the address, and the mirror differs in the host alone.
            assert f"/{entry.sha256}/{entry.name}" in entry.url
            assert urlsplit(entry.mirror)[2:] == urlsplit(entry.url)[2:]
            assert urlsplit(entry.mirror).hostname != urlsplit(entry.url).hostname
            assert entry.bytes > 10**8
            assert (entry.name, entry.quick_gelu) == (entry.model, True)
        else:
            assert entry.name == f"{entry.model}/{entry.pretrained}"
            assert entry.pretrained in entry.url.lower().replace("-", "_")
            # The release has the hash's first digits in the files' names, and says there what has QuickGELU.
            assert "huggingface" in entry.url or entry.url.rpartition("-")[2].partition(".")[0] == entry.sha256[:8]
            assert "huggingface" in entry.url or entry.quick_gelu == ("quickgelu" in entry.url)
    for field in ("name", "url", "sha256", "hub", "stem"):
        assert len({getattr(entry, field) for entry in TABLE}) == len(TABLE), field


@pytest.mark.parametrize(
    ("name", "quick"),
    [
        ("ViT-B-32", True),
        ("ViT-B-32/laion400m_e32", True),
        ("ViT-B-32/laion2b_s34b_b79k", False),
        ("ViT-B-16/laion400m_e32", False),
        ("ViT-L-14/laion2b_s32b_b82k", False),
        ("ViT-L-14/metaclip_400m", True),
        ("ViT-H-14/metaclip_altogether", False),
        ("ViT-H-14-378/dfn5b", True),
        ("ViT-L-14/dfn2b_s39b", False),
        ("ViT-H-14-worldwide/metaclip2_worldwide", True),
        ("ViT-H-14-worldwide-378/metaclip2_worldwide", False),
        ("mine-quickgelu/x", True),
        ("mine/x", False),
    ],
)
def test_the_activation_is_that_of_the_training(name: str, quick: bool) -> None:
    assert resolve(name).quick_gelu is quick


def test_the_normalization_is_that_of_the_training() -> None:
    assert resolve("ViT-L-14/laion2b_s32b_b82k").normalization.mean == (0.5, 0.5, 0.5)
    for name in ("ViT-L-14", "ViT-L-14/laion400m_e32", "ViT-B-32/laion2b_s34b_b79k"):
        assert resolve(name).normalization.mean == (0.48145466, 0.4578275, 0.40821073)


def test_activations_and_normalizations_are_those_of_open_clips_table() -> None:
    table = pytest.importorskip("open_clip.pretrained")
    for model, tag in table.list_pretrained():
        if model in MODELS:
            config, entry = table.get_pretrained_cfg(model, tag), resolve(f"{model}/{tag}")
            quick = config.get("quick_gelu", False) or model.startswith("roberta")
            assert (entry.quick_gelu, entry.normalization.mean) == (quick, tuple(config["mean"])), (model, tag)
            assert entry.url in ("", config["url"]) or entry.hub == config["hf_hub"].rstrip("/")


def test_architectures_are_those_of_open_clips_models() -> None:
    open_clip = pytest.importorskip("open_clip")
    for name, shape in MODELS.items():
        config = open_clip.get_model_config(name)
        vision, layers = config["vision_cfg"], config["vision_cfg"]["layers"]
        depth = tuple(layers) if shape.kind == "resnet" else (layers,)
        found = (vision["width"], depth, vision["image_size"], config["embed_dim"], vision["patch_size"] or 0)
        assert found == (shape.width, shape.layers, shape.resolution, shape.dimension, shape.patch), name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("RN101", "RN101"),
        ("RN101/openai", "RN101"),
        ("RN101-quickgelu/openai", "RN101"),
        ("ViT-B/32", "ViT-B-32"),
        ("ViT-L/14@336px", "ViT-L-14-336"),
        ("ViT-B-32/laion2b_s34b_b79k", "ViT-B-32/laion2b_s34b_b79k"),
        ("RN50-quickgelu/yfcc15m", "RN50/yfcc15m"),
        ("ViT-H-14/laion2b_s32b_b79k", "ViT-H-14/laion2b_s32b_b79k"),
    ],
)
def test_names_in_every_form_mean_what_they_say(written: str, meant: str) -> None:
    assert resolve(written).name == meant
    assert resolve(resolve(written)) == resolve(written)


@pytest.mark.parametrize("name", ["RN102", "", "/", "../../etc/passwd", "a/b/c", "RN101/../x", "a/..", "ViT-B-32/\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        resolve(name)


def test_a_slip_of_the_pen_is_guessed() -> None:
    with pytest.raises(UsageError, match="did you mean RN101"):
        resolve("RN10")


@pytest.mark.parametrize("shape", [TINY_VIT, TINY_RESNET])
def test_an_architecture_is_read_off_the_shapes(shape: Architecture) -> None:
    tensors = tiny_clip(shape).visual.state_dict()
    assert Architecture.of({name: tuple(tensor.shape) for name, tensor in tensors.items()}) == shape
    assert Architecture.of({"conv1.weight": (1, 2, 3, 4)}) is None


# Importing


@pytest.fixture
def known(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A table with one small model in it."""
    entry = entry_of(archive, "https://example.invalid/tiny.pt")
    monkeypatch.setattr(weights_table, "TABLE", (entry,))
    return entry


def test_openais_own_file_is_recognized_by_its_hash(archive: Path, known: Entry, model: Clip) -> None:
    record = import_file(archive, known=[known])
    assert (record.name, record.verified, record.source) == ("tiny", True, "tiny.pt")
    assert_is_tower(weights.load_visual("tiny"), model)


def test_open_clips_file_is_recognized_by_its_shapes_and_not_called_verified(tmp_path: Path, known: Entry, model: Clip) -> None:
    record = import_file(open_clip_safetensors(tmp_path / "open_clip_model.safetensors", model), known=[known])
    assert (record.name, record.verified) == ("tiny", False)
    assert_is_tower(weights.load_visual("tiny"), model)


def test_the_same_tensors_make_the_same_file_whichever_way_they_came(archive: Path, tmp_path: Path, model: Clip, known: Entry) -> None:
    other = open_clip_safetensors(tmp_path / "open_clip_model.safetensors", model)
    assert len({import_file(file, name, [known]).sha256 for file, name in ((archive, "tiny"), (archive, None), (other, "tiny/x"))}) == 1


def test_another_training_of_the_same_shapes_has_to_be_named(tmp_path: Path, known: Entry) -> None:
    other = tiny_clip(half=False)
    path = open_clip_safetensors(tmp_path / "laion.safetensors", other)
    for name in (None, "tiny"):
        with pytest.raises(BadInputError, match="--name tiny/PRETRAINED"):
            import_file(path, name, known=[known])
    assert weights.cached() == []
    assert import_file(path, "tiny/laion", known=[known]).name == "tiny/laion"
    assert_is_tower(weights.load_visual("tiny/laion"), other)
    assert weights.find("tiny") is None


def test_a_hash_tells_more_than_shapes(tmp_path: Path, known: Entry) -> None:
    path = open_clip_safetensors(tmp_path / "laion.safetensors", tiny_clip(seed=1, half=False))
    other = replace(entry_of(path, "https://example.invalid/laion.pt"), name="tiny/laion", pretrained="laion")
    record = import_file(path, known=[known, other])
    assert (record.name, record.verified) == ("tiny/laion", True)


@pytest.mark.parametrize(
    "more",
    [
        {"visual.attn_pool.query": (4, 64)},  # CoCa's
        {"visual.transformer.resblocks.0.ls_1.gamma": (64,)},  # layer scale
        {"visual.proj": (32, 6)},
        {"visual.ln_pre.weight": None},  # CLIPA's
    ],
    ids=str,
)
def test_a_tower_of_another_kind_is_refused_before_it_is_kept(tmp_path: Path, model: Clip, more: dict[str, tuple[int, ...] | None]) -> None:
    state = dict(model.state_dict())
    for name, shape in more.items():
        if shape is None:
            del state[name]
        else:
            state[name] = torch.zeros(shape)
    save_file(state, tmp_path / "other.safetensors")
    with pytest.raises(BadInputError, match=r"other\.safetensors cannot be used: .* not those of a CLIP image tower") as caught:
        import_file(tmp_path / "other.safetensors", "some/thing")
    assert "\n" not in str(caught.value)
    assert weights.cached() == []


def test_a_file_is_not_taken_for_what_it_is_not(tmp_path: Path, archive: Path, known: Entry) -> None:
    with pytest.raises(BadInputError, match="does not hold tiny/laion"):
        import_file(archive, "tiny/laion", known=[known])
    path = open_clip_safetensors(tmp_path / "resnet.safetensors", tiny_clip(TINY_RESNET))
    with pytest.raises(BadInputError, match="does not hold tiny"):
        import_file(path, "tiny", known=[known])
    with pytest.raises(BadInputError, match="--name"):
        import_file(path, known=[known])
    with pytest.raises(BadInputError, match="cannot be read"):
        import_file(tmp_path / "nowhere.pt")
    with pytest.raises(BadInputError, match="cannot be read"):
        import_file(tmp_path)
    assert weights.cached() == []


def test_what_is_not_in_the_table_cannot_be_fetched_and_says_so() -> None:
    with pytest.raises(MissingError, match="weights import FILE"):
        fetch("ViT-B-32/datacomp_xl_s13b_b90k")
    for function in (weights.verify, weights.load_visual):
        with pytest.raises(MissingError, match="weights fetch RN101"):
            function("RN101")


def test_a_damaged_tower_is_told_when_it_is_loaded(archive: Path, known: Entry, cache_folder: Path) -> None:
    import_file(archive, known=[known])
    (cache_folder / "tiny.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadInputError, match="damaged"):
        weights.load_visual("tiny")


def test_without_the_variable_the_cache_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PICASSO_SERIES_CACHE")
    assert weights.cache_folder().parts[-2:] == ("picasso-series", "weights") or os.name == "nt"


# The command


def test_fetch_on_the_command_line_says_how_far_it_is(
    entry: Entry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache_folder: Path
) -> None:
    monkeypatch.setattr(weights_table, "TABLE", (entry,))
    for terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        assert run(["weights", "fetch", "tiny"]) == 0
        output = capsys.readouterr()
        assert output.out == f"{cache_folder / 'tiny.safetensors'}\n"
        assert "tiny" in output.err
        (cache_folder / "tiny.json").unlink()


def test_no_network_on_the_command_line_is_one_sentence_and_4(
    entry: Entry, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.status = 404
    monkeypatch.setattr(weights_table, "TABLE", (entry,))
    assert run(["weights", "fetch", "tiny"]) == 4
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_verify_on_the_command_line_names_what_is_damaged(
    archive: Path, cache_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["weights", "verify"]) == 0
    assert "no weights" in capsys.readouterr().out
    assert run(["weights", "import", str(archive), "--name", "tiny/one"]) == 0
    assert run(["weights", "import", str(archive), "--name", "tiny/two"]) == 0
    assert run(["weights", "verify"]) == 0
    assert run(["weights", "list"]) == 0
    assert "tiny/two" in capsys.readouterr().out
    (cache_folder / "tiny.two.safetensors").write_bytes(b"nothing")
    assert run(["weights", "verify"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "tiny/two are damaged" in output.err
    assert "tiny/one" not in output.err


# The doctor


def test_the_doctor_tells_what_there_is_of_clip(archive: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = doctor.check_clip()
    assert finding.status is doctor.Status.OPTIONAL
    assert finding.mend == "picasso-series weights fetch"
    monkeypatch.setattr(weights_table, "CLIPASSO", ("tiny/one",))
    import_file(archive, "tiny/one")
    assert doctor.check_clip().status is doctor.Status.OK
    (cache_folder / "tiny.one.safetensors").write_bytes(b"nothing")
    assert doctor.check_clip().status is doctor.Status.WARNING
