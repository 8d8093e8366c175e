"""Short words that stand in for a data set of texts, so that training takes seconds."""

from __future__ import annotations

from vae_core.config import RunConfig

WORDS = [a + b + c for a in "abcde" for b in ("", *"uvwxyz") for c in "klmnop"]
CONFIG = RunConfig(
    dataset="unicode_names", architecture="lstm", schedule="linear", epochs=2, batch_size=8
)
