"""Encode and decode a run without TensorFlow: here through onnxruntime, or in a browser."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

import numpy as np
import onnxruntime

from vae_core import objective, text
from vae_core.runs import Run, RunError

# One batch of 900 conv pictures would leave half a gigabyte in the allocator.
CHUNK = 100
# What float32 tells of a probability near 1: a pixel costs at most -log of this, 16.6 nats.
LEAST_PROBABILITY = 2.0**-24


class Inference:
    """The networks of one run.

    Args:
        run: with exports, see `Run.viewable`.

    Raises:
        RunError: an export is missing or damaged.
    """

    def __init__(self, run: Run) -> None:
        self.latent_dim = run.config.latent_dim
        self.has_rate = run.config.has_rate
        try:
            # Sessions copy what they need. (Left to map the file itself, onnxruntime would end the
            # process by a signal when somebody overwrites it.)
            weights = run.weights_path.name, run.read(run.weights_path.name)
            self._encoder = _session(run.read(run.encoder_path.name), *weights)
            self._decoder = _session(run.read(run.decoder_path.name), *weights)
            self.size = int(self._encoder.get_inputs()[0].shape[1])  # pixels a side
        except RunError:
            raise
        except Exception as error:  # onnxruntime has a dozen classes without a common base
            raise RunError(
                f"run {run.id}: its networks can't be loaded; train it again. ({error})"
            ) from error

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """posterior_mean and posterior_log_var, (n, d) float32, of images (n, size, size).

        An autoencoder's posteriors have no width: their log-variance is -inf.
        """
        mean, log_var = _run(self._encoder, np.asarray(images, np.float32)[..., None])
        return mean, log_var if self.has_rate else np.full_like(mean, -np.inf)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Pixel probabilities (n, size, size) float32 of latents z (n, d)."""
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z must have the shape (n, {self.latent_dim}), got {z.shape}.")
        (pixels,) = _run(self._decoder, z)
        return pixels[..., 0]

    def decode_logits(self, z: np.ndarray) -> np.ndarray:
        """Logits (n, pixels) float64 of latents z (n, d), so that `vae_core.metrics` can measure.

        Taken from the probabilities, which end at `LEAST_PROBABILITY` from 0 and 1: what a run
        stores differs from what these give only where it is surer of a pixel than that, and wrong.
        """
        p = self.decode(z).reshape(len(z), -1).astype(np.float64)
        p = np.clip(p, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        return np.log(p) - np.log1p(-p)


class TextInference:
    """The networks of one run on texts.

    Args:
        run: with exports, see `Run.viewable`.

    Attributes:
        vocabulary: the characters that it knows.
        length: tokens of the longest text it was trained with: one more than its characters.

    Raises:
        RunError: an export is missing or damaged.
    """

    def __init__(self, run: Run) -> None:
        self.latent_dim = run.config.latent_dim
        try:
            weights = run.weights_path.name, run.read(run.weights_path.name)
            self._encoder = _session(run.read(run.encoder_path.name), *weights)
            self._decoder = _session(run.read(run.decoder_path.name), *weights)
            properties = self._decoder.get_modelmeta().custom_metadata_map
            self.vocabulary, self.length = properties["vocabulary"], int(properties["length"])
            self._inputs = [i.name for i in self._decoder.get_inputs()]
            self._units = int(self._decoder.get_inputs()[2].shape[1])
        except RunError:
            raise
        except Exception as error:  # as in `Inference`
            raise RunError(
                f"run {run.id}: its networks can't be loaded; train it again. ({error})"
            ) from error

    def tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Tokens (n, length) int32 of texts, see `vae_core.text.encode`."""
        return text.encode(texts, self.vocabulary, self.length)

    def texts(self, tokens: np.ndarray) -> list[str]:
        """Texts of tokens (n, length)."""
        return text.decode(tokens, self.vocabulary)

    def encode(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """posterior_mean and posterior_log_var, (n, d) float32, of tokens (n, length)."""
        mean, log_var = _run(self._encoder, np.asarray(tokens, np.int32))
        return mean, log_var

    def decode(self, z: np.ndarray, temperature: float = 0.0, seed: int = 0) -> np.ndarray:
        """Tokens (n, length) of latents z (n, d), see `vae_core.text.generate`."""
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z must have the shape (n, {self.latent_dim}), got {z.shape}.")
        return text.generate(self._step, z, self._first(z), self.length, temperature, seed)

    def log_likelihood(self, tokens: np.ndarray, z: np.ndarray) -> np.ndarray:
        """log p(x|z) (n,) of tokens (n, length) and latents (n, d), nats a text."""
        z = np.asarray(z, np.float32)
        read = text.decoder_inputs(tokens)
        hidden, cell = self._first(z)
        logits = []
        for position in range(tokens.shape[1]):
            found, hidden, cell = self._step(z, read[:, position : position + 1], hidden, cell)
            logits.append(found)
        return np.asarray(-objective.sequence_distortion(np.stack(logits, axis=1), tokens))

    def _first(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        none = np.zeros((len(z), self._units), np.float32)
        hidden, cell = self._all(z, np.zeros((len(z), 1), np.int32), none, none)[3:]
        return hidden, cell

    def _step(self, *inputs: np.ndarray) -> list[np.ndarray]:
        return self._all(*inputs)[:3]

    def _all(self, *inputs: np.ndarray) -> list[np.ndarray]:
        return list(self._decoder.run(None, dict(zip(self._inputs, inputs, strict=True))))


def browser_decoder(run: Run, name: str) -> bytes | None:
    """A run's decoder in one piece, for `dashboard/components/decoder.js`.

    Args:
        run: its config and files.
        name: what scripts will find it by.

    Returns:
        Length of the header (4 bytes, little-endian), the header (JSON: `name`, `size`,
        `latent_dim`, and `layers` as `vae_core.export.browser_layers` has them, with offsets
        counted in numbers from the header's end), and all weights (float32). None where a browser
        can't decode the run.

    Raises:
        RunError: decoder.json or the weights are damaged.
    """
    if not run.browser_path.is_file():
        return None
    try:
        header = json.loads(run.read(run.browser_path.name))
        stored = run.read(run.weights_path.name)
        weights = bytearray()
        for layer in header["layers"]:
            for part in sorted(layer.keys() & {"kernel", "bias"}):
                offset, length = layer[part]
                layer[part] = [len(weights) // 4, length // 4]
                weights += _exactly(stored[offset : offset + length], length)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"run {run.id}: decoder.json is damaged: {error}") from error
    head = json.dumps(header | {"name": name, "latent_dim": run.config.latent_dim}).encode()
    head += b" " * (-len(head) % 4)  # so that the numbers lie on a boundary of 4 bytes
    return struct.pack("<I", len(head)) + head + weights


def _exactly(part: bytes, length: int) -> bytes:
    if len(part) != length:
        raise ValueError(f"a weight of {length} bytes is cut off")
    return part


def _session(graph: bytes, weights_name: str, weights: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.add_external_initializers_from_files_in_memory(
        [weights_name], [weights], [len(weights)]
    )
    options.enable_cpu_mem_arena = False
    # More threads wait for work by spinning: twice the processor time, for a sixth less to wait.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _run(session: onnxruntime.InferenceSession, inputs: np.ndarray) -> list[np.ndarray]:
    name = session.get_inputs()[0].name
    parts = [
        session.run(None, {name: inputs[i : i + CHUNK]})
        for i in range(0, max(len(inputs), 1), CHUNK)
    ]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]
