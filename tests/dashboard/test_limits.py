"""Limits of a host: on runs, epochs and data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dashboard.access import actions, roles
from dashboard.access.roles import HOSTED_LIMITS, Limits
from tests.dashboard.pages import open_page
from tests.dashboard.visitors import ADA, AUTH, LISTED, Host, act, visit
from vae_core.config import RunConfig
from vae_core.runs.store import RunStore

pytestmark = pytest.mark.usefixtures("nothing_trains")


def submit(seeds: list[int], epochs: int, dataset: str) -> None:
    """Submit runs, and show their number or the error; AppTest runs this function as a page."""
    from dataclasses import replace

    import streamlit as st

    from dashboard.access import actions
    from vae_core.config import RunConfig, VaeLabError

    try:
        base = RunConfig(epochs=epochs, dataset=dataset)
        st.text(len(actions.train([replace(base, seed=seed) for seed in seeds])))
    except VaeLabError as error:
        st.text(str(error))


def submitted(user: dict[str, Any], seeds: list[int], epochs: int = 3, data: str = "digits") -> str:
    page = visit(submit, user, seeds, epochs, data)
    assert not page.exception, page.exception
    return str(page.text[0].value)


@pytest.mark.parametrize(
    ("secrets", "env", "expected"),
    [
        (None, {}, Limits()),
        (None, {"VAE_LAB_ROLE": "login"}, HOSTED_LIMITS),
        (AUTH, {}, HOSTED_LIMITS),
        ("no TOML", {}, HOSTED_LIMITS),
        (AUTH + "[vae_lab.limits]\nepochs = 7", {}, replace(HOSTED_LIMITS, epochs=7)),
        (AUTH + '[vae_lab.limits]\nepochs = "none"', {}, replace(HOSTED_LIMITS, epochs=None)),
        ("[vae_lab.limits]\nruns = 3", {"VAE_LAB_LIMIT_RUNS": "0"}, Limits(runs=0)),
        (None, {"VAE_LAB_LIMIT_UPLOAD_MB": "5"}, Limits(upload_mb=5)),
        # An unreadable limit is replaced by the default of a host.
        (None, {"VAE_LAB_LIMIT_EPOCHS": "many"}, Limits(epochs=HOSTED_LIMITS.epochs)),
        (None, {"VAE_LAB_LIMIT_EPOCHS": "-1"}, Limits(epochs=HOSTED_LIMITS.epochs)),
        ("[vae_lab.limits]\nimages = 1.5", {}, Limits(images=HOSTED_LIMITS.images)),
        ("[vae_lab.limits]\nimages = true", {}, Limits(images=HOSTED_LIMITS.images)),
        ("[vae_lab]\nlimits = 3", {}, Limits()),
    ],
)
def test_the_limits(host: Host, secrets: str | None, env: dict[str, str], expected: Limits) -> None:
    host(secrets, **env)
    assert roles.limits() == expected


def test_an_unknown_limit_is_logged_once(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    host("[vae_lab.limits]\nepoch = 7")
    roles.limits()
    roles.limits()
    assert sum("'epoch'" in record.getMessage() for record in caplog.records) == 1


def test_limits_per_person_and_per_host(host: Host, own_store: RunStore) -> None:
    grace = ADA | {"email": "grace@example.org"}
    host(AUTH + LISTED + "[vae_lab.limits]\nruns_each = 2\nruns = 3\nepochs = 10\nimages = 2000")
    assert submitted(ADA, [0], epochs=11) == "A run may have up to 10 epochs here, not 11."
    assert "up to 2,000 images here; mnist has 60,000" in submitted(ADA, [0], data="mnist")
    assert "You may have up to 2 runs" in submitted(ADA, [0, 1, 2])
    assert not own_store.scan()[0], "nothing was started"
    assert submitted(ADA, [0, 1]) == "2"
    assert submitted(ADA, [0, 1]) == "2", "runs that wait already don't count as new"
    assert "with this one, there would be 3" in submitted(ADA, [2])
    assert "up to 3 runs in training and in line, and there are 2" in submitted(grace, [2, 3])
    assert submitted(grace, [2]) == "1"
    assert "allows up to 3" in submitted(grace, [3])
    own_store.scan()[0][0].lifecycle.write(state="finished")
    assert submitted(ADA, [4]) == "1", "ended runs don't count"
    own_store.scan()[0][1].lifecycle.write(state="cancelled")
    submitted(grace, [5])
    page = visit(act, ADA, "resume", str(own_store.root))
    assert "up to" in page.error[0].value, "resuming counts as training"
    assert own_store.scan()[0][1].status().state == "cancelled"


def test_without_login_all_share_a_limit(host: Host) -> None:
    host(VAE_LAB_LIMIT_RUNS_EACH="1")
    assert submitted({}, [0]) == "1"
    assert submitted({}, [1]).startswith("All visitors together may have up to 1 runs")


def test_the_form_shows_the_limit_before_training(host: Host, own_store: RunStore) -> None:
    host(VAE_LAB_LIMIT_RUNS_EACH="3", VAE_LAB_LIMIT_EPOCHS="50")
    page = open_page("train")
    assert page.number_input("train_epochs_digits").max == 50
    assert not page.button("train").disabled
    page.button_group("train_mode").set_value("Sweep").run()
    assert page.button("train").disabled
    assert any("up to 3 runs" in caption.value for caption in page.caption)
    assert not own_store.scan()[0]


def test_a_laptop_has_no_limits(host: Host) -> None:
    host()
    many = [RunConfig(epochs=100_000, seed=seed) for seed in range(99)]
    assert actions.limit_refusal(many) is None
