"""A run's manifest as the recipe of the same run once more.

Knows what a manifest says of the photo, the mask and the settings, where those files are sought, and by which hash they are known.
Knows nothing of how a series is drawn, and neither changes nor makes a file.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picasso_series import __version__
from picasso_series.atomic import file_sha256
from picasso_series.errors import BadInputError, UsageError
from picasso_series.presets import DEFAULT_PRESET, Resolved
from picasso_series.run import MANIFEST, read_manifest
from picasso_series.settings import SETTING_NAMES, Settings, parse_setting


@dataclass(frozen=True)
class Repeat:
    """All that is needed to draw a run once more.

    Attributes:
        photo: the very photo that the run was drawn from.
        resolved: the run's settings, each with the source that it had then.
        manifest: the run's manifest, which names the means it was drawn by.
        strangers: what was not the same when the run was drawn ("picasso-series 0.9.0 in place of 1.0.0"), which may change the strokes.
    """

    photo: Path
    resolved: Resolved
    manifest: Mapping[str, Any]
    strangers: tuple[str, ...]


def plan_repeat(source: Path, photo: Path | None = None, *, mask: str | None = None, shown: Mapping[str, Any] | None = None) -> Repeat:
    """Read how the run of a manifest was made, and find the files that it was made from.

    Args:
        source: a run folder or the ``series.json`` in it.
        photo: the photo; sought by its recorded name when None: in the run folder, beside it and in the current folder.
        mask: the path of the mask picture, for a run that had one; sought likewise when None.
        shown: other values for the settings ``size`` and ``formats``; a value of None leaves the run's own.

    Raises:
        BadInputError: the manifest cannot be used, or the photo or the mask is not there or not the one of the run.
        UsageError: a value of ``shown`` makes no sense, or a mask is given for a run that had none.
    """
    folder = source if source.is_dir() else source.parent
    if source != folder and source.name != MANIFEST:
        raise BadInputError(f"{source} is no run folder and no {MANIFEST}; name one that picasso-series has written")
    manifest = read_manifest(folder)
    found = _found(folder, photo, "photo", manifest["photo"]["name"], manifest["photo"].get("sha256"), "name the right one: PHOTO")
    settings = manifest["settings"]
    values = {name: parse_setting(name, settings[name]["value"]) for name in SETTING_NAMES if name in settings}
    sources = {name: settings[name]["from"] if name in settings else "default" for name in SETTING_NAMES}
    if manifest["mask"].get("sha256"):
        given = None if mask is None else Path(mask)
        values["mask"] = str(_found(folder, given, "mask", values["mask"], manifest["mask"]["sha256"], "name the right one: --mask FILE"))
    elif mask is not None:
        raise UsageError(f"the run in {folder} was drawn without a mask picture; leave out --mask to repeat it")
    for name, value in (shown or {}).items():
        if value is not None:
            values[name], sources[name] = parse_setting(name, value), "flag"
    return Repeat(found, Resolved(Settings(**values), sources, _preset(sources)), manifest, tuple(_strangers(manifest)))


def _found(folder: Path, given: Path | None, what: str, name: str, sha256: object, mend: str) -> Path:
    """The file of the run: the one given, or the first of that name where such files lie; the very one by its hash."""
    places = [given] if given is not None else [place / Path(name).name for place in (folder, folder.absolute().parent, Path())]
    own = {folder / "photo.png", folder / "mask.png"}
    there = [place for place in dict.fromkeys(places) if place.is_file() and place not in own]
    if not there:
        where = f"at {given}" if given is not None else f"in {folder}, beside it or here"
        raise BadInputError(f"the {what} {name} of the run in {folder} was not found {where}; {mend}")
    for place in there:
        try:
            if file_sha256(place) == sha256:
                return place
        except OSError as error:
            raise BadInputError(
                f"the {what} {place} cannot be read ({error.strerror or error}); change its permissions or copy it"
            ) from error
    raise BadInputError(f"{there[0]} is not the {what} that the run in {folder} was drawn from, by its sha256; {mend}")


def _preset(sources: Mapping[str, str]) -> str:
    named = [source.removeprefix("preset ") for source in sources.values() if source.startswith("preset ")]
    return named[0] if named else DEFAULT_PRESET


def _strangers(manifest: Mapping[str, Any]) -> Iterator[str]:
    recorded = manifest.get("versions")
    before = {**(recorded if isinstance(recorded, Mapping) else {}), "picasso-series": manifest["tool"].get("version")}
    for name, version in _installed().items():
        # Builds of one version, such as torch's 2.9.0+cpu, are one version here.
        if isinstance(before.get(name), str) and before[name].partition("+")[0] != version.partition("+")[0]:
            yield f"{name} {version} in place of {before[name]}"


def _installed() -> dict[str, str]:
    """What computes a drawing here; a difference may change the last bits of a sum, and with them a stroke."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"picasso-series": __version__, "python": platform.python_version()}
    for name in ("torch", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
