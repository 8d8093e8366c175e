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
        has_vocabulary: are its items tokens of a vocabulary?
        may_have_factors: can it be known what its items were made from?
        item, items, an_item: its words: an `image`, `images`, and `an image`, which numbers are
            nats of.
    """

    name: str
    arrays: str
    has_vocabulary: bool
    may_have_factors: bool
    item: str
    items: str
    an_item: str

    def item_shape(self, size: int) -> tuple[int, ...]:
        """Shape of an item, without the batch.

        Args:
            size: pixels a side; tokens of the longest text.
        """
        ...

    def size_in_words(self, size: int) -> str:
        """How large an item is, such as "28x28 pixels"."""
        ...

    def holds(self, size: int, labels: int) -> str:
        """What a data set of the user's own holds, such as "images of 8x8 pixels, 10 labels"."""
        ...

    def recorded_size(self, config: RunConfig, said: Mapping[str, Any]) -> tuple[int, str]:
        """Size and vocabulary of the data of an imported run; images have no vocabulary.

        Args:
            config: of the run.
            said: of the data set, by the run's records, see `vae_core.runs.records.DatasetSize`.

        Raises:
            ValueError: that can't be, or the data set here is another; the message says why.
        """
        ...

    def new_vae(self, config: RunConfig, size: int, vocabulary: str = "", steps: int = 1) -> VAE:
        """The model with its first weights. This imports TensorFlow.

        Args:
            config: the run.
            size: see `item_shape`.
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
