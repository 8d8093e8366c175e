"""A child that reads a file from outside, and that the file has taken over."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from tests.core.data import hostile_child
from vae_core import sandbox


@pytest.mark.skipif(sys.platform != "linux", reason="other systems only limit memory and time")
def test_a_child_can_do_nothing_but_read_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_LAB_PASSWORD", "1234")
    folder, secret, file = tmp_path / "folder", tmp_path / "secret", tmp_path / "file"
    folder.mkdir()
    secret.write_text("secret")
    file.write_text("data")
    with socket.create_server(("127.0.0.1", 0)) as server:
        request = {
            "do": "break out",
            "file_name": "a.npz",
            "folder": str(folder),
            "path": str(file),
            "secret": str(secret),
            "port": server.getsockname()[1],
        }
        child = sandbox.ChildLimits(memory_bytes=8 << 30, seconds=100)
        refused = sandbox.ask_child("tests.core.data.hostile_child", request, child, "a.npz")
    allowed = {"write in its folder", "read the file", "import a library"}
    assert refused == {name: name not in allowed for name in hostile_child.ATTEMPTS}
    assert secret.read_text() == "secret"
