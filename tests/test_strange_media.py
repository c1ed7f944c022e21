"""Vectors and films from strangers: written so that the guard and a browser read them differently, or made to fill the memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from picasso_series.errors import BadInputError
from picasso_series.gallery.posters import poster
from picasso_series.gallery.vectors import require_still_life

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path/></svg>'


@pytest.mark.parametrize("read", [require_still_life, poster])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("head", ["", '<!DOCTYPE svg [<!ENTITY a "b">]>', '<?xml-stylesheet href="http://example.org/x"?>'])
def test_letters_of_two_bytes_hide_nothing(tmp_path: Path, read: Callable[[Path], object], encoding: str, head: str) -> None:
    path = tmp_path / "a.svg"
    path.write_bytes((head + SVG).encode(encoding))
    with pytest.raises(BadInputError, match="it is no text"):
        read(path)


@pytest.mark.parametrize(
    "declared",
    [
        *(f'version="1.0" encoding="{name}"' for name in ("shift_jis", "nonsense", "utf-7", "iso-2022-jp", "utf-16", "latin-1", "")),
        "version='1.0' encoding\t=\n'big5'",
        "version='1.0' encoding='utf-8' encoding='big5'",
        "encoding='utf-8'",
    ],
)
def test_a_vector_of_another_encoding_is_refused_in_one_sentence(tmp_path: Path, declared: str) -> None:
    path = tmp_path / "a.svg"
    path.write_text(f"<?xml {declared}?>{SVG}")
    with pytest.raises(BadInputError, match="other than XML in UTF-8"):
        require_still_life(path)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "\ufeff",
        '<?xml version="1.0"?>\n',
        "<?xml version='1.0' encoding='UTF-8' standalone=\"no\" ?>",
        '\ufeff<?xml version="1.0" encoding="utf-8"?>',
    ],
)
def test_a_vector_in_utf_8_is_shown(tmp_path: Path, head: str) -> None:
    path = tmp_path / "a.svg"
    path.write_text(head + SVG.replace("<path/>", "<style>path{fill:url(#a)}</style><title>Pferd 馬</title>"), encoding="utf-8")
    require_still_life(path)
    assert poster(path).startswith("data:image/svg+xml")
