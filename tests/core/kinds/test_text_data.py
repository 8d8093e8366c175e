"""Texts as data: tokens, splits, files, and tokens that a decoder generates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.core.cli.parsing import parsed
from tests.core.kinds.words import WORDS
from vae_core.cli.config_options import config_of
from vae_core.config import ConfigError, RunConfig
from vae_core.data import excerpts, registry, text_items
from vae_core.data.dataset import DatasetError, TextDataset
from vae_core.data.text_characters import is_allowed, normalize_text
from vae_core.data.tokens import (
    Step,
    decode,
    decoder_inputs,
    encode,
    generate,
)
from vae_core.data.upload import reader
from vae_core.exchange.imported_records import is_vocabulary
from vae_core.runs.store import RunStore
from vae_core.sandbox import RefusedError


def test_tokens_are_encoded_and_decoded() -> None:
    tokens = encode(["ab", "bba"], "ab", 5)
    assert tokens.tolist() == [[2, 3, 1, 0, 0], [3, 3, 2, 1, 0]]
    assert decode(tokens, "ab") == ["ab", "bba"]
    assert decoder_inputs(tokens).tolist() == [[1, 2, 3, 1, 0], [1, 3, 3, 2, 1]]


@pytest.mark.parametrize(
    ("text", "message"), [("", "this one has 0"), ("abab", "1 to 3"), ("c", "c")]
)
def test_a_text_that_can_not_be_encoded(text: str, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        encode([text], "ab", 4)


def test_no_text_is_in_both_parts() -> None:
    items = text_items.split([*WORDS, *WORDS[::-1]])
    train = decode(items.x_train, items.vocabulary)
    test = decode(items.x_test, items.vocabulary)
    assert sorted([*train, *test]) == sorted(set(WORDS))
    assert len(test) == len(set(WORDS)) // 5
    assert np.array_equal(text_items.split(WORDS).x_test, items.x_test)


def test_each_text_has_a_length_group() -> None:
    lengths = [2, 2, 3, 3, 3, 4, 9]
    names, groups = text_items.length_groups(lengths)
    assert names[0] == "2 characters"
    assert names[-1].endswith("9 characters")
    assert sorted(groups) == list(groups)
    assert max(groups) == len(names) - 1
    assert text_items.length_groups([1, 1])[0] == ("1 character",)


def test_unicode_names_never_change() -> None:
    data = registry.load("unicode_names")
    assert isinstance(data, TextDataset)
    source = registry.source("unicode_names")
    assert data.x_train.shape == (source.train_images, source.size)
    assert data.x_train.shape[0] + data.x_test.shape[0] == 5845
    assert "LATIN SMALL LETTER A" in [
        *excerpts.texts(data.name, "train"),
        *excerpts.texts(data.name, "test"),
    ]
    assert data.sha256.startswith("d48f73ec")


def test_names_are_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    registry.load.cache_clear()
    with pytest.raises(DatasetError, match="VAE_LAB_DATA"):
        registry.load("names")
    (tmp_path / "names.txt").write_text("\n".join(WORDS * 2))
    assert len(registry.load("names").x_train) == 168
    registry.load.cache_clear()


MANY = "\n".join(WORDS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds 0 different"),
        (b"a\nb\n", "at least 100"),
        (b"one\n" * 500, "line that repeats|lines that repeat"),
        (MANY.encode() + b"\n\xe9t\xe9", "line 211"),
        (b"\x89PNG\0\0", "not a text file"),
        (MANY.replace("\n", " ").encode("utf-16-le"), "not a text file"),
        (MANY.encode() + b"\n\0", "Line 211 holds a NUL"),
        ((MANY + "\nMüller").encode("latin-1"), r"line 211 .* \(Windows-1252\) reads as 'Müller'"),
        ((MANY + "\nпривет").encode("cp1251"), "line 211 .*such as Windows-1251"),
        ((MANY + "\nかな").encode("shift_jis"), "line 211 .*such as Windows-1251, Shift-JIS"),
        (MANY.encode("utf-16") + b"x", "starts as UTF-16, but line 210 is not"),
        ((MANY + "\n\U0001f600").encode("utf-16")[:-2], "starts as UTF-16, but line 211 is not"),
        ((MANY + "\nbell \a").encode(), r"line 211 holds U\+0007"),
        ("\n".join(chr(0x4E00 + i) for i in range(300)).encode(), "300 different characters"),
        (("x" * 1_000_000 + "\n").encode(), "more than 64 characters"),
    ],
)
def test_invalid_text_files(content: bytes, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        text_items.parse_items(content, "words.txt")


def test_texts_are_normalised() -> None:
    assert normalize_text("\u200b a \u200b  b\t") == "a b"
    assert normalize_text("cafe\u0301") == "caf\u00e9"
    with pytest.raises(RefusedError, match="more than 64 characters"):  # they are not shortened
        text_items.parse_items(("abc" + " " * 1300 + "def").encode(), "words.txt")


CASES = Path(__file__).parents[2] / "cases" / "uploads"


@pytest.mark.parametrize("name", ["persian", "newemoji", "newemoji16", "newemoji17"])
def test_joiners_and_new_emoji_are_kept(name: str) -> None:
    content = (CASES / f"{name}.txt").read_bytes()
    items, notes = text_items.parse_items(content, f"{name}.txt")
    assert items == content.decode().splitlines()
    assert notes == []
    assert "".join(items).count("\u200c") == (300 if name == "persian" else 0)


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f469\u200d\U0001f4bb",  # a woman and a laptop: one emoji
        "\u2764\ufe0f\u200d\U0001f525 \U0001f44d\U0001f3fd",  # variation selector, skin tone
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0915\u094d\u200d\u0937",  # Devanagari
        "\u0d28\u0d4d\u200d",  # Malayalam: the joiner ends the word
        "\u0e19\u0e35\u0e49 Vi\u1ec7t",
        "\U0001faea\U000323b0",  # not in Python's table of Unicode
    ],
)
def test_what_belongs_to_a_text_is_kept(text: str) -> None:
    assert normalize_text(text) == text
    assert all(map(is_allowed, text))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("\ufeffa\u00adb\u200e\u200bc", "abc"),
        ("\u200ca\u200c \u200db\u200d", "a b"),  # a joiner needs a letter on either side
        ("a\u200d\u200c\u200db", "a\u200db"),
        ("1\u200d2", "12"),
    ],
)
def test_other_invisible_characters_are_removed(typed: str, text: str) -> None:
    assert normalize_text(typed) == text
    assert normalize_text(text) == text


@pytest.mark.parametrize(
    "odd", ["\a", "\ue000", "\ufdd0", "\U0001ffff", "\U000e0080", "\u2065", "\ufff0"]
)
def test_other_characters_are_refused_with_their_line(odd: str) -> None:
    with pytest.raises(RefusedError, match=f"line 211 holds U\\+{ord(odd):04X}, which a text"):
        text_items.parse_items(f"{MANY}\nx{odd}y".encode(), "words.txt")


FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"  # of Scotland


@pytest.mark.parametrize("text", [f"a {FLAG} b", "\u06dd12", "\u0600\u0661", "\u1820\u180e\u1821"])
def test_format_characters_with_a_meaning_are_kept(text: str) -> None:
    assert normalize_text(text) == text
    items, notes = text_items.parse_items(f"{MANY}\n{text}".encode(), "words.txt")
    assert items[-1] == text
    assert notes == []
    assert is_vocabulary("".join(sorted(set(text))))


@pytest.mark.parametrize(
    ("typed", "text", "note"),
    [
        ("Donau\u00addampf\u00adschiff", "Donaudampfschiff", "U+00AD soft hyphen (2)"),
        (
            "\u200fשלום\u200e",
            "שלום",
            "U+200F right-to-left mark (1), U+200E left",
        ),
        ("\u202eabc\u202c", "abc", "U+202E right-to-left override (1), U+202C pop direction"),
        ("a\U000e0067b", "ab", "U+E0067 tag latin small letter g (1)"),
        (FLAG[:-1], FLAG[0], "U+E0062 tag latin small letter b (1)"),
        ("ab\u200b", "ab", "U+200B zero width space (1)"),
    ],
)
def test_what_is_removed_is_named(typed: str, text: str, note: str) -> None:
    items, notes = text_items.parse_items(f"{MANY}\n{typed}".encode(), "words.txt")
    assert items[-1] == text or (text in items and "repeats" in notes[-1])
    assert notes[0].startswith("Characters that can't be seen were removed: ")
    assert note in notes[0]


THAI = [f"สวัสดี {i} ครับ" for i in range(120)]
CHINESE = [f"{a}{b}国人" for a in "一二三四五六七八九十百千" for b in "东西南北春夏秋冬山水"]


@pytest.mark.parametrize("texts", [WORDS, THAI, CHINESE])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_text_without_a_byte_order_mark(texts: list[str], line_end: str) -> None:
    whole = line_end.join(texts)
    for encoding in ("UTF-16-LE", "UTF-16-BE", "UTF-32-LE", "UTF-32-BE"):
        items, notes = text_items.parse_items(whole.encode(encoding), "words.txt")
        assert items == texts
        assert notes == [f"The file has no byte order mark: it was read as {encoding}."]
    for marked in (
        *("\ufeff".encode(encoding) + whole.encode(encoding) for encoding in ("UTF-32-LE",)),
        *(whole.encode(encoding) for encoding in ("UTF-16", "UTF-32", "UTF-8", "UTF-8-SIG")),
    ):
        assert text_items.parse_items(marked, "words.txt") == (texts, [])


def test_a_table_of_numbers_is_no_text_file() -> None:
    for row in ("0.25 " * 64, "0,255," * 64, "1.5e-03;" * 32):
        with pytest.raises(RefusedError, match=r"give it the ending \.csv"):
            text_items.parse_items(f"{row}\n".encode() * 60, "images.txt")


def test_valid_text_files() -> None:
    odd = MANY.replace("\n", " \r\n", 1) + "\n\n" + "y" * 65 + "\n" + WORDS[3] + "\ncafe\u0301"
    for content in (odd.encode("utf-8-sig"), odd.encode("utf-16")):
        items, notes = text_items.parse_items(content, "words.txt")
        assert items == [*WORDS, "caf\u00e9"]
        assert [note.split()[0] for note in notes] == ["1", "1", "1"]


@pytest.mark.usefixtures("own_store")
def test_a_file_becomes_a_data_set() -> None:
    upload = reader.read(MANY.encode(), "My words.txt")
    assert (upload.summary.kind, upload.summary.train, upload.summary.test) == ("text", 168, 42)
    assert set(upload.texts) < set(WORDS)
    name = upload.keep()
    assert name.startswith("own_my_words_")
    source = registry.source(name)
    assert (source.kind, source.size, source.train_images) == ("text", 4, 168)
    assert sorted(excerpts.texts(name, "train") + excerpts.texts(name, "test")) == sorted(WORDS)


def test_a_file_on_the_command_line(
    own_store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def config(*arguments: str) -> RunConfig:
        return config_of(parsed("train", arguments))

    path = tmp_path / "words.txt"
    path.write_text(MANY)
    made = config("--dataset", str(path), "--epochs", "3")
    assert made.dataset.startswith("own_words_")
    assert (made.architecture, made.schedule, made.epochs) == ("lstm", "linear", 3)
    assert "168 training and 42 held-out texts of at most 3 characters" in capsys.readouterr().err
    assert config("--dataset", str(path), "--schedule", "constant").schedule == "constant"
    assert config("--dataset", "digits") == RunConfig()
    for arguments, message in (
        (("--dataset", str(path), "--architecture", "mlp"), "'mlp' is for images"),
        (("--dataset", str(path), "--likelihood", "gaussian"), "'gaussian' is for images"),
        (("--dataset", str(path), "--likelihood", "categorical"), "leave it out"),
        (("--dataset", "digits", "--likelihood", "categorical"), "'categorical' is for text"),
        (("--dataset", str(path), "--likelihood", "laplac"), "choose one of categorical"),
        (("--dataset", "digits", "--architecture", "lstm"), "'lstm' is for text"),
    ):
        with pytest.raises(ConfigError, match=message):
            config(*arguments)
    assert not own_store.scan()[0]


def _constant(logits: list[float]) -> Step:
    """Return a decoder step that gives the same logits for every z and token."""
    return lambda z, _token, state, cell: (np.tile(logits, (len(z), 1)), state, cell)


def test_tokens_are_generated_from_logits() -> None:
    z, state = np.zeros((2000, 1)), (np.zeros((2000, 1)), np.zeros((2000, 1)))
    never_ends = generate(_constant([0.0, 2.0, 1.0]), z, state, 5)
    assert (never_ends == 2).all()
    ends = generate(_constant([3.0, 2.0, 1.0]), z, state, 5)
    assert ends[0].tolist() == [1, 0, 0, 0, 0]
    logits = np.log([0.5, 0.3, 0.2])
    drawn = generate(_constant(list(logits)), z, state, 5, temperature=1.0, seed=1)
    shares = np.bincount(drawn[:, 0], minlength=4)[1:] / len(z)
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.04)
    cold = generate(_constant(list(logits)), z, state, 5, temperature=0.1, seed=1)
    assert (cold[:, 0] == 1).mean() > 0.95
    assert np.array_equal(drawn, generate(_constant(list(logits)), z, state, 5, 1.0, 1))


def test_a_vocabulary_of_such_characters_can_be_imported() -> None:
    items, _ = text_items.parse_items((CASES / "persian.txt").read_bytes(), "persian.txt")
    assert is_vocabulary(text_items.split(items).vocabulary)
    assert is_vocabulary("a\U0001faea")
    for odd in ("\u202ea", "a\u3000", "a\n"):
        assert not is_vocabulary("".join(sorted(odd)))
