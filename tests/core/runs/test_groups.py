"""Groups of held-out images, saved beside the runs."""

from __future__ import annotations

import json

import pytest

from tests.conftest import SMALL
from vae_core.runs.errors import RunError
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore


def test_groups_come_back_as_they_were_saved(store: RunStore) -> None:
    assert store.groups("digits-1") == {}
    assert store.save_group("digits-1", "  Siebenen,\n schräg 🙂 ", Group((7, 3))) == (
        "Siebenen, schräg 🙂"
    )
    store.save_group("digits-1", "other", Group((1,)))
    store.save_group("digits-2", "other", Group((5,)))
    again = RunStore(store.root)
    assert again.groups("digits-1") == {
        "Siebenen, schräg 🙂": Group((7, 3)),
        "other": Group((1,)),
    }
    store.save_group("digits-1", "other", Group((2,)))
    assert again.groups("digits-1")["other"] == Group((2,))
    store.delete_group("digits-1", "other")
    store.delete_group("digits-1", "never there")
    assert list(again.groups("digits-1")) == ["Siebenen, schräg 🙂"]
    assert store.scan() == ([], {})


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"a": {}}',
        '{"a": {"images": []}}',
        '{"a": {"images": [1, 1]}}',
        '{"a": {"images": [-1]}}',
        '{"a": {"images": [1.5]}}',
        '{"a": {"images": [true]}}',
        '{"a": {"images": 3}}',
        '{" ": {"images": [1]}}',
        json.dumps({"a" * 61: {"images": [1]}}),
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_of_groups_is_reported(store: RunStore, content: str | bytes) -> None:
    path = store.root / ".groups" / "digits-1.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RunError, match=r"digits-1 can't be read; remove .*digits-1\.json"):
        store.groups("digits-1")
    with pytest.raises(RunError, match="can't be read"):
        store.save_group("digits-1", "a", Group((1,)))


def test_a_link_in_the_place_of_groups_is_not_followed(store: RunStore) -> None:
    elsewhere = store.root / "elsewhere.json"
    (store.root / ".groups").mkdir(parents=True)
    elsewhere.write_text('{"a": {"images": [1]}}')
    (store.root / ".groups" / "digits-1.json").symlink_to(elsewhere)
    with pytest.raises(RunError, match="can't be read"):
        store.groups("digits-1")


@pytest.mark.parametrize("name", ["", "  ", "a" * 61])
def test_names_of_groups_have_1_to_60_characters(store: RunStore, name: str) -> None:
    with pytest.raises(RunError, match="1 to 60"):
        store.save_group("digits-1", name, Group((1,)))
    assert store.groups("digits-1") == {}


def test_groups_need_a_valid_run_id(store: RunStore) -> None:
    with pytest.raises(RunError, match="not the id of a run"):
        store.groups("../../etc/passwd")


def test_groups_outlive_their_run(store: RunStore) -> None:
    """Deleting a run keeps its groups, because training can't make them again."""
    run = store.create(SMALL)
    store.save_group(run.id, "a", Group((1,)))
    store.delete(run)
    assert store.groups(store.create(SMALL).id) == {"a": Group((1,))}


def test_groups_of_a_pretrained_run_are_kept_in_the_own_store(own_store: RunStore) -> None:
    pretrained = Run(next((PROJECT / "pretrained").glob("digits-mlp-d2-beta1-*")))
    own_store.save_group(pretrained.id, "a", Group((0,)))
    assert (own_store.root / ".groups" / f"{pretrained.id}.json").is_file()
    assert not (pretrained.path.parent / ".groups" / f"{pretrained.id}.json").exists()
    assert not (pretrained.path.parent / ".groups" / "lock").exists()
