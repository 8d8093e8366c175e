"""A variational autoencoder in one file.

Kingma & Welling (2014), "Auto-Encoding Variational Bayes":

    prior       p(z)   = N(0, I)                                   z: D latent numbers
    likelihood  p(x|z) = Bernoulli(sigmoid(decoder(z)))            x: image, 64 pixels in [0, 1]
    posterior   q(z|x) = N(mean(x), exp(log_var(x)))               from the encoder

Training maximises the evidence lower bound (ELBO) on log p(x), averaged over images:

    elbo = -(distortion + rate)
    distortion = E_q[-log p(x|z)]          the cost of the reconstruction, summed over the pixels
    rate       = KL(q(z|x) || p(z))        the cost of z, summed over the latent dimensions

All three are in nats per image. The loss is distortion + beta * rate; a beta other than 1 gives a
beta-VAE (Higgins et al., 2017). The pixels are grey, so the distortion is a cross-entropy: even a
perfect reconstruction costs more than 0.

    python examples/vae_in_one_file.py
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

PIXELS = 64  # 8x8
HIDDEN = 512
D = 2  # latent dimensions
BATCH = 128  # written B in the shapes below
EPOCHS = 20
LEARNING_RATE = 1e-3


def load_data():
    """1,437 training and 360 held-out digits, (n, PIXELS) float32 in [0, 1]."""
    x = (load_digits().data / 16).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order[360:]], x[order[:360]]


def build_encoder():
    x = keras.Input((PIXELS,))
    hidden = layers.Dense(HIDDEN, activation="relu")(x)
    mean, log_var = layers.Dense(D)(hidden), layers.Dense(D)(hidden)
    return keras.Model(x, [mean, log_var])


def build_decoder():
    z = keras.Input((D,))
    hidden = layers.Dense(HIDDEN, activation="relu")(z)
    return keras.Model(z, layers.Dense(PIXELS)(hidden))  # logits; sigmoid makes probabilities


def distortion_and_rate(encoder, decoder, x, noise):
    """The mean distortion and the mean rate of images x (B, PIXELS), nats; noise is (B, D)."""
    mean, log_var = encoder(x)  # (B, D) each
    z = mean + tf.exp(0.5 * log_var) * noise  # (B, D); gradients reach mean and log_var
    logits = decoder(z)  # (B, PIXELS)

    # -log p(x|z) of a Bernoulli, from logits.
    per_pixel = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)  # (B, PIXELS)
    distortion = tf.reduce_sum(per_pixel, axis=-1)  # (B,)

    # KL(N(mean, var) || N(0, 1)) in closed form: eq. 10 of the paper.
    per_dim = 0.5 * (mean**2 + tf.exp(log_var) - 1 - log_var)  # (B, D)
    rate = tf.reduce_sum(per_dim, axis=-1)  # (B,)

    return tf.reduce_mean(distortion), tf.reduce_mean(rate)


def normal(count, key, step):
    """Standard normal noise (count, D), fixed by key and step, so that runs can be repeated."""
    return tf.random.stateless_normal((count, D), [key, step], alg="philox")


def train(x_train, beta=1.0, seed=0, epochs=EPOCHS, after_epoch=lambda *_: None):
    """Train on images (n, PIXELS); return the encoder, the decoder and the loss of each step."""
    keras.utils.set_random_seed(seed)  # for the initial weights
    encoder, decoder = build_encoder(), build_decoder()
    weights = encoder.trainable_variables + decoder.trainable_variables
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(weights)

    @tf.function(jit_compile=True)
    def train_step(x, step):
        noise = normal(BATCH, 2 * seed, step)
        with tf.GradientTape() as tape:
            distortion, rate = distortion_and_rate(encoder, decoder, x, noise)
            loss = distortion + beta * rate
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    losses = []
    steps = len(x_train) // BATCH  # of an epoch; the last, smaller batch is left out
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(x_train))
        for batch in order[: steps * BATCH].reshape(steps, BATCH):
            losses.append(float(train_step(x_train[batch], tf.constant(len(losses)))))
        after_epoch(epoch + 1, encoder, decoder)
    return encoder, decoder, losses


def main(seed=0):
    x_train, x_test = load_data()
    noise = normal(len(x_test), 2 * seed + 1, 0)  # the same in each epoch, to compare epochs

    def report(epoch, encoder, decoder):
        distortion, rate = distortion_and_rate(encoder, decoder, x_test, noise)
        print(
            f"epoch {epoch:2}   distortion {distortion:6.2f}   rate {rate:5.2f}   "
            f"elbo {-(distortion + rate):7.2f}   nats per image, held out",
            flush=True,
        )

    _, decoder, _ = train(x_train, seed=seed, after_epoch=report)

    print("\nSix samples: z from the prior, decoded.")
    z = normal(6, 2 * seed + 1, 1)
    pixels = tf.sigmoid(decoder(z)).numpy().reshape(6, 8, 8)
    for row in np.array(list(" .:+*#@"))[np.rint(6 * pixels).astype(int)].swapaxes(0, 1):
        print("   ".join("".join(np.repeat(line, 2)) for line in row))


if __name__ == "__main__":
    main()
