"""What drawing and filming need, whether it is there, and the command that mends it.

Each check is a function that returns a finding and never raises; knows nothing of how findings are shown.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module, metadata, resources
from importlib.util import find_spec

from picasso_series.errors import MissingError, PicassoError
from picasso_series.finding import REINSTALL, Finding, Status
from picasso_series.places import check_cache, check_settings, check_space, check_temporary

DIFFVG_GUIDE = "https://github.com/BachiLi/diffvg#install"


LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy.ndimage",
    "scikit-image": "skimage",
    "pillow": "PIL.Image",
    "jinja2": "jinja2",
    "markupsafe": "markupsafe",
    "rich": "rich.progress",
    "click": "click",
    "platformdirs": "platformdirs",
    "safetensors": "safetensors",
}
"""The Python libraries of both halves by their names in the registry, each with a module that shows whether it works."""

EXTRAS = {"pillow-heif": ("pillow_heif", "heic", "HEIC photos"), "rembg": ("rembg", "rembg", "its cut-outs of photos with any background")}
"""Libraries that add something: the module, the extra that brings it, and what for."""


def examine() -> list[Finding]:
    """Run all checks, in the order in which they matter; a check that fails itself is a finding too."""
    return [_findings_of(check) for check in CHECKS]


def _findings_of(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    # Whatever is broken here may break in any way, and the others are still worth knowing.
    except Exception as error:
        name = check.__name__.removeprefix("check_")
        return Finding(name, Status.MISSING, f"cannot be checked ({type(error).__name__}: {error})", REINSTALL)


def check_python() -> Finding:
    """Python itself."""
    return Finding("python", Status.OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def check_libraries() -> Finding:
    """The Python libraries of both halves but torch, cairo and ffmpeg, which have checks of their own."""
    found, lost, broken = [], [], []
    for name, module in LIBRARIES.items():
        try:
            found.append(f"{name} {metadata.version(name)}")
            import_module(module)
        except metadata.PackageNotFoundError:
            lost.append(name)
        except Exception as error:
            broken.append(f"{name} ({' '.join(str(error).split())})")
            lost.append(name)
    if broken:
        text = f"{', '.join(broken)} cannot be imported"
        return Finding("libraries", Status.MISSING, text, f"pip install --force-reinstall {' '.join(lost)}")
    if lost:
        return Finding("libraries", Status.MISSING, f"{', '.join(lost)} not installed", f"pip install {' '.join(lost)}")
    return Finding("libraries", Status.OK, ", ".join(found))


def check_extras() -> Finding:
    """Libraries that are welcome but not needed."""
    there = [name for name, (module, _, _) in EXTRAS.items() if find_spec(module) is not None]
    lost = {name: parts for name, parts in EXTRAS.items() if name not in there}
    if lost:
        text = "; ".join(f"{name} not installed, for {use}" for name, (_, _, use) in lost.items())
        mend = f"pip install 'picasso-series[{','.join(extra for _, extra, _ in lost.values())}]'"
        return Finding("extras", Status.OPTIONAL, text, mend)
    return Finding("extras", Status.OK, ", ".join(there))


def check_torch() -> Finding:
    """Torch and the threads it would use."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return Finding("torch", Status.MISSING, f"cannot be imported ({error})", "pip install torch")
    threads = torch.get_num_threads()
    return Finding("torch", Status.OK, f"{torch.__version__}, {threads} thread{'s' if threads > 1 else ''} of {os.cpu_count()} cores")


def check_device() -> Finding:
    """A graphics processor, which is welcome but not needed."""
    try:
        import torch
    except (ImportError, OSError):
        return Finding("gpu", Status.OPTIONAL, "unknown without torch")
    if torch.cuda.is_available():
        try:
            torch.zeros(1, device="cuda").add_(1).item()
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            return Finding("gpu", Status.WARNING, f"CUDA is there but does not compute ({reason})", "draw with --device cpu")
        return Finding("gpu", Status.OK, f"CUDA, {torch.cuda.get_device_name()}")
    if shutil.which("nvidia-smi") and torch.version.cuda is None:
        text = "the torch installed here is built without CUDA, though an NVIDIA driver is there; the processor draws"
        return Finding("gpu", Status.OPTIONAL, text, "pip install --force-reinstall torch")
    if torch.backends.mps.is_available():
        return Finding("gpu", Status.OK, "Apple's MPS; ask for it with --device mps")
    return Finding("gpu", Status.OPTIONAL, "none; the processor draws")


def check_cairo() -> Finding:
    """The library that draws plates and frames of films."""
    from picasso_series.film.draw import cairo

    try:
        version = cairo().cairo_version_string()
    except PicassoError as error:
        mend = {"darwin": "brew install cairo", "win32": "install the GTK runtime"}.get(sys.platform, "apt-get install -y libcairo2")
        if isinstance(error.__cause__, ImportError):
            return Finding("libcairo", Status.MISSING, "its binding cairocffi is not installed", "pip install cairocffi")
        return Finding("libcairo", Status.MISSING, "not installed; plates and films need it", mend)
    return Finding("libcairo", Status.OK, version)


def check_ffmpeg() -> Finding:
    """The program that encodes MP4, by running it."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        program = get_ffmpeg_exe()
        answer = subprocess.run([program, "-hide_banner", "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (ImportError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        return Finding("ffmpeg", Status.MISSING, f"does not run ({error})", "pip install --force-reinstall imageio-ffmpeg")
    encoders = subprocess.run([program, "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=30, check=False).stdout
    if "libx264" not in encoders:
        mend = "unset IMAGEIO_FFMPEG_EXE && pip install --force-reinstall imageio-ffmpeg"
        return Finding("ffmpeg", Status.MISSING, f"{program} cannot encode H.264 (libx264)", mend)
    words = answer.stdout.split()
    return Finding("ffmpeg", Status.OK, words[2] if len(words) > 2 else "runs")


def check_fonts() -> Finding:
    """The letters of captions and plates, which come with the package."""
    from picasso_series.lettering import set_line

    try:
        for face in ("regular", "italic"):
            set_line("IV, the horse", face)
    except (OSError, ValueError, KeyError, PicassoError) as error:
        return Finding("fonts", Status.MISSING, f"cannot be read ({error})", REINSTALL)
    return Finding("fonts", Status.OK, "EB Garamond, bundled")


def check_weights() -> Finding:
    """The embedded encoder's weights."""
    name = "structure weights"
    try:
        from picasso_series.encoders.structure import StructureEncoder

        encoder = StructureEncoder.load()
    except (ImportError, OSError):
        return Finding(name, Status.WARNING, "cannot be checked without torch", "pip install torch")
    except PicassoError as error:
        return Finding(name, Status.MISSING, str(error), REINSTALL)
    return Finding(name, Status.OK, f"embedded, sha256 {encoder.sha256[:12]}…")


def check_clip() -> Finding:
    """The weights of the CLIP encoder."""
    from picasso_series.encoders.weights import verify
    from picasso_series.encoders.weights_table import CLIPASSO

    mend = "picasso-series weights fetch"
    there, lost = [], []
    for name in CLIPASSO:
        try:
            there.append(f"{name} ({'verified' if verify(name).verified else 'imported'})")
        except MissingError:
            lost.append(name)
        except (PicassoError, OSError) as error:
            return Finding("clip weights", Status.WARNING, str(error), mend)
    if lost:
        return Finding("clip weights", Status.OPTIONAL, f"{', '.join(lost)} not on this machine; drawing fetches what it needs", mend)
    return Finding("clip weights", Status.OK, ", ".join(there))


def check_diffvg() -> Finding:
    """The other rasterizer, which has to be built by hand."""
    if find_spec("pydiffvg") is None:
        return Finding("diffvg", Status.OPTIONAL, "not installed; the built-in rasterizer draws", _diffvg_guide())
    try:
        from picasso_series.raster.diffvg import DiffvgRasterizer

        DiffvgRasterizer.load()
    except (ImportError, OSError, PicassoError) as error:
        return Finding("diffvg", Status.WARNING, f"installed, but does not work: {error}", _lost_module(error) or _diffvg_guide())
    return Finding("diffvg", Status.OK, "works; ask for it with --rasterizer diffvg")


def _lost_module(error: BaseException) -> str:
    """The command that installs the Python module for want of which pydiffvg cannot be imported; empty for any other error."""
    cause = error.__cause__
    name = (cause.name or "").partition(".")[0] if isinstance(cause, ModuleNotFoundError) else ""
    return "" if name in ("", "diffvg", "pydiffvg") else f"pip install {name}"


def _diffvg_guide() -> str:
    """Where it is told how diffvg is built, and for what it is to be built on this machine."""
    words = [f"build it as {DIFFVG_GUIDE} says, for {sys.executable} (Python {platform.python_version()})"]
    try:
        import torch
    except (ImportError, OSError):
        words.append("after torch")
    else:
        words.append(f"with torch {torch.__version__}")
        if torch.version.cuda is None:
            words.append("without CUDA, which this torch lacks")
        elif shutil.which("nvcc") is None:
            words.append(f"without CUDA, as no compiler for it (nvcc {torch.version.cuda}) is on the path")
        else:
            words.append(f"with CUDA {torch.version.cuda}")
    tools = {"cmake": ("cmake",), "a C++ compiler": ("c++", "g++", "clang++", "cl")}
    lost = [name for name, programs in tools.items() if not any(map(shutil.which, programs))]
    if lost:
        words.append(f"once {' and '.join(lost)} {'is' if len(lost) == 1 else 'are'} installed")
    return ", ".join(words)


def check_presets() -> Finding:
    """The presets that come with the package."""
    from picasso_series.presets import load_preset, preset_names

    try:
        names = [load_preset(name).name for name in preset_names()]
    except PicassoError as error:
        return Finding("presets", Status.MISSING, str(error), REINSTALL)
    return Finding("presets", Status.OK, ", ".join(names))


def check_styles() -> Finding:
    """The styles of films and plates that come with the package."""
    from picasso_series.look import load_look, style_names

    try:
        names = [load_look(name).name for name in style_names()]
    except PicassoError as error:
        return Finding("styles", Status.MISSING, str(error), REINSTALL)
    if not names:
        return Finding("styles", Status.MISSING, "not there", REINSTALL)
    return Finding("styles", Status.OK, ", ".join(names))


def check_templates() -> Finding:
    """The page's templates."""
    try:
        found = [path.name for path in resources.files("picasso_series.gallery").joinpath("templates").iterdir()]
    except OSError:
        found = []
    if not any(name.endswith(".j2") for name in found):
        return Finding("templates", Status.MISSING, "not there", REINSTALL)
    return Finding("templates", Status.OK, f"{len(found)} files, bundled")


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_libraries,
    check_torch,
    check_device,
    check_cairo,
    check_ffmpeg,
    check_fonts,
    check_weights,
    check_presets,
    check_styles,
    check_templates,
    check_diffvg,
    check_clip,
    check_extras,
    check_cache,
    check_space,
    check_temporary,
    check_settings,
)
