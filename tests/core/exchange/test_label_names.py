"""The names of labels come back from an exported run as they were."""

from __future__ import annotations

import numpy as np

from tests.core.data.upload_files import npz
from vae_core.config import RunConfig
from vae_core.exchange.imported_arrays import checked_arrays

COUNT = 24


def imported(names: list[str]) -> list[str]:
    config = RunConfig()
    means = np.zeros((COUNT, config.latent_dim), np.float32)
    content = npz(
        posterior_mean=means,
        posterior_log_var=means,
        labels=np.arange(COUNT) % len(names),
        label_names=np.array(names),
    )
    return [str(name) for name in checked_arrays(content, "a.zip", config, COUNT)["label_names"]]


def test_names_in_any_script_come_back() -> None:
    names = ["हिन्दी", "می‌خواهم", "👩‍🔬 :smile:", "<b>&*_$`[x]", "x" * 200, "T-shirt/top", "0"]
    assert imported(names) == names


def test_names_that_would_spoil_a_page_are_cleaned() -> None:
    assert imported(["a\nb", "\u202egnp.exe", "\x1b[31m"]) == ["a b", "gnp.exe", "[31m"]
