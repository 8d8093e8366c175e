"""The data set `names`: given names from the file names.txt."""

from __future__ import annotations

from vae_core.data import text_items
from vae_core.data.dataset import Dataset, DatasetError, of_items
from vae_core.data.local_files import local_file
from vae_core.sandbox import RefusedError

NAMES = "names.txt"

NO_NAMES = (
    "data set 'names' needs names.txt, one name per line: put it into a folder and name that "
    "folder in VAE_LAB_DATA, or use the bundled 'unicode_names'."
)


def load_names() -> Dataset:
    """Load given names from names.txt, each once; a fifth is held out."""
    path = local_file(NAMES)
    if path is None:
        raise DatasetError(NO_NAMES)
    try:
        items, _ = text_items.parse_items(path.read_bytes(), path.name)
    except RefusedError as error:
        raise DatasetError(f"{path.parent}: {error}") from error
    return of_items("names", text_items.split(items))
