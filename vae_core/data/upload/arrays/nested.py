"""Arrays in groups or structs: what a reader found, and names for `arrays.read_arrays`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.wording import listed


@dataclass
class Nested:
    """What a file holds.

    Attributes:
        arrays: names of the groups around an array and its own -> the array.
        left_out: what is no array of numbers or texts.
        notes: sentences on how arrays were read.
    """

    arrays: dict[tuple[str, ...], np.ndarray] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def named(self) -> dict[str, np.ndarray]:
        """Return the arrays by one name: x in the group train is `train_x`.

        A group around all arrays is not in their names.
        """
        paths = list(self.arrays)
        while paths and all(len(path) > 1 and path[0] == paths[0][0] for path in paths):
            paths = [path[1:] for path in paths]
        return {
            "_".join(path): array for path, array in zip(paths, self.arrays.values(), strict=True)
        }

    def what_was_left_out(self) -> list[str]:
        """Return a sentence on what is no array, if there is anything."""
        if not self.left_out:
            return []
        some = listed(list(map(sandbox.display_name, self.left_out)))
        one = len(self.left_out) == 1
        was = "which is no plain array, was" if one else "which are no plain arrays, were"
        return [f"{some}, {was} left out."]
