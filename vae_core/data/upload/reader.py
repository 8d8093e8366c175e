"""Read a user's file in a child process."""

from __future__ import annotations

import contextlib
import shutil
import time
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from vae_core import sandbox
from vae_core.data.dataset import DatasetError
from vae_core.data.own import own_folder, own_source
from vae_core.data.source import Source
from vae_core.data.upload.labels import ALL
from vae_core.data.upload.limits import LIMITS, Limits
from vae_core.runs.disk import replace_file


@dataclass(frozen=True)
class Summary:
    """The data set that was made from a file.

    Attributes:
        name: see `vae_core.data.own.own_name`.
        item_shape: (h, w, c) of an image; for texts (length,), the tokens of the longest text
            with its end token.
        train, test: number of training items and of held-out items.
        label_names: one per label.
        counts: items of each label, training and held out together.
        notes: sentences that say how the items were changed.
        kind: `images` or `text`.
    """

    name: str
    item_shape: tuple[int, ...]
    train: int
    test: int
    label_names: tuple[str, ...]
    counts: tuple[int, ...]
    notes: tuple[str, ...]
    kind: str = "images"


class Upload:
    """A data set that was made from a file but is not stored yet; it lies in a private folder.

    The folder is deleted with this object or at the end of the process. If the process is killed,
    the next one that reads a file deletes the folder.

    Attributes:
        images, labels: (k, h, w) uint8 and (k,), a preview with some images of each label.
        texts: (k,) str, a preview of texts; images and labels are then empty.
    """

    def __init__(self, summary: Summary, folder: Path) -> None:
        self.summary = summary
        # Named like the stored file, so that it can be loaded from here.
        self._data = (folder / "data.npz").rename(folder / f"{summary.name}.npz")
        self.discard = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        with np.load(folder / "preview.npz", allow_pickle=False) as preview:
            self.images, self.labels = preview["images"], preview["labels"]
            self.texts = preview["texts"] if "texts" in preview else np.array([], str)

    @property
    def source(self) -> Source:
        """The data set, before it is stored."""
        return own_source(self._data, ())

    def keep(self) -> str:
        """Store the data set among the user's own, and return its name.

        Raises:
            DatasetError: the folder of data sets can't be written.
        """
        folder = own_folder()
        try:
            return self._keep(folder)
        except OSError as error:
            raise DatasetError(
                f"the data set can't be stored in {folder} ({error.strerror or error}): make room "
                "there, or choose another store."
            ) from error

    def _keep(self, folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(".*-own_*.npz"):  # left by processes that died in this method
            with contextlib.suppress(OSError):
                if time.time() - leftover.stat().st_mtime > 3600:
                    leftover.unlink()
        path = folder / f"{self.summary.name}.npz"
        replace_file(path, lambda new: shutil.copyfile(self._data, new))
        self.discard()
        return self.summary.name


def read(
    content: Path | memoryview | bytes,
    file_name: str,
    size: int | None = None,
    limits: Limits = LIMITS,
    labels: str = ALL,
) -> Upload:
    """Read a file in a child process.

    Args:
        content: the path of the file, or of a folder of pictures; or the file's bytes.
        file_name: its ending says which format it is; the data set is named after it.
        size: pixels per side; None for the images' own size, or 28 if that is out of range.
        limits: the most that the file may take.
        labels: one of `LABEL_CHOICES`, see `index_labels`.

    Raises:
        RefusedError: the file holds no data set. Everything that was written is deleted.
    """
    if not (isinstance(content, Path) and content.is_dir()):
        sandbox.check_file(content, file_name, limits.file_bytes)
    with sandbox.private_folder() as folder:
        path = content if isinstance(content, Path) else folder / "file"
        if not isinstance(content, Path):
            path.write_bytes(content)
        request = {
            "path": str(path.absolute()),
            "file_name": file_name,
            "size": size,
            "labels": labels,
            "limits": asdict(limits),
            "folder": str(folder),
        }
        child = sandbox.ChildLimits(limits.memory_bytes, limits.seconds)
        fields = sandbox.ask_child(
            "vae_core.data.upload.child", request, child, sandbox.display_name(file_name)
        )
        for used in (folder / "file", *folder.glob("unpacked*")):
            used.unlink(missing_ok=True)
        for key in ("item_shape", "label_names", "counts", "notes"):
            fields[key] = tuple(fields[key])
        return Upload(Summary(**fields), folder)
