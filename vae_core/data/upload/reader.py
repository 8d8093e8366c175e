"""Read a file of the user's in a process of its own."""

from __future__ import annotations

import contextlib
import shutil
import time
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from vae_core import sandbox
from vae_core.data.own import own_folder
from vae_core.data.upload.limits import ENDINGS, LIMITS, Limits
from vae_core.runs.disk import replace_file


@dataclass(frozen=True)
class Summary:
    """What a file was made into.

    Attributes:
        name: see `vae_core.data.own.own_name`.
        size: pixels a side.
        train, test: images; test is held out.
        label_names: one a label.
        counts: images of each label, train and test together.
        notes: sentences on what was done to the images.
        kind: `images`, or `text`: then size is the tokens of the longest.
    """

    name: str
    size: int
    train: int
    test: int
    label_names: tuple[str, ...]
    counts: tuple[int, ...]
    notes: tuple[str, ...]
    kind: str = "images"


class Upload:
    """A file that was read, and is not kept yet: what it was made into lies in a private folder.

    The folder goes with this object, with the process, or with the next one that reads a file.

    Attributes:
        images, labels: (k, size, size) uint8 and (k,), some of each label, to be looked at.
        texts: (k,) str, of a text file; images and labels are empty then.
    """

    def __init__(self, summary: Summary, folder: Path) -> None:
        self.summary = summary
        self._data = folder / "data.npz"
        self.discard = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        with np.load(folder / "preview.npz", allow_pickle=False) as preview:
            self.images, self.labels = preview["images"], preview["labels"]
            self.texts = preview["texts"] if "texts" in preview else np.array([], str)

    def keep(self) -> str:
        """Put it among the user's own data sets, and return its name."""
        folder = own_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".*-own_*.npz"):  # of a process that died here
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > 3600:
                    left.unlink()
        path = folder / f"{self.summary.name}.npz"
        replace_file(path, lambda new: shutil.copyfile(self._data, new))
        self.discard()
        return self.summary.name


def read(
    content: Path | memoryview | bytes,
    file_name: str,
    size: int | None = None,
    limits: Limits = LIMITS,
) -> Upload:
    """Read a file in a process of its own.

    Args:
        content: the file, or what is in it.
        file_name: its ending says what it is; the data set is named after it.
        size: pixels a side; None for the images' own, or 28 where that is out of range.
        limits: of what it may take.

    Raises:
        RefusedError: it holds no data set; nothing is left of it.
    """
    sandbox.check_file(content, file_name, ENDINGS, limits.file_bytes)
    with sandbox.private_folder() as folder:
        path = content if isinstance(content, Path) else folder / "file"
        if not isinstance(content, Path):
            path.write_bytes(content)
        request = {
            "path": str(path.absolute()),
            "file_name": file_name,
            "size": size,
            "limits": asdict(limits),
            "folder": str(folder),
        }
        child = sandbox.Child(limits.memory_bytes, limits.seconds)
        found = sandbox.ask_child(
            "vae_core.data.upload.child", request, child, sandbox.shown(file_name)
        )
        (folder / "file").unlink(missing_ok=True)
        for key in ("label_names", "counts", "notes"):
            found[key] = tuple(found[key])
        return Upload(Summary(**found), folder)
