"""What a kind of data gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from vae_core.config import RunConfig
from vae_core.data.dataset import Dataset
from vae_core.runs.run import Run

if TYPE_CHECKING:
    from vae_core.model.vae import VAE


class Kind(Protocol):
    """A kind of data.

    Attributes:
        name: of the kind.
        arrays: what its arrays are, `images` or `text`: two kinds may share architectures and usual
            settings, and differ in how they are shown.
        usual_settings: field -> value that the command line and the form set for data of this kind
            where they are told nothing else.
        has_vocabulary: are its items tokens of a vocabulary?
        may_have_factors: can it be known what its items were made from?
        item, items, an_item: its words: an `image`, `images`, and `an image`, which numbers are
            nats of.
    """

    name: str
    arrays: str
    usual_settings: Mapping[str, Any]
    has_vocabulary: bool
    may_have_factors: bool
    item: str
    items: str
    an_item: str

    def item_shape(self, size: int) -> tuple[int, ...]:
        """Shape of an item, (h, w, c) of an image and (length,) of a text, where only its size is
        known.

        Args:
            size: pixels a side; tokens of the longest text.
        """
        ...

    def size_in_words(self, size: int) -> str:
        """How large an item is, such as "28x28 pixels"."""
        ...

    def new_vae(
        self,
        config: RunConfig,
        item_shape: tuple[int, ...],
        vocabulary: str = "",
        steps: int = 1,
    ) -> VAE:
        """The model with its first weights. This imports TensorFlow.

        Args:
            config: the run.
            item_shape: (h, w, c) of an image, (length,) of a text.
            vocabulary: of tokens.
            steps: see `VAE`.
        """
        ...

    def inference(self, run: Run) -> Any:
        """The networks of a run without TensorFlow."""
        ...

    def measure(self, networks: Any, dataset: Dataset) -> dict[str, float]:
        """All metrics of a trained model that training itself does not report."""
        ...

    def snapshot(
        self, vae: Any, dataset: Dataset, pictured: np.ndarray, z: np.ndarray
    ) -> dict[str, np.ndarray]:
        """What is shown of a run while it trains: held-out items, and what they are decoded to.

        Args:
            vae: the model.
            dataset: its data.
            pictured: (k,) indices of held-out items.
            z: (k + m, d), their posterior means, and then samples of the prior.

        Returns:
            The items under the kind's own name, `reconstructions` and `prior_samples`.
        """
        ...
