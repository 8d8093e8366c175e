"""An LSTM on each side, for texts: Bowman et al. (2016), "Generating Sentences from a Continuous
Space".

The encoder's last state gives the posterior; padding leaves the state as it is. The decoder begins
in a state made from z, and reads z beside each token (teacher forcing: the true one before).
"""

from __future__ import annotations

import keras
from keras import layers

JIT = False  # measured: XLA took 1.6 to 3.4 times as long, and over a minute to compile
EMBEDDING = 32
ENCODER_UNITS, DECODER_UNITS = 128, 192


def build(
    item_shape: tuple[int, ...], outputs: int, latent_dim: int
) -> tuple[keras.Model, keras.Model]:
    """See `vae_core.model.architectures`."""
    (length,) = item_shape
    kinds = outputs + 1  # of tokens: padding is read, and never written
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    embedded = layers.Embedding(kinds, EMBEDDING, mask_zero=True)(tokens)
    hidden = layers.LSTM(ENCODER_UNITS, unroll=True)(embedded)
    posterior = [
        layers.Dense(latent_dim, name="posterior_mean", dtype="float32")(hidden),
        layers.Dense(latent_dim, name="posterior_log_var", dtype="float32")(hidden),
    ]

    z = keras.Input((latent_dim,), name="z")
    read = keras.Input((length,), dtype="int32", name="read")
    embedded = layers.Embedding(kinds, EMBEDDING, name="embedding")(read)
    beside = layers.Concatenate()([embedded, layers.RepeatVector(length)(z)])
    state = [
        layers.Dense(DECODER_UNITS, activation="tanh", name="state")(z),
        layers.Dense(DECODER_UNITS, name="cell")(z),
    ]
    written = layers.LSTM(DECODER_UNITS, return_sequences=True, unroll=True, name="lstm")(
        beside, initial_state=state
    )
    logits = layers.Dense(outputs, name="logits")(written)
    return (
        keras.Model(tokens, posterior, name="encoder"),
        keras.Model([z, read], logits, name="decoder"),
    )


def build_step(decoder: keras.Model) -> tuple[keras.Model, keras.Model]:
    """The decoder one token at a time, from the same weights.

    Returns:
        first: z (n, d) -> [state, cell] (n, u) to begin with.
        step: [z, token (n, 1), state, cell] -> [logits (n, outputs), state, cell].
    """
    z = keras.Input(decoder.input_shape[0][1:], name="z")
    first = keras.Model(z, [decoder.get_layer(name)(z) for name in ("state", "cell")])
    token = keras.Input((1,), dtype="int32", name="token")
    state = [keras.Input((DECODER_UNITS,), name=name) for name in ("state", "cell")]
    embedded = layers.Reshape((EMBEDDING,))(decoder.get_layer("embedding")(token))
    beside = layers.Concatenate()([embedded, z])
    written, new = decoder.get_layer("lstm").cell(beside, states=state)
    logits = decoder.get_layer("logits")(written)
    return first, keras.Model([z, token, *state], [logits, *new], name="step")
