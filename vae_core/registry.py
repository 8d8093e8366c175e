"""Look up members by name. A member, such as a likelihood, is in this package or in a plug-in.

A member of this package is one file and one line, `"gaussian": "package.module:Gaussian"`. An
installed plug-in adds a member by an entry point of the registry's group:

    [project.entry-points."vae_lab.likelihoods"]
    laplace = "my_package.laplace:Laplace"

A member is imported when it is looked up, so listing names imports no Keras.
"""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

from vae_core.config import ConfigError


class Registry(Mapping[str, Any]):
    """A mapping from names to members. A plug-in can't replace a member of the package.

    Args:
        what: the word for a member in error messages, such as "likelihood".
        group: the group of entry points of plug-ins.
        members: the package's own: name -> "package.module:attribute", or the member itself.
    """

    def __init__(self, what: str, group: str, members: Mapping[str, Any]) -> None:
        self.what = what
        self.group = group
        self._members = members

    @functools.cached_property
    def _places(self) -> dict[str, Any]:
        """Name -> place of the member, or the member itself; the package's own come first."""
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
            ConfigError: the name is unknown, or the plug-in can't be imported.
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
        """Return the place of a member, "package.module:attribute", without importing it.

        Raises:
            ConfigError: the name is unknown.
        """
        self.check(name)
        return str(self._places[name])

    def get(self, name: str, default: Any = None) -> Any:
        """Return the member, or `default` if the name is unknown."""
        if name not in self:
            return default
        return self[name]

    def check(self, name: str) -> None:
        """Raise ConfigError if the name is unknown."""
        if name not in self:
            raise ConfigError(f"unknown {self.what} {name!r}: choose one of {', '.join(self)}.")
