"""Settings: ranges, text forms, presets, and which source wins."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from picasso_series.errors import BadInputError, UsageError
from picasso_series.presets import load_preset, preset_names, resolve
from picasso_series.settings import CLIP_OWN, FORMATS, SETTING_NAMES, Settings, parse_overlay, parse_setting, setting_text, size_pixels

levels_lists = st.lists(st.integers(1, 256), min_size=1, max_size=8, unique=True).map(lambda counts: tuple(sorted(counts, reverse=True)))


@given(levels_lists)
def test_any_strictly_decreasing_levels_survive_their_text_form(levels: tuple[int, ...]) -> None:
    assert parse_setting("levels", setting_text(levels)) == levels
    assert Settings(levels=levels).levels == levels


@given(st.lists(st.integers(-5, 300), min_size=1, max_size=6))
def test_levels_are_taken_exactly_when_they_fall_within_their_range(counts: list[int]) -> None:
    good = all(1 <= count <= 256 for count in counts) and all(a > b for a, b in zip(counts, counts[1:], strict=False))
    if good:
        Settings(levels=tuple(counts))
    else:
        with pytest.raises(UsageError):
            Settings(levels=tuple(counts))


@pytest.mark.parametrize("text", ["4,8", "0", "a", "", "300", "8,8", "8,,4", "8;4", "4.5", "-4", "8,4,", " ", "1e2", "٤"])
def test_levels_that_make_no_sense_are_told_in_one_sentence_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as error:
        resolve({"levels": text})
    assert "levels" in str(error.value)
    assert "\n" not in str(error.value)
    assert "32,16,8,4" in str(error.value) or "8,4" in str(error.value) or "write 8 " in str(error.value)


def test_levels_that_rise_are_answered_with_the_right_order() -> None:
    with pytest.raises(UsageError, match="write 16,8,4 in place of 4,8,16"):
        Settings(levels=(4, 8, 16))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("encoder", "clipp"),
        ("encoder", "clip:"),
        ("rasterizer", "cairo"),
        ("device", "gpu"),
        ("seed", -1),
        ("seeds", 0),
        ("iterations", (0,)),
        ("iterations", (5, 5)),
        ("mask", ""),
        ("mask", "a\0b"),
        ("size", "big"),
        ("formats", ()),
        ("formats", ("mp4", "mp4")),
        ("formats", ("avi",)),
        ("start", "middle"),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("schedule", "step"),
        ("line_weight", -0.1),
        ("layer_weight", float("inf")),
        ("rivals", -1),
        ("finalists", 0),
        ("draws", 3),
        ("beta2", 1.0),
        ("converged", -0.1),
        ("keep", "first"),
        ("balance", "clip"),
        ("clip", "iterations"),
        ("clip", "rivals=1 rivals=2"),
        ("clip", "levels=4,2"),
        ("clip", "clip=x"),
        ("clip", "draws=3"),
        ("clip", "iterations=5,5"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=name):
        Settings(**{name: value})  # type: ignore[arg-type]


def test_steps_that_never_shrink_never_converge() -> None:
    with pytest.raises(UsageError, match="cosine"):
        Settings(schedule="constant", converged=0.01)


def test_an_objective_without_any_part_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing to draw for"):
        Settings(line_weight=0, layer_weight=0, embedding_weight=0)


def test_iterations_are_one_number_for_all_or_one_a_level() -> None:
    assert [Settings(iterations=(9,)).iterations_at(i) for i in range(4)] == [9, 9, 9, 9]
    assert [Settings(levels=(3, 2), iterations=(9, 5)).iterations_at(i) for i in range(2)] == [9, 5]


@given(st.integers(32, 4096), st.integers(32, 4096))
def test_any_even_size_is_taken_as_it_is(half_width: int, half_height: int) -> None:
    assert size_pixels(f"{2 * half_width}x{2 * half_height}") == (2 * half_width, 2 * half_height)


@pytest.mark.parametrize("size", ["1081x1080", "1080x1081", "0x0", "62x64", "8194x64", "1080", "x", "-2x4", "1080x1080x3", " 64x64", ""])
def test_a_size_that_no_film_can_have_is_refused(size: str) -> None:
    with pytest.raises(UsageError, match="size takes"):
        size_pixels(size)


def test_named_sizes_are_even() -> None:
    assert size_pixels("square") == (1080, 1080)
    assert all(side % 2 == 0 for name in ("square", "portrait", "story") for side in size_pixels(name))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", True),
        ("seed", 1.5),
        ("levels", [8, 4.5]),
        ("levels", [True]),
        ("joins", 1),
        ("joins", "perhaps"),
        ("encoder", 3),
        ("learning_rate", "x"),
    ],
)
def test_a_value_of_another_kind_is_never_guessed_at(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=name):
        parse_setting(name, value)


def test_numpys_numbers_are_numbers() -> None:
    settings = resolve({"levels": tuple(np.array([8, 4])), "learning_rate": np.float32(0.5)}).settings
    assert settings.levels == (8, 4)
    assert all(type(count) is int for count in settings.levels)
    assert settings.learning_rate == 0.5


@pytest.mark.parametrize("name", SETTING_NAMES)
def test_every_default_survives_its_text_form(name: str) -> None:
    default = getattr(Settings(), name)
    assert parse_setting(name, setting_text(default)) == default


def test_the_order_of_sources_is_flag_env_file_preset_default(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("seed = 1\nseeds = 1\nrivals = 1\niterations = 11\n")
    (tmp_path / "picasso-series.toml").write_text("seed = 2\nseeds = 2\nrivals = 2\n")
    env = {"PICASSO_SERIES_SEED": "3", "PICASSO_SERIES_SEEDS": "3", "HOME": "/nowhere"}
    resolved = resolve({"seed": "4", "levels": None}, preset=str(mine), env=env, folder=tmp_path)
    settings = resolved.settings
    assert (settings.seed, settings.seeds, settings.rivals, settings.iterations, settings.levels) == (4, 3, 2, (11,), (32, 16, 8, 4))
    names = ("seed", "seeds", "rivals", "iterations", "levels")
    sources = [resolved.sources[name] for name in names]
    assert sources == ["flag", "env PICASSO_SERIES_SEEDS", "file picasso-series.toml", "preset mine.toml", "default"]
    assert set(resolved.sources) == set(SETTING_NAMES)


@pytest.mark.parametrize("name", [*SETTING_NAMES, "preset", "levles"])
@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_variable_counts_as_unset(name: str, text: str) -> None:
    assert resolve({}, env={f"PICASSO_SERIES_{name.upper()}": text}) == resolve({})


def test_the_preset_itself_follows_the_same_order(tmp_path: Path) -> None:
    (tmp_path / "picasso-series.toml").write_text('preset = "draft"\n')
    assert resolve({}, folder=tmp_path).preset == "draft"
    assert resolve({}, env={"PICASSO_SERIES_PRESET": "fine"}, folder=tmp_path).preset == "fine"
    assert resolve({}, preset="clipasso", env={"PICASSO_SERIES_PRESET": "fine"}, folder=tmp_path).preset == "clipasso"
    assert resolve({}).preset == "default"


def test_an_unknown_key_is_refused_with_the_word_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "picasso-series.toml"
    path.write_text("itterations = 5\n")
    with pytest.raises(BadInputError, match=r"'itterations' \(did you mean iterations\?\)"):
        resolve({}, folder=tmp_path)
    with pytest.raises(UsageError, match=r"PICASSO_SERIES_LEVLES is unknown \(did you mean PICASSO_SERIES_LEVELS\?\)"):
        resolve({}, env={"PICASSO_SERIES_LEVLES": "4"})
    with pytest.raises(UsageError, match=r"no preset 'drafft' \(did you mean draft\?\)"):
        load_preset("drafft")


def test_variables_that_others_may_own_are_left_alone() -> None:
    assert resolve({}, env={"PICASSO_SERIES_CACHE_HOME": "x"}).settings == resolve({}).settings


@pytest.mark.parametrize(
    "content", [b"seed = ", b"seed = 1.5", b"\xff\xfe", b"levels = 'x'", b"[levels]", b"preset = 3", b"seed = 1\nseed = 2", b"x" * 10]
)
def test_a_broken_settings_file_is_named_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "picasso-series.toml").write_bytes(content)
    with pytest.raises(BadInputError, match=r"picasso-series\.toml") as error:
        resolve({}, folder=tmp_path)
    assert "\n" not in str(error.value)


def test_a_settings_file_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "picasso-series.toml").mkdir()
    with pytest.raises(BadInputError, match="cannot be read"):
        resolve({}, folder=tmp_path)


def test_a_missing_preset_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no preset file"):
        load_preset(str(tmp_path / "none.toml"))


def test_the_shipped_presets_are_complete_and_reasoned() -> None:
    assert preset_names() == ["clipasso", "default", "draft", "fine"]
    for name in preset_names():
        preset = load_preset(name)
        assert preset.description
        assert "#" in preset.text
        Settings(**preset.values)


def test_the_default_preset_says_what_the_defaults_are() -> None:
    assert replace(resolve({}).settings, clip="") == Settings()


def test_a_presets_departures_from_the_paper_are_named_in_its_file() -> None:
    paper = resolve({}, preset="clipasso").settings
    named = set(load_preset("default").values)
    for name in ("default", "draft", "fine"):
        settings = resolve({}, preset=name).settings
        own = set(load_preset(name).values)
        for other in (settings, settings.seen_by("clip:RN101")):
            apart = {field for field in CLIP_OWN if getattr(other, field) != getattr(paper, field)}
            assert apart <= named | own | set(parse_overlay(settings.clip)), name


# What holds where CLIP looks


def test_clips_own_settings_hold_where_clip_looks() -> None:
    settings = Settings(clip="iterations=60,50,40,30 rivals=2 joins=false")
    assert settings.seen_by("structure") == settings
    seen = settings.seen_by("clip:RN50x4")
    assert (seen.iterations, seen.rivals, seen.joins, seen.seeds) == ((60, 50, 40, 30), 2, False, settings.seeds)
    assert seen.seen_by("clip:RN50x4") == seen


def test_a_table_and_its_text_form_are_the_same() -> None:
    text = parse_setting("clip", {"rivals": 2, "iterations": [60], "balance": "lines"})
    assert text == "iterations=60 balance=lines rivals=2"
    assert parse_setting("clip", text) == parse_setting("clip", "rivals=2  balance=lines iterations=60") == text
    assert parse_setting("clip", "") == ""


@pytest.mark.parametrize("value", [{"rivals": "x"}, {"rival": 2}, {"levels": [4]}, 3, ["rivals=2"]])
def test_a_table_of_other_things_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="clip|rivals"):
        parse_setting("clip", value)


def test_what_is_said_later_for_all_encoders_holds_for_clip_too(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("rivals = 9\n[clip]\niterations = 60\nrivals = 3\nconverged = 0.01\n")
    (tmp_path / "picasso-series.toml").write_text("converged = 0.2\n[clip]\nfinalists = 1\n")
    resolved = resolve({"iterations": "12"}, preset=str(mine), env={"PICASSO_SERIES_CLIP": "seeds=2"}, folder=tmp_path)
    assert parse_overlay(resolved.settings.clip) == {"rivals": 3, "finalists": 1, "seeds": 2}
    seen = resolved.settings.seen_by("clip:RN101")
    assert (seen.iterations, seen.rivals, seen.converged, seen.finalists, seen.seeds) == ((12,), 3, 0.2, 1, 2)
    assert (resolved.settings.rivals, resolved.settings.finalists) == (9, 2)


def test_an_unknown_setting_of_clips_table_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "picasso-series.toml").write_text("[clip]\nrivls = 1\n")
    with pytest.raises(BadInputError, match=r"picasso-series\.toml.*rivls"):
        resolve({}, folder=tmp_path)


def test_clipasso_is_the_papers_settings() -> None:
    settings = resolve({}, preset="clipasso").settings
    expected = {
        "encoder": "clip",
        "start": "saliency",
        "learning_rate": 1.0,
        "schedule": "constant",
        "iterations": (2001,),
        "seeds": 3,
        "line_weight": 0.0,
        "layer_weight": 1.0,
        "embedding_weight": 0.1,
        "rivals": 0,
        "joins": False,
        "beta2": 0.999,
        "keep": "best",
        "finalists": 3,
        "balance": "plain",
        "converged": 0.0,
        "clip": "",
    }
    assert {name: value for name, value in asdict(settings).items() if name in expected} == expected


def test_draft_does_less_and_fine_does_more() -> None:
    draft, default, fine = (resolve({}, preset=name).settings for name in ("draft", "default", "fine"))
    assert draft.iterations < default.iterations < fine.iterations
    assert draft.rivals < default.rivals < fine.rivals
    draft, default, fine = (settings.seen_by("clip:RN101") for settings in (draft, default, fine))
    assert draft.iterations < default.iterations < fine.iterations


def test_formats_are_read_without_regard_to_case_and_spaces() -> None:
    assert resolve({"formats": "MP4, Gif"}).settings.formats == ("mp4", "gif")
    assert set(FORMATS) == {"mp4", "gif", "webp", "svg"}
