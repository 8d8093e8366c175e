"""The members of a seam by name: those of the package, and those of installed plug-ins.

A member of the package is one file and one line, `"gaussian": "package.module:Gaussian"`. A plug-in
adds one without touching the package, by an entry point of the seam's group:

    [project.entry-points."vae_lab.likelihoods"]
    laplace = "my_package.laplace:Laplace"

Nothing is imported before it is asked for, so listing names loads no Keras.
"""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

from vae_core.config import ConfigError


class Registry(Mapping[str, Any]):
    """Name -> member; a package's member hides a plug-in's of the same name.

    Args:
        what: a member is, such as "likelihood"; for errors.
        group: of the entry points.
        members: of the package: name -> "package.module:attribute", or the member itself.
    """

    def __init__(self, what: str, group: str, members: Mapping[str, Any]) -> None:
        self.what = what
        self.group = group
        self._members = members

    @functools.cached_property
    def _places(self) -> dict[str, Any]:
        """Name -> where the member is, or itself; the package's first."""
        plugged = {point.name: point.value for point in entry_points(group=self.group)}
        return {**self._members, **{n: v for n, v in plugged.items() if n not in self._members}}

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __getitem__(self, name: str) -> Any:
        """Import the member.

        Raises:
            ConfigError: there is none of that name, or a plug-in's can't be imported.
        """
        self.check(name)
        place = self._places[name]
        if not isinstance(place, str):
            return place
        try:
            return pkgutil.resolve_name(place)
        except (ImportError, AttributeError) as error:
            if name in self._members:
                raise
            raise ConfigError(
                f"the {self.what} {name!r} of a plug-in can't be imported: {error}."
            ) from error

    def place(self, name: str) -> str:
        """Where the member is, "package.module:attribute"; nothing is imported.

        Raises:
            ConfigError: there is none of that name.
        """
        self.check(name)
        return str(self._places[name])

    def get(self, name: str, default: Any = None) -> Any:
        """The member, or `default` where there is none of that name."""
        if name not in self:
            return default
        return self[name]

    def check(self, name: str) -> None:
        """Raise ConfigError where there is no member of that name."""
        if name not in self:
            raise ConfigError(f"unknown {self.what} {name!r}: choose one of {', '.join(self)}.")
