"""An LSTM as encoder and one as decoder, for texts.

Bowman et al. (2016), "Generating Sentences from a Continuous Space". The encoder's last state gives
the posterior; padding leaves the state unchanged. The decoder's first state is computed from z. At
each position it reads z and the previous token. In training this is the true token (teacher
forcing).
"""

from __future__ import annotations

import keras
from keras import layers

JIT = False  # measured: XLA took 1.6 to 3.4 times as long, and over a minute to compile
AXES = ("length",)
EMBEDDING = 32
ENCODER_UNITS, DECODER_UNITS = 128, 192


def build(
    item_shape: tuple[int, ...], outputs: int, latent_dim: int
) -> tuple[keras.Model, keras.Model]:
    """See `vae_core.model.architectures`."""
    (length,) = item_shape
    different_tokens = outputs + 1  # the decoder reads padding, but never predicts it
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    embedded = layers.Embedding(different_tokens, EMBEDDING, mask_zero=True)(tokens)
    hidden = layers.LSTM(ENCODER_UNITS, unroll=True)(embedded)
    posterior = [
        layers.Dense(latent_dim, name="posterior_mean", dtype="float32")(hidden),
        layers.Dense(latent_dim, name="posterior_log_var", dtype="float32")(hidden),
    ]

    z = keras.Input((latent_dim,), name="z")
    read = keras.Input((length,), dtype="int32", name="read")
    embedded = layers.Embedding(different_tokens, EMBEDDING, name="embedding")(read)
    inputs = layers.Concatenate()([embedded, layers.RepeatVector(length)(z)])
    state = [
        layers.Dense(DECODER_UNITS, activation="tanh", name="state")(z),
        layers.Dense(DECODER_UNITS, name="cell")(z),
    ]
    hidden = layers.LSTM(DECODER_UNITS, return_sequences=True, unroll=True, name="lstm")(
        inputs, initial_state=state
    )
    logits = layers.Dense(outputs, name="logits")(hidden)
    return (
        keras.Model(tokens, posterior, name="encoder"),
        keras.Model([z, read], logits, name="decoder"),
    )


def build_step(decoder: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Build the decoder that reads one token at a time, with the same weights.

    Returns:
        first: z (n, d) -> the first [state, cell], (n, u) each.
        step: [z, token (n, 1), state, cell] -> [logits (n, outputs), next state, next cell].
    """
    z = keras.Input(decoder.input_shape[0][1:], name="z")
    first = keras.Model(z, [decoder.get_layer(name)(z) for name in ("state", "cell")])
    token = keras.Input((1,), dtype="int32", name="token")
    state = [keras.Input((DECODER_UNITS,), name=name) for name in ("state", "cell")]
    embedded = layers.Reshape((EMBEDDING,))(decoder.get_layer("embedding")(token))
    inputs = layers.Concatenate()([embedded, z])
    hidden, new = decoder.get_layer("lstm").cell(inputs, states=state)
    logits = decoder.get_layer("logits")(hidden)
    return first, keras.Model([z, token, *state], [logits, *new], name="step")
