"""Text -> the numbers that CLIP's text tower takes: byte-pair encoding over a vocabulary that ships with the package.

The encoding: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", 2016, on bytes as in GPT-2
(Radford et al., 2019), in lower case. Knows words and merges; knows no tower and no torch.
"""

from __future__ import annotations

import gzip
import html
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from picasso_series.errors import MissingError
from picasso_series.finding import REINSTALL

MERGES = "clip-merges.txt.gz"
CONTEXT = 77
"""Tokens that CLIP's text towers take at a time."""
END_OF_WORD = "</w>"
_CLITICS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
"""English endings that are words of their own to CLIP, in the order in which they are tried."""


class Tokenizer:
    """CLIP's byte-pair encoding."""

    def __init__(self, merges: Sequence[tuple[str, str]]) -> None:
        """Number the vocabulary: the bytes, the bytes that end a word, then what each merge makes, then start and end of a text."""
        letters = list(_letters().values())
        words = [*letters, *(letter + END_OF_WORD for letter in letters), *(first + second for first, second in merges)]
        self._ids = {word: number for number, word in enumerate(words)}
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.start, self.end = len(words), len(words) + 1

    @classmethod
    def load(cls) -> Tokenizer:
        """The vocabulary that ships with the package.

        Raises:
            MissingError: it is missing or damaged.
        """
        try:
            text = gzip.decompress(resources.files(__package__).joinpath(MERGES).read_bytes()).decode("utf-8")
            return cls([(first, second) for first, second in (line.split(" ") for line in text.splitlines())])
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise MissingError(f"the vocabulary of CLIP cannot be read; run `{REINSTALL}`") from error

    def encode(self, text: str) -> list[int]:
        """The numbers of a text, without those of start and end."""
        letters = _letters()
        numbers = []
        for word in _words(_plain(text)):
            pieces = [letters[byte] for byte in word.encode("utf-8")]
            pieces[-1] += END_OF_WORD
            numbers += [self._ids[piece] for piece in self._merged(pieces)]
        return numbers

    def __call__(self, texts: Sequence[str], context: int = CONTEXT) -> NDArray[np.int64]:
        """Rows of numbers (texts, context), each from start to end and zeros after; what is too long loses its last words."""
        rows = np.zeros((len(texts), context), np.int64)
        for row, text in zip(rows, texts, strict=True):
            numbers = [self.start, *self.encode(text)[: context - 2], self.end]
            row[: len(numbers)] = numbers
        return rows

    def _merged(self, pieces: list[str]) -> list[str]:
        """The pieces of a word, joined by the merges that were learned, the earliest first."""
        while len(pieces) > 1:
            first, second = min(zip(pieces, pieces[1:], strict=False), key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if (first, second) not in self._ranks:
                break
            joined, at = [], 0
            while at < len(pieces):
                both = pieces[at : at + 2] == [first, second]
                joined.append(first + second if both else pieces[at])
                at += 2 if both else 1
            pieces = joined
        return pieces


@lru_cache(maxsize=1)
def _letters() -> dict[int, str]:
    """A printable letter for every byte, in the order of the vocabulary: bytes that print in Latin-1 stand for themselves, and first."""
    printing = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printing]
    return {**{byte: chr(byte) for byte in printing}, **{byte: chr(256 + place) for place, byte in enumerate(others)}}


def _plain(text: str) -> str:
    """Entities resolved (twice, as CLIP does), accents composed, in lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(html.unescape(text))).lower().split())


def _words(text: str) -> Iterator[str]:
    """Runs of letters, single digits, English endings, and runs of other signs."""
    at = 0
    while at < len(text):
        clitic = next((ending for ending in _CLITICS if text.startswith(ending, at)), None)
        kind = _kind(text[at])
        end = at + 1
        if clitic:
            end = at + len(clitic)
        elif kind in "LO":
            while end < len(text) and _kind(text[end]) == kind:
                end += 1
        if kind != " ":
            yield text[at:end]
        at = end


def _kind(letter: str) -> str:
    """L for letters, N for digits and other numbers, a space for spaces, O for the rest."""
    category = unicodedata.category(letter)[0]
    return category if category in "LN" else " " if letter.isspace() else "O"
