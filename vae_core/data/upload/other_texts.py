"""Refuse texts that are neither lines nor rows with delimiters: JSON, XML, ARFF, SQL ..."""

from __future__ import annotations

import re

from vae_core.data.upload.conversions import cure
from vae_core.sandbox import RefusedError

LOOKED_AT = 1 << 16  # bytes at the start of a file
_SPARSE = re.compile(rb"[-+]?\d+(\.\d+)?(,\d+)*([ \t]+(qid:)?\d+:[-+.\deE]+)+\s*(#.*)?")
_SQL = (b"create table ", b"insert into ", b"drop table ")


def refuse_other_table(head: bytes, shown: str, among_texts: bool = False) -> None:
    """Refuse a text that is a table in another format.

    Args:
        head: the start of the file, `LOOKED_AT` bytes.
        shown: its name, for error messages.
        among_texts: whether its ending is that of texts, which may look like SQL or JSON.

    Raises:
        RefusedError: it is one; the sentence says how to convert it.
    """
    ending = _ending(head)
    if ending and not (among_texts and ending in (".sql", ".jsonl")):
        raise RefusedError(f"{shown} {cure(ending, shown, 'is really')}")


def refuse_other_text(head: bytes, shown: str) -> None:
    """Refuse a text in JSON or XML, which no reader takes for its data.

    Raises:
        RefusedError: it is one.
    """
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<?xml", b"<svg")):
        raise RefusedError(f"{shown} {cure('.xml', shown, 'is really')}")
    if re.match(rb'\{\s*"|\[\s*[\[{]', start):
        raise RefusedError(f"{shown} {cure('.json', shown, 'is really')}")


def _ending(head: bytes) -> str:
    """Return the ending that a table in another format should have; an empty text for others."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    lines = [line for line in start.splitlines()[:20] if line.strip()]
    whole = lines[:-1] if len(head) >= LOOKED_AT else lines
    if start.startswith(b"%%MatrixMarket"):
        return ".mtx"
    if _first_line(start, b"%").startswith(b"@relation"):
        return ".arff"
    if _first_line(start, b"--").startswith(_SQL):
        return ".sql"
    if len(whole) > 1 and all(map(_is_object, whole)):
        return ".jsonl"
    return ".libsvm" if sum(map(_is_sparse, whole)) > 0.8 * max(len(whole), 1) else ""


def _first_line(text: bytes, comment: bytes) -> bytes:
    """Return the first line that is no comment, in lower case."""
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith(comment)), b"").lower()


def _is_object(line: bytes) -> bool:
    return line.lstrip().startswith(b"{") and line.rstrip().endswith((b"}", b"},"))


def _is_sparse(line: bytes) -> bool:
    return bool(_SPARSE.fullmatch(line.strip()))
