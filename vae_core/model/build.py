"""Build the model for data of a kind."""

from __future__ import annotations

from vae_core.config import RunConfig
from vae_core.data.dataset import Dataset, TextDataset
from vae_core.model import architectures
from vae_core.model.text_vae import TextVAE
from vae_core.model.vae import VAE


def new_vae(config: RunConfig, dataset: Dataset, steps: int = 1) -> VAE:
    """A model for data of that kind."""
    architectures.check_name(config.architecture, dataset.kind)
    if isinstance(dataset, TextDataset):
        return TextVAE(config, dataset.size, dataset.vocabulary, steps)
    return VAE(config, dataset.size, steps)
