"""Encode and decode the texts of a run without TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from vae_core.data import tokens as data_tokens
from vae_core.data.tokens import decoder_inputs, generate
from vae_core.inference.session import run_session, sessions
from vae_core.model import likelihoods, priors
from vae_core.model.likelihoods import TextLikelihood
from vae_core.runs.run import Run


class TextInference:
    """The encoder and the decoder of one run on texts.

    Args:
        run: a run with exports, see `Run.viewable`.

    Attributes:
        vocabulary: the characters that a text may have.
        length: tokens of the longest text: its characters, and one for the end.

    Raises:
        RunError: an export is missing or damaged.
    """

    def __init__(self, run: Run) -> None:
        self.latent_dim = run.config.latent_dim
        self.prior = priors.learned(run.config, run.arrays)
        self.likelihood: TextLikelihood = likelihoods.of(run.config)
        with sessions(run) as (self._encoder, self._decoder):
            properties = self._decoder.get_modelmeta().custom_metadata_map
            self.vocabulary, self.length = properties["vocabulary"], int(properties["length"])
            inputs = self._decoder.get_inputs()
            # Older exports don't list their states: these are all inputs after z and the token.
            states = json.loads(properties.get("states", "null")) or [i.name for i in inputs[2:]]
            shapes = {i.name: i.shape[1:] for i in inputs}
            self._shapes: list[list[int]] = [shapes[name] for name in states]
            self._inputs = [*(i.name for i in inputs[:2]), *states]

    def items(self, x: Sequence[str]) -> np.ndarray:
        """Check a user's list of n texts and convert it to tokens (n, length).

        Raises:
            ValueError: x is a single text.
            RefusedError: a text has an unknown character, or is too long or too short.
        """
        if isinstance(x, str):  # a str is a sequence of strings, too
            raise ValueError(f"x must be a list of texts, got the text {x!r:.60}.")
        return self.tokens(x)

    def readable(self, decoded: np.ndarray) -> list[str]:
        """Convert the tokens that `decode` returns to texts."""
        return self.texts(decoded)

    def tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Return the tokens (n, length) int32 of texts; see `vae_core.data.tokens.encode`."""
        return data_tokens.encode(texts, self.vocabulary, self.length)

    def texts(self, tokens: np.ndarray) -> list[str]:
        """Return the texts of tokens (n, length)."""
        return data_tokens.decode(tokens, self.vocabulary)

    def encode(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) float32 of tokens (n, length).

        An autoencoder's posteriors have no width: the log-variance is -inf.
        """
        mean, log_var = run_session(self._encoder, np.asarray(tokens, np.int32))
        return mean, log_var if self.prior else np.full_like(mean, -np.inf)

    def decode(self, z: np.ndarray, temperature: float = 0.0, seed: int = 0) -> np.ndarray:
        """Return tokens (n, length) of latents z (n, d); see `vae_core.data.tokens.generate`."""
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z must have the shape (n, {self.latent_dim}), got {z.shape}.")
        return generate(self._step, z, self._first_states(z), self.length, temperature, seed)

    def log_likelihood(self, tokens: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Compute log p(x|z) (n,) of tokens (n, length) and latents (n, d), nats per text."""
        z = np.asarray(z, np.float32)
        inputs = decoder_inputs(tokens)
        states = self._first_states(z)
        logits = []
        for position in range(tokens.shape[1]):
            step_logits, *states = self._step(z, inputs[:, position : position + 1], *states)
            logits.append(step_logits)
        return np.asarray(self.likelihood.log_prob(np.stack(logits, axis=1), tokens))

    def _first_states(self, z: np.ndarray) -> list[np.ndarray]:
        """Return the states before the first token, which depend only on z."""
        unused = [np.zeros((len(z), *shape), np.float32) for shape in self._shapes]
        return self._run_decoder(z, np.zeros((len(z), 1), np.int32), *unused)[1 + len(unused) :]

    def _step(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Return the logits of the next token, and the next states."""
        return self._run_decoder(*inputs)[: 1 + len(self._shapes)]

    def _run_decoder(self, *inputs: np.ndarray) -> list[np.ndarray]:
        return list(self._decoder.run(None, dict(zip(self._inputs, inputs, strict=True))))
