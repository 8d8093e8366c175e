"""Groups of held-out items that viewers chose."""

from __future__ import annotations

import dataclasses

from vae_core.runs.errors import RunError


@dataclasses.dataclass(frozen=True)
class Group:
    """Held-out items that a viewer chose, such as faces with glasses for latent arithmetic.

    Attributes:
        images: indices of one or more held-out images, each index once.
    """

    images: tuple[int, ...]

    def __post_init__(self) -> None:
        whole = all(type(image) is int and image >= 0 for image in self.images)
        if not self.images or not whole or len(set(self.images)) != len(self.images):
            raise RunError(
                "a group must hold the indices (from 0) of one or more images, each index once."
            )


GROUP_NAME_LENGTH = 60


def checked_group_name(name: str) -> str:
    """Return a name without surplus spaces.

    Raises:
        RunError: the name is empty or too long.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= GROUP_NAME_LENGTH:
        raise RunError(f"the name of a group must have 1 to {GROUP_NAME_LENGTH} characters.")
    return name
