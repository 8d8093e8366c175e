"""Numbers as people and spreadsheets write them: decimal commas, thousands, TRUE and FALSE."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from vae_core import sandbox
from vae_core.sandbox import RefusedError

_BLANKS = " \xa0\u2009\u202f"
_APOSTROPHES = "'’"
_NUMBER = re.compile(
    r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|[-+]?(?:nan|inf)|[-+]?\d*,\d+(?:e[-+]?\d+)?", re.I
)
_GROUPED = re.compile(
    rf"[-+]?[1-9]\d{{0,2}}([.,{_APOSTROPHES}{_BLANKS}])\d{{3}}(?:\1\d{{3}}){{0,3}}([.,]\d+)?"
)
_MARK = re.compile(rf"[.,{_APOSTROPHES}{_BLANKS}]")
# The words for 1 and 0 in files of Python, R and spreadsheets of several languages.
_TRUTH = (
    *(("true", "false"), ("wahr", "falsch"), ("vrai", "faux"), ("verdadero", "falso")),
    *(("verdadeiro", "falso"), ("vero", "falso"), ("waar", "onwaar"), ("t", "f")),
)
_MEANING = {word: value for pair in _TRUTH for word, value in zip(pair, (1, 0), strict=True)}


@dataclass(frozen=True)
class NumberStyle:
    """How the numbers of a table are written.

    Attributes:
        thousands: the signs that separate thousands, none if empty.
        decimal: the sign before the decimals.
        words: word -> 1 or 0, if the table holds words such as TRUE instead of numbers.
        notes: a sentence on it, if it is unusual.
        known: whether some number shows it; if not, later numbers may.
    """

    thousands: str = ""
    decimal: str = "."
    words: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    known: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether `float` reads the numbers as they are."""
        return not self.thousands and self.decimal == "." and not self.words

    def plain(self, text: str) -> str:
        """Return a field as `float` reads it; what isn't a number stays none."""
        if self.words:
            return self.words.get(text.strip().casefold(), f"?{text}")
        text = text.strip()
        if self.thousands and any(sign in text for sign in self.thousands):
            match = _GROUPED.fullmatch(text)
            if not match or match[1] not in self.thousands:
                return f"?{text}"
            text = text.replace(match[1], "")
        if self.decimal == ",":
            return f"?{text}" if "." in text else text.replace(",", ".")
        return text


def is_number(text: str) -> bool:
    """Return whether a field is a number, also with a decimal comma or separated thousands."""
    text = text.strip()
    return bool(_NUMBER.fullmatch(text) or _GROUPED.fullmatch(text))


def number(text: str) -> float:
    """Return a field as a number, NaN if it is none; a comma is a decimal comma."""
    text = text.strip()
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else float("nan")


def is_truth(text: str) -> bool:
    """Return whether a field is a word such as TRUE or FALSCH."""
    return truth(text) is not None


def truth(text: str) -> int | None:
    """Return 1 or 0 for a word such as TRUE or FALSCH; None for other fields."""
    return _MEANING.get(text.strip().casefold())


def style_of(shown: str, fields: Iterable[str]) -> NumberStyle:
    """Tell how numbers are written.

    A point or a comma before three digits may stand before decimals or separate thousands. It
    separates thousands if some number has two of them, or another sign before its decimals, or
    if numbers below 1,000 have none and zeros at the end are kept (4.080 beside 12).

    Args:
        shown: the file's name, for error messages.
        fields: the fields of pixels.

    Raises:
        RefusedError: it can't be told, or both signs stand before decimals.
    """
    texts = [text.strip() for text in fields]
    if texts and (style := _truth(texts)):
        return style
    marked = [text for text in texts if _MARK.search(text) and is_number(text)]
    if not marked:
        return NumberStyle()
    groups = {text: match[1] for text in marked if (match := _GROUPED.fullmatch(text))}
    points, commas = ([text for text in marked if sign in text] for sign in ".,")
    if sure := {text: sign for text, sign in groups.items() if sign not in ".,"}:
        if points and commas:
            raise RefusedError(_both_marks(shown, points[0], commas[0]))
        signs = "".join(sorted(set(sure.values())))
        return _thousands(signs, "," if commas else ".", next(iter(sure)))
    integers = any(map(str.isdigit, texts))
    for sign, other, some, rest in ((".", ",", points, commas), (",", ".", commas, points)):
        if not some or any(groups.get(text) != sign for text in some):
            continue
        rest = [text for text in rest if sign not in text]
        if (
            any(text.count(sign) > 1 or other in text for text in some)
            or not all(text in groups for text in rest)
            or (not rest and integers and any(text.endswith("0") for text in some))
        ):
            return _thousands(sign, other, some[0])
    if points and commas:
        raise RefusedError(_both_marks(shown, points[0], commas[0]))
    sign = "." if points else ","
    if len(groups) == len(set(marked)):
        example = marked[0]
        raise RefusedError(
            f"{shown} holds {sandbox.display_text(example)!r}, which may be "
            f"{float(example.replace(',', '.')):g}, with decimals, or {example.replace(sign, '')}, "
            "with a separator of thousands: write numbers with a decimal point, and without "
            "separators."
        )
    return NumberStyle(decimal=sign, known=True)


def _both_marks(shown: str, point: str, comma: str) -> str:
    return (
        f"{shown} holds {sandbox.display_text(point)!r} and {sandbox.display_text(comma)!r}: both "
        "the point and the comma may stand before decimals. Write all numbers with a decimal point."
    )


def _truth(texts: list[str]) -> NumberStyle | None:
    words = {text.casefold() for text in texts}
    for pair in _TRUTH:
        if words <= set(pair):
            one, zero = (next((t for t in texts if t.casefold() == word), word) for word in pair)
            note = f"The pixels are {one} and {zero}, which were read as 1 and 0."
            return NumberStyle(words=dict(zip(pair, "10", strict=True)), notes=(note,), known=True)
    return None


def _thousands(signs: str, decimal: str, example: str) -> NumberStyle:
    names = {".": "Points", ",": "Commas"} | dict.fromkeys(_APOSTROPHES, "Apostrophes")
    value = NumberStyle(signs, decimal).plain(example)
    note = (
        f"{names.get(signs[0], 'Blanks')} were read as separators of thousands: "
        f"{sandbox.display_text(example)} is {value}."
    )
    return NumberStyle(signs, decimal, notes=(note,), known=True)
