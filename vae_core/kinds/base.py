"""The interface of a kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from vae_core.config import RunConfig
from vae_core.data.dataset import Dataset
from vae_core.runs.records import DatasetSize
from vae_core.runs.run import Run

if TYPE_CHECKING:
    from vae_core.model.vae import VAE


class LoadScript(NamedTuple):
    """The parts of load.py, in the zip of a run, that depend on the kind of data.

    Attributes:
        outputs: what the decoder gives, such as "logits of the values".
        arguments: the arguments of the architecture's `build`, as source.
        constants: assignments that `arguments` and `main` need, as source.
        main: the end of the script, which tries the networks. `{latent_dim}` and `{origin}` stand
            for the number of latent dimensions and a description of z = 0.
    """

    outputs: str
    arguments: str
    constants: str
    main: str


class Kind(Protocol):
    """A kind of data.

    Attributes:
        name: the key in `KINDS`.
        arrays: the kind of its arrays, `images` or `text`. Kinds with the same arrays have the same
            architectures and usual settings.
        usual_settings: config field -> value. The command line and the form set these for data of
            this kind, unless the user sets others.
        has_vocabulary: whether an item is a row of tokens of a vocabulary.
        may_have_factors: whether data sets of this kind can have known factors.
        item, items, an_item: the words "image", "images" and "an image".
    """

    name: str
    arrays: str
    usual_settings: Mapping[str, Any]
    has_vocabulary: bool
    may_have_factors: bool
    item: str
    items: str
    an_item: str

    def size_in_words(self, item_shape: tuple[int, ...]) -> str:
        """Say how large an item is, such as "28x28 pixels"."""
        ...

    def holds(self, item_shape: tuple[int, ...], labels: int) -> str:
        """Say what a user's data set holds, such as "images of 8x8 pixels, 10 labels"."""
        ...

    def check_recorded(self, config: RunConfig, recorded: DatasetSize) -> None:
        """Check an imported run's record of its data set.

        Args:
            config: of the run.
            recorded: the data set in the run's records.

        Raises:
            ValueError: the record is impossible, or the data set on this machine is another. The
                message is a sentence that begins with "it" or "its", meaning the run.
        """
        ...

    def new_vae(
        self,
        config: RunConfig,
        item_shape: tuple[int, ...],
        vocabulary: str = "",
        steps: int = 1,
    ) -> VAE:
        """Build the model with its initial weights. This imports TensorFlow.

        Args:
            config: the run.
            item_shape: (h, w, c) of an image, (features,) of a vector, (length,) of a text.
            vocabulary: of texts; empty for other items.
            steps: see `VAE`.
        """
        ...

    def inference(self, run: Run) -> Any:
        """Open the networks of a run without TensorFlow."""
        ...

    def measure(self, networks: Any, dataset: Dataset) -> dict[str, float]:
        """Compute those metrics of a trained model that training itself does not report.

        Args:
            networks: the encoder and decoder, such as the object that `inference` returns.
            dataset: the run's data set.
        """
        ...

    def snapshot(
        self, vae: Any, dataset: Dataset, pictured: np.ndarray, z: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the items that the pages show while a run trains.

        Args:
            vae: the model.
            dataset: its data set.
            pictured: (k,) indices of held-out items.
            z: (k + m, d), the posterior means of these items and then m samples of the prior.

        Returns:
            The k held-out items under a name of the kind, such as `images`; what they decode to
            under `reconstructions`; and the m decoded samples under `prior_samples`.
        """
        ...

    def load_script(self, run: Run, recorded: DatasetSize | None) -> LoadScript:
        """Write the parts of load.py that depend on the kind; see `vae_core.exchange.bundle`.

        Args:
            run: a run with weights.
            recorded: the data set in the run's start line; None if it has no start line.

        Raises:
            RunError: an export that the script is made from is missing or damaged.
        """
        ...
