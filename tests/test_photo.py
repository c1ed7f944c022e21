"""Photos of every kind come out upright, in sRGB, on white and of a bounded size; bad files end in one sentence."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from picasso_series.errors import BadInputError, MissingError
from picasso_series.photo import MAX_PIXELS, WORK_SIDE, load_photo

SIZE = (48, 32)


def gradient() -> np.ndarray:
    """uint8 (32, 48): from black at the left to white at the right."""
    return np.tile(np.rint(np.linspace(0, 255, 48)).astype(np.uint8), (32, 1))


def quarters() -> Image.Image:
    """A picture whose corners differ: red, green above blue, white."""
    picture = np.full((32, 48, 3), 255, np.uint8)
    picture[:16, :24], picture[:16, 24:], picture[16:, :24] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return Image.fromarray(picture)


def test_plain_picture_is_loaded_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "my photo.png"
    quarters().save(path)
    photo = load_photo(path)
    assert np.array_equal(photo.rgb, np.asarray(quarters()))
    assert photo.rgb.dtype == np.uint8
    assert photo.alpha is None
    assert (photo.width, photo.height, photo.name) == (48, 32, "my photo")
    assert photo.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_orientation_is_undone(tmp_path: Path, orientation: int, suffix: str) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    # Transposes that turn an upright picture into what a camera held that way stores: the inverse of what a viewer does.
    upright = quarters()
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {"quality": 95, "subsampling": 0} if suffix == "jpg" else {}
    stored.save(path, exif=exif.tobytes() if suffix != "tif" else exif, **options)
    photo = load_photo(path)
    assert (photo.width, photo.height) == SIZE
    assert photo.rgb.shape == (32, 48, 3)
    for y, x in ((4, 4), (4, 43), (27, 4), (27, 43)):
        assert np.abs(photo.rgb[y, x].astype(int) - np.asarray(upright)[y, x]).max() < 12


def test_orientation_swaps_the_full_size_of_a_large_photo(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (3000, 1500), "teal").save(tmp_path / "a.jpg", exif=exif)
    photo = load_photo(tmp_path / "a.jpg")
    assert (photo.width, photo.height) == (1500, 3000)
    assert photo.rgb.shape == (WORK_SIDE, WORK_SIDE // 2, 3)


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "I", "F", "F01", "F16"])
def test_gray_of_every_depth_is_scaled_rightly(tmp_path: Path, mode: str) -> None:
    gray = gradient()
    if mode == "1":
        picture, gray = Image.fromarray(gray).convert("1"), np.asarray(Image.fromarray(gray).convert("1").convert("L"))
    elif mode == "I;16":
        picture = Image.fromarray(gray.astype(np.uint16) * 257)
    elif mode == "I":
        picture = Image.fromarray(gray.astype(np.int32) * 257)
    elif mode == "L":
        picture = Image.fromarray(gray)
    else:
        picture = Image.fromarray(gray.astype(np.float32) * {"F": 1, "F01": 1 / 255, "F16": 257}[mode])
    path = tmp_path / ("gray.png" if mode in ("1", "L", "I;16") else "gray.tif")
    picture.save(path)
    photo = load_photo(path)
    assert photo.alpha is None
    assert np.array_equal(photo.rgb, np.repeat(gray[..., None], 3, axis=2))


def test_dark_16_bit_picture_stays_dark(tmp_path: Path) -> None:
    Image.fromarray(np.full((32, 32), 2570, np.uint16)).save(tmp_path / "dark.png")
    assert (load_photo(tmp_path / "dark.png").rgb == 10).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_alpha_is_kept_and_composited_on_white(tmp_path: Path, mode: str) -> None:
    alpha = np.zeros((32, 48), np.uint8)
    alpha[8:24, 8:40] = 255
    picture = np.zeros((32, 48, 4), np.uint8)
    picture[..., :3] = 60
    picture[..., 3] = alpha
    if mode == "P":
        image = Image.fromarray(alpha // 255)
        image.putpalette([10, 200, 90, 60, 60, 60])
    else:
        image = Image.fromarray(picture).convert(mode)
    path = tmp_path / ("a.gif" if mode == "P" else "a.png")
    image.save(path, **({"transparency": 0} if mode == "P" else {}))
    photo = load_photo(path)
    assert photo.alpha is not None
    assert photo.alpha.dtype == np.float32
    assert np.array_equal(photo.alpha, alpha / np.float32(255))
    assert (photo.rgb[alpha == 0] == 255).all()
    assert (photo.rgb[alpha == 255] == 60).all()


def test_half_transparent_black_on_white_is_middle_gray(tmp_path: Path) -> None:
    Image.new("RGBA", SIZE, (0, 0, 0, 128)).save(tmp_path / "a.png")
    photo = load_photo(tmp_path / "a.png")
    assert photo.alpha is not None
    assert photo.alpha[0, 0] == pytest.approx(128 / 255)
    assert (photo.rgb == 127).all()


def test_transparent_color_key_becomes_alpha(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.png", transparency=(255, 0, 0))
    photo = load_photo(tmp_path / "a.png")
    assert photo.alpha is not None
    assert photo.alpha[0, 0] == 0
    assert photo.alpha[0, 47] == 1
    assert photo.rgb[0, 0].tolist() == [255, 255, 255]


def test_opaque_alpha_is_none(tmp_path: Path) -> None:
    quarters().convert("RGBA").save(tmp_path / "a.png")
    assert load_photo(tmp_path / "a.png").alpha is None


def test_colors_hidden_under_transparency_do_not_bleed_when_shrunk(tmp_path: Path) -> None:
    picture = np.zeros((2048, 2048, 4), np.uint8)
    picture[:, :1023] = (0, 0, 255, 255)
    picture[:, 1023:] = (255, 0, 0, 0)
    Image.fromarray(picture).save(tmp_path / "a.png", compress_level=1)
    photo = load_photo(tmp_path / "a.png")
    assert photo.rgb.shape == (1024, 1024, 3)
    red, blue = photo.rgb[..., 0].astype(int), photo.rgb[..., 2].astype(int)
    assert (red <= blue).all()


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_without_profile(tmp_path: Path, suffix: str) -> None:
    quarters().convert("CMYK").save(tmp_path / f"a.{suffix}", **({"quality": 95, "subsampling": 0} if suffix == "jpg" else {}))
    photo = load_photo(tmp_path / f"a.{suffix}")
    assert np.abs(photo.rgb[4, 4].astype(int) - (255, 0, 0)).max() < 12
    assert np.abs(photo.rgb[28, 44].astype(int) - 255).max() < 12


def linear_profile() -> bytes:
    """An ICC profile with sRGB's primaries and values proportional to light (the tone curves of Pillow's sRGB profile replaced)."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", data[128:132])[0]
    for entry in range(count):
        tag, offset, _ = struct.unpack(">4sII", data[132 + 12 * entry : 144 + 12 * entry])
        if tag in (b"rTRC", b"gTRC", b"bTRC"):
            data[offset : offset + 12] = b"curv" + bytes(8)  # a curve of no points is the identity
    return bytes(data)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_icc_profile_is_turned_into_srgb(tmp_path: Path, mode: str) -> None:
    # Half the light is 188 in sRGB, by its transfer function (IEC 61966-2-1): 255 (1.055 (128/255)^(1/2.4) - 0.055).
    image = Image.new("RGB", SIZE, (128, 128, 128))
    image = image.quantize(2) if mode == "P" else image.convert(mode)
    image.save(tmp_path / "a.png", icc_profile=linear_profile())
    assert np.abs(load_photo(tmp_path / "a.png").rgb.astype(int) - 188).max() <= 1


@pytest.mark.parametrize("profile", [b"nonsense", linear_profile()[:300]], ids=["nonsense", "cut"])
def test_broken_profile_is_ignored(tmp_path: Path, profile: bytes) -> None:
    quarters().save(tmp_path / "a.png", icc_profile=profile)
    assert np.array_equal(load_photo(tmp_path / "a.png").rgb, np.asarray(quarters()))


def test_profile_of_another_color_space_is_ignored(tmp_path: Path) -> None:
    quarters().convert("CMYK").save(tmp_path / "a.tif", icc_profile=linear_profile())
    assert np.abs(load_photo(tmp_path / "a.tif").rgb[4, 4].astype(int) - (255, 0, 0)).max() < 3


def test_broken_exif_is_ignored(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x00\x01")
    assert load_photo(tmp_path / "a.jpg").rgb.shape == (32, 48, 3)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_first_frame_of_many(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", SIZE, color) for color in ("red", "lime", "blue")]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], **({"lossless": True} if suffix == "webp" else {}))
    assert load_photo(tmp_path / f"a.{suffix}").rgb[16, 24].tolist() == [255, 0, 0]


@pytest.mark.parametrize("side", [8, 32])
def test_small_pictures_are_not_enlarged(tmp_path: Path, side: int) -> None:
    Image.new("RGB", (side, side), "teal").save(tmp_path / "a.png")
    assert load_photo(tmp_path / "a.png").rgb.shape == (side, side, 3)


def test_a_photo_of_8000_pixels_is_shrunk_while_it_is_read(tmp_path: Path) -> None:
    Image.new("L", (8000, 8000), 200).save(tmp_path / "a.jpg")
    sizes = []
    original = Image.Image.resize
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image.Image, "resize", lambda self, *args, **options: (sizes.append(self.size), original(self, *args, **options))[1])
        photo = load_photo(tmp_path / "a.jpg")
    assert photo.rgb.shape == (1024, 1024, 3)
    assert (photo.width, photo.height) == (8000, 8000)
    assert max(sizes)[0] <= 4000  # what was decoded is at most a quarter of the 64 megapixels


def test_shrinking_keeps_the_aspect_to_a_pixel(tmp_path: Path) -> None:
    Image.new("RGB", (3001, 1999), "teal").save(tmp_path / "a.jpg")
    photo = load_photo(tmp_path / "a.jpg")
    height, width = photo.rgb.shape[:2]
    assert width == WORK_SIDE
    assert height == round(1999 * WORK_SIDE / 3001)


def png_header(width: int, height: int) -> bytes:
    """A PNG file that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [int(MAX_PIXELS**0.5) + 2, 20_000, 2_000_000])
def test_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(side, side))
    before = Image.MAX_IMAGE_PIXELS
    tracemalloc.start()
    with pytest.raises(BadInputError, match="megapixels; shrink it"):
        load_photo(tmp_path / "bomb.png")
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert before == Image.MAX_IMAGE_PIXELS


def test_large_but_honest_pictures_raise_no_warning(tmp_path: Path) -> None:
    Image.new("1", (10_000, 9_500)).save(tmp_path / "a.png")
    filters = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_photo(tmp_path / "a.png").width == 10_000
    assert list(warnings.filters) == filters


def check_sentence(error: pytest.ExceptionInfo[BaseException], *words: str) -> None:
    text = str(error.value)
    assert "\n" not in text
    assert "; " in text or ": " in text
    for word in words:
        assert word in text


def test_missing_file_and_folder_and_empty_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as error:
        load_photo(tmp_path / "no.jpg")
    check_sentence(error, "no.jpg", "there is no file")
    with pytest.raises(BadInputError) as error:
        load_photo(tmp_path)
    check_sentence(error, "folder")
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(BadInputError) as error:
        load_photo(tmp_path / "empty.jpg")
    check_sentence(error, "0 bytes")
    assert error.value.exit_code == 1


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    for name in ("a" * 5000, "nul\0byte.jpg"):
        with pytest.raises(BadInputError):
            load_photo(tmp_path / name)


def test_text_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("This is no picture.\n" * 30)
    with pytest.raises(BadInputError) as error:
        load_photo(tmp_path / "a.jpg")
    check_sentence(error, "no picture")


def test_heic_names_the_library(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "pillow_heif", None)
        with pytest.raises(MissingError) as error:
            load_photo(tmp_path / "a.heic")
    check_sentence(error, 'pip install "picasso-series[heic]"')
    assert error.value.exit_code == 4


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (2000, 20)])
def test_sizes_that_cannot_be_drawn(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    with pytest.raises(BadInputError) as error:
        load_photo(tmp_path / "a.png")
    check_sentence(error, "too ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(BadInputError) as error:
        load_photo(tmp_path / "a.png")
    check_sentence(error, "permission")


def test_permission_error_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quarters().save(tmp_path / "a.png")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BadInputError) as error:
        load_photo(tmp_path / "a.png")
    check_sentence(error, "permission")


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "tif", "bmp"])
def test_truncated_files(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(
        buffer, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper())
    )
    data = buffer.getvalue()
    (tmp_path / f"a.{suffix}").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadInputError) as error:
        load_photo(tmp_path / f"a.{suffix}")
    check_sentence(error, f"a.{suffix}")


def test_damaged_files_end_in_a_photo_or_a_sentence(tmp_path: Path) -> None:
    seed = 7
    print("seed", seed)
    rng = np.random.default_rng(seed)
    refused = 0
    for suffix in ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "TGA", "ICO", "PCX"):
        buffer = io.BytesIO()
        quarters().save(buffer, suffix)
        for _ in range(12):
            data = np.frombuffer(buffer.getvalue(), np.uint8).copy()
            places = rng.integers(0, min(len(data), 400), 6)
            data[places] = rng.integers(0, 256, 6)
            path = tmp_path / f"a.{suffix.lower()}"
            path.write_bytes(data.tobytes())
            try:
                photo = load_photo(path)
            except BadInputError as error:
                refused += 1
                lines = str(error).splitlines()
                if len(lines) != 1:
                    pytest.fail(f"{suffix}: {lines}")
            else:
                assert photo.rgb.ndim == 3
    assert refused > 10
