"""The CLIP weights that are known by name: where they come from, their hashes, and how their image towers were trained.

Knows names, addresses and hashes; knows no files and no network. Names, addresses, activations and normalizations are those of
open_clip's table of trainings (3.3.0), which takes OpenAI's from OpenAI's own. Hashes: OpenAI's stand in its addresses; of those in
open_clip's release the first eight digits stand in the files' names.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from picasso_series.encoders.architectures import MODELS, Architecture
from picasso_series.errors import UsageError

CLIPASSO = ("RN101", "ViT-B-32")
"""The models of the paper: the first for the loss, the second for where the eye goes."""

_OPENAI = "https://openaipublic.azureedge.net/clip/models"
_OPENAI_MIRROR = "https://openaipublic.blob.core.windows.net/clip/models"
"""What stands behind OpenAI's content network."""
_RELEASE = "https://github.com/mlfoundations/open_clip/releases/download/v0.2-weights"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}/[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_QUICK = "-quickgelu"


@dataclass(frozen=True)
class Normalization:
    """Mean and standard deviation, a number a channel, by which a tower's pictures in [0, 1] are normalized."""

    mean: tuple[float, float, float]
    spread: tuple[float, float, float]


CLIP_NORMALIZATION = Normalization((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
"""OpenAI's (openai/CLIP, clip/clip.py), which nearly all trainings kept."""
INCEPTION_NORMALIZATION = Normalization((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@dataclass(frozen=True)
class Entry:
    """Weights that have a name.

    Attributes:
        name: what they are called here: ``RN101``, or ``model/pretrained`` where they are not OpenAI's.
        model: open_clip's name of the model.
        pretrained: open_clip's name of the training.
        url: where the file comes from, empty where it can only be imported.
        sha256: hash of that very file, empty where none is known.
        hub: repository of the Hugging Face hub whose ``open_clip_model.safetensors`` holds the same weights, empty where none is known.
        architecture: shape of the image tower, None where it is not known.
        mirror: where the file comes from when ``url`` fails, or empty.
        bytes: length of the file, 0 where it is not known.
        quick_gelu: whether a transformer was trained with OpenAI's approximation of GELU, which no tensor tells.
        normalization: of its pictures.
    """

    name: str
    model: str
    pretrained: str
    url: str = ""
    sha256: str = ""
    hub: str = ""
    architecture: Architecture | None = None
    mirror: str = ""
    bytes: int = 0
    quick_gelu: bool = True
    normalization: Normalization = CLIP_NORMALIZATION

    @property
    def stem(self) -> str:
        """Its name as the beginning of a file's name."""
        return self.name.replace("/", ".")

    @property
    def size(self) -> str:
        """The length of its file in words, empty where it is not known."""
        return f"{self.bytes / 1e6:.0f} MB" if self.bytes else ""


def _openai(model: str, sha256: str, hub: str, size: int, file: str = "") -> Entry:
    place = f"{sha256}/{file or model}.pt"
    return Entry(
        model, model, "openai", f"{_OPENAI}/{place}", sha256, f"timm/{hub}.openai", MODELS[model], f"{_OPENAI_MIRROR}/{place}", size
    )


def _released(name: str, file: str, sha256: str, hub: str, *, quick_gelu: bool) -> Entry:
    model, pretrained = name.split("/")
    return Entry(name, model, pretrained, f"{_RELEASE}/{file}", sha256, f"timm/{hub}", MODELS[model], quick_gelu=quick_gelu)


TABLE = (
    _openai("RN101", "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599", "resnet101_clip", 291791292),
    _openai("ViT-B-32", "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af", "vit_base_patch32_clip_224", 353976522),
    _openai("RN50", "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762", "resnet50_clip", 255827503),
    _openai("RN50x4", "7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd", "resnet50x4_clip", 421854225),
    _openai("RN50x16", "52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa", "resnet50x16_clip", 661125706),
    _openai("RN50x64", "be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c", "resnet50x64_clip", 1353500174),
    _openai("ViT-B-16", "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", "vit_base_patch16_clip_224", 350837078),
    _openai("ViT-L-14", "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836", "vit_large_patch14_clip_224", 932768134),
    _openai(
        "ViT-L-14-336",
        "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02",
        "vit_large_patch14_clip_336",
        934088680,
        "ViT-L-14-336px",
    ),
    _released(
        "RN50/yfcc15m",
        "rn50-quickgelu-yfcc15m-455df137.pt",
        "455df13750cec2d6bb5e578fa84fb59a63d40e9fdbae58e7e7155672e46dc578",
        "resnet50_clip.yfcc15m",
        quick_gelu=True,
    ),
    _released(
        "RN50/cc12m",
        "rn50-quickgelu-cc12m-f000538c.pt",
        "f000538c6c3c33c07e4fad5619f1b3d4cd591864dd3143778896112d1bf4fa7d",
        "resnet50_clip.cc12m",
        quick_gelu=True,
    ),
    _released(
        "RN101/yfcc15m",
        "rn101-quickgelu-yfcc15m-3e04b30e.pt",
        "3e04b30eb7070e69b78db2c33f12a48cfa1f697691ed198d61fb2abbb48db5a3",
        "resnet101_clip.yfcc15m",
        quick_gelu=True,
    ),
    _released(
        "ViT-B-32/laion400m_e31",
        "vit_b_32-quickgelu-laion400m_e31-d867053b.pt",
        "d867053b2301634007ed9af230bfb1a217ec634f6c0329f04092133ae5c4b89e",
        "vit_base_patch32_clip_224.laion400m_e31",
        quick_gelu=True,
    ),
    _released(
        "ViT-B-32/laion400m_e32",
        "vit_b_32-quickgelu-laion400m_e32-46683a32.pt",
        "46683a32721d5c68911153698992361285d20ca690bb4f317c11e45c03d798fa",
        "vit_base_patch32_clip_224.laion400m_e32",
        quick_gelu=True,
    ),
    _released(
        "ViT-B-32/laion2b_e16",
        "vit_b_32-laion2b_e16-af8dbd0c.pth",
        "af8dbd0c4bf1654db018a2a70fd839c3a6e79d2fdac33303f06d0d8aae16a65c",
        "vit_base_patch32_clip_224.laion2b_e16",
        quick_gelu=False,
    ),
    Entry(
        "ViT-B-32/laion2b_s34b_b79k",
        "ViT-B-32",
        "laion2b_s34b_b79k",
        "https://huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K/resolve/1a25a446712ba5ee05982a381eed697ef9b435cf"
        "/open_clip_model.safetensors",
        "ac4f8c4b88af6d963118cbf40ad93176d092abbedfcb752601ae1866352656e6",
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        MODELS["ViT-B-32"],
        bytes=605143316,
        quick_gelu=False,
    ),
    _released(
        "ViT-B-16/laion400m_e31",
        "vit_b_16-laion400m_e31-00efa78f.pt",
        "00efa78fe761eb607926704cfee46a4305ce2bf63af6ab50f1eeba2ef71da988",
        "vit_base_patch16_clip_224.laion400m_e31",
        quick_gelu=False,
    ),
    _released(
        "ViT-B-16/laion400m_e32",
        "vit_b_16-laion400m_e32-55e67d44.pt",
        "55e67d44b44d9e39aaf299a5c616aaf10a655879d6bd5854027b4a254aa2e7d5",
        "vit_base_patch16_clip_224.laion400m_e32",
        quick_gelu=False,
    ),
    _released(
        "ViT-L-14/laion400m_e31",
        "vit_l_14-laion400m_e31-69988bb6.pt",
        "69988bb6afa2b63291087c61464b3138660b2861fea5ec4682e107d194d9aaa3",
        "vit_large_patch14_clip_224.laion400m_e31",
        quick_gelu=False,
    ),
    _released(
        "ViT-L-14/laion400m_e32",
        "vit_l_14-laion400m_e32-3d133497.pt",
        "3d133497672c345f50dec98ebc674bb74c14b4f3aa0f3088f7cefe7e05a10a60",
        "vit_large_patch14_clip_224.laion400m_e32",
        quick_gelu=False,
    ),
)
"""The weights that can be fetched, those of the paper first; all others can be imported under open_clip's ``model/pretrained``."""

_QUICK_TAGS = ("metaclip_400m", "metaclip_fullcc", "dfn2b", "dfn5b")
"""Trainings whose transformers have QuickGELU, whatever the model."""
_QUICK_NAMES = ("ViT-H-14-worldwide/metaclip2_worldwide", "roberta-ViT-B-32/laion2b_s12b_b32k")
_INCEPTION_NAMES = ("ViT-L-14/laion2b_s32b_b82k",)


def resolve(name: str | Entry) -> Entry:
    """Return what ``name`` stands for: ``RN101``, ``RN101/openai``, OpenAI's ``ViT-B/32``, or any other ``model/pretrained``.

    Raises:
        UsageError: the name is none of these.
    """
    if isinstance(name, Entry):
        return name
    plain = name.removesuffix("/openai").replace(f"{_QUICK}/", "/").removesuffix(_QUICK).replace("@336px", "-336")
    for entry in TABLE:
        if entry.name in (plain, plain.replace("/", "-")):
            return entry
    if _NAME.fullmatch(name):
        return _unlisted(name)
    known = [entry.name for entry in TABLE]
    close = difflib.get_close_matches(plain, known, n=1)
    own = ", ".join(entry.name for entry in TABLE if entry.pretrained == "openai")
    hint = f"did you mean {close[0]}?" if close else f"use {own}, or open_clip's model/pretrained"
    raise UsageError(f"no weights are called {name!r}; {hint}")


def _unlisted(name: str) -> Entry:
    """Weights of open_clip that can only be imported."""
    model, pretrained = name.split("/")
    quick = model.endswith(_QUICK) or pretrained in _QUICK_TAGS or name in _QUICK_NAMES
    normalization = INCEPTION_NORMALIZATION if name in _INCEPTION_NAMES else CLIP_NORMALIZATION
    shape = MODELS.get(model.removesuffix(_QUICK))
    return Entry(name, model, pretrained, architecture=shape, quick_gelu=quick, normalization=normalization)
