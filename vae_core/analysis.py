"""What to look at in trained runs: points of the latent space to decode, pictures to compare."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple, Protocol

import numpy as np


class Networks(Protocol):
    """What decodes and encodes a run; `vae_core.inference.Inference` does."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """posterior_mean and posterior_log_var (n, d) of images (n, size, size)."""
        ...

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Pixel probabilities (n, size, size) of latents z (n, d)."""
        ...


SPACINGS = ("quantile", "linear")


def manifold(
    n: int,
    z: np.ndarray,
    dims: tuple[int, int] = (0, 1),
    spacing: str = "quantile",
    extent: float = 2.0,
) -> tuple[np.ndarray, np.ndarray]:
    """An n x n grid over two latent dimensions, the others held at `z`.

    Kingma & Welling (2014), figure 4: with `quantile` spacing the coordinates are the prior's
    quantiles at equal probabilities, so each picture stands for the same share of the prior;
    with `linear` they are equally spaced in -extent to extent.

    Args:
        n: pictures a side, at least 2.
        z: (d,), where the other dimensions stay; the prior's mean is 0.
        dims: the dimensions along the columns and the rows; the same twice makes one row
            repeat, which is what a single latent dimension has to show.
        spacing: one of `SPACINGS`.
        extent: largest coordinate, in standard deviations of the prior.

    Returns:
        axis: (n,), ascending coordinates.
        z: (n * n, d), row by row from the top, where the second coordinate is largest.
    """
    if spacing == "quantile":
        edge = NormalDist().cdf(extent)
        axis = np.array([NormalDist().inv_cdf(p) for p in np.linspace(1 - edge, edge, n)])
    elif spacing == "linear":
        axis = np.linspace(-extent, extent, n)
    else:
        raise ValueError(f"spacing must be one of {', '.join(SPACINGS)}, got {spacing!r}.")
    grid = np.tile(np.asarray(z, np.float32), (n, n, 1))
    grid[..., dims[1]] = axis[::-1, None]
    grid[..., dims[0]] = axis[None, :]
    return axis, grid.reshape(n * n, -1)


def traversal(z: np.ndarray, dims: list[int], values: np.ndarray) -> np.ndarray:
    """Rows that move one latent dimension at a time and hold the others.

    Args:
        z: (d,), where the rows cross.
        dims: one row each.
        values: (n,), what the row's dimension takes in turn.

    Returns:
        (len(dims) * n, d), row by row.
    """
    rows = np.repeat(np.asarray(z, np.float32)[None], len(dims) * len(values), axis=0)
    rows = rows.reshape(len(dims), len(values), -1)
    for row, dim in zip(rows, dims, strict=True):
        row[:, dim] = values
    return rows.reshape(len(dims) * len(values), -1)


INTERPOLATIONS = ("linear", "spherical")


def interpolation(a: np.ndarray, b: np.ndarray, n: int, kind: str = "linear") -> np.ndarray:
    """n latents from a to b, both included.

    `linear`: (1 - t) a + t b. `spherical`: along the arc around the origin, Shoemake (1985),
    "Animating Rotation with Quaternion Curves", as White (2016), "Sampling Generative Networks",
    proposes it for latents: in many dimensions a straight line passes nearer the origin than
    samples of the prior ever lie. Where a and b point the same way, or opposite ways, there is no
    single arc, and the line is taken.

    Args:
        a, b: (d,).
        n: at least 2.
        kind: one of `INTERPOLATIONS`.

    Returns:
        (n, d) float32.
    """
    if kind not in INTERPOLATIONS:
        raise ValueError(f"kind must be one of {', '.join(INTERPOLATIONS)}, got {kind!r}.")
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    t = np.linspace(0, 1, n)[:, None]
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    cosine = float(np.clip(a @ b / lengths, -1, 1)) if lengths > 0 else 1.0
    if kind == "linear" or abs(cosine) > 1 - 1e-9:
        return ((1 - t) * a + t * b).astype(np.float32)
    angle = np.arccos(cosine)
    weights = np.sin(np.hstack([1 - t, t]) * angle) / np.sin(angle)
    return (weights @ np.stack([a, b])).astype(np.float32)


def sheet(images: np.ndarray, columns: int, gap: int = 0) -> np.ndarray:
    """One picture of many, row by row, with blanks at the end.

    Args:
        images: (n, h, w).
        columns: pictures a row.
        gap: black pixels around each picture, on every side.

    Returns:
        (rows * (h + 2 gap), columns * (w + 2 gap)).
    """
    images = np.pad(images, ((0, 0), (gap, gap), (gap, gap)))
    n, height, width = images.shape
    rows = -(-n // columns)
    padded = np.zeros((rows * columns, height, width), images.dtype)
    padded[:n] = images
    tiles = padded.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return tiles.reshape(rows * height, columns * width)


def dims_by_rate(rate_per_dim: np.ndarray) -> list[int]:
    """The latent dimensions, that of the largest rate first.

    Args:
        rate_per_dim: (d,), nats an image.
    """
    return [int(dim) for dim in np.argsort(-np.asarray(rate_per_dim), kind="stable")]


class Reconstruction(NamedTuple):
    """What a run makes of some images; see `reconstruct`."""

    at_mean: np.ndarray
    std: np.ndarray


def reconstruct(
    networks: Networks, images: np.ndarray, samples: int = 32, seed: int = 0
) -> Reconstruction:
    """The same images through a run: what comes out, and how much it varies with the sample.

    Latent coordinates mean nothing across runs, images do: this is what a comparison over β may
    set side by side. All runs see the same noise.

    Args:
        networks: of the run.
        images: (n, size, size).
        samples: z sampled from the posterior of each image.
        seed: of the noise.

    Returns:
        Decoded pictures (n, size, size): of the posterior mean, and the standard deviation of each
        pixel over the samples.
    """
    mean, log_var = networks.encode(images)
    n, d = mean.shape
    noise = np.random.default_rng(seed).standard_normal((samples, n, d)).astype(np.float32)
    z = mean + np.exp(0.5 * log_var) * noise
    decoded = networks.decode(z.reshape(-1, d)).reshape(samples, *images.shape)
    return Reconstruction(networks.decode(mean), decoded.std(axis=0))


def prior_samples(n: int, latent_dim: int, seed: int = 0) -> np.ndarray:
    """n latents (n, d) of the prior N(0, 1)."""
    noise = np.random.default_rng(seed).standard_normal((n, latent_dim))
    return noise.astype(np.float32)


def spread_over_labels(labels: np.ndarray, n: int) -> np.ndarray:
    """Indices of n images to show: the first of each label, then the second, and so on.

    Args:
        labels: (m,).
        n: fewer where there are fewer images.
    """
    turn = np.zeros(len(labels), int)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        turn[members] = np.arange(len(members))
    return np.lexsort((labels, turn))[:n]


def aggregate_posterior_samples(
    n: int, posterior_mean: np.ndarray, posterior_log_var: np.ndarray, seed: int = 0
) -> np.ndarray:
    """n latents (n, d) of the aggregate posterior: of the posteriors of images drawn at random.

    Makhzani et al. (2016), "Adversarial Autoencoders", eq. 1. Decoded beside `prior_samples` they
    show the holes: where the prior has mass, and no image was put, the decoder never learned.

    Args:
        n: how many.
        posterior_mean, posterior_log_var: (m, d), of held-out images.
        seed: of images and noise.
    """
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(posterior_mean), n)
    std = np.exp(0.5 * posterior_log_var[rows])
    noise = rng.standard_normal(std.shape)
    return (posterior_mean[rows] + std * noise).astype(np.float32)


class Alignment(NamedTuple):
    """Rotation or reflection, one scale and a shift that lay a latent space on another.

    Attributes:
        rotation: (d, d), orthogonal.
        scale: one factor for all dimensions.
        centre, reference_centre: (d,), what is laid on what.
        unexplained: share of the reference's variance that stays after the alignment, 0 to 1.
    """

    rotation: np.ndarray
    scale: float
    centre: np.ndarray
    reference_centre: np.ndarray
    unexplained: float

    def apply(self, z: np.ndarray) -> np.ndarray:
        """Latents (n, d) of the aligned run in the coordinates of the reference."""
        return (z - self.centre) @ self.rotation * self.scale + self.reference_centre

    def undo(self, z: np.ndarray) -> np.ndarray:
        """Coordinates (n, d) of the reference as latents of the aligned run, to be decoded."""
        if self.scale == 0:
            return np.tile(self.centre, (len(z), 1))
        return (z - self.reference_centre) / self.scale @ self.rotation.T + self.centre


def align(embedding: np.ndarray, reference: np.ndarray) -> Alignment:
    """The Procrustes alignment of a run's embedding to that of a reference run.

    Latent spaces of different runs are flipped and permuted, which the objective does not see,
    and rotated, scaled and shifted, which it sees little of or is what β does: the alignment takes
    all of this away, to compare the shape that is left. Schönemann (1966), "A generalized solution
    of the orthogonal Procrustes problem", with the scale of Gower (1975), "Generalized Procrustes
    Analysis".

    Args:
        embedding: (n, d), posterior means.
        reference: (n, d), those of the same n images.

    Raises:
        ValueError: the shapes differ.
    """
    if embedding.shape != reference.shape:
        raise ValueError(
            "only embeddings of the same images in as many dimensions can be aligned, got "
            f"{embedding.shape} and {reference.shape}."
        )
    centre, reference_centre = (
        points.mean(axis=0, dtype=np.float64) for points in (embedding, reference)
    )
    x, y = embedding - centre, reference - reference_centre
    u, singular, vt = np.linalg.svd(x.T @ y)
    spread, reference_spread = float(np.square(x).sum()), float(np.square(y).sum())
    scale = float(singular.sum()) / spread if spread > 0 else 0.0
    explained = scale * float(singular.sum()) / reference_spread if reference_spread > 0 else 1.0
    return Alignment(u @ vt, scale, centre, reference_centre, max(0.0, 1.0 - explained))


class Projection(NamedTuple):
    """A plane through the latent space, to look at it: z -> ((z - centre) · axis) of each axis.

    Its axes are orthonormal, so the prior N(0, I) stays round in it.

    Attributes:
        axes: (2, d), a direction a row.
        centre: (d,), what lies at the origin.
    """

    axes: np.ndarray
    centre: np.ndarray

    def apply(self, z: np.ndarray) -> np.ndarray:
        """Latents (n, d) as points (n, 2)."""
        return (z - self.centre) @ self.axes.T

    def covariances(self, posterior_log_var: np.ndarray) -> np.ndarray:
        """Of posteriors with the log-variances (n, d), as seen in the plane: (n, 2, 2)."""
        variance = np.exp(posterior_log_var)
        return np.einsum("id,nd,jd->nij", self.axes, variance, self.axes)


def dims_plane(dims: tuple[int, int], latent_dim: int) -> Projection:
    """The plane of two latent dimensions."""
    return Projection(np.eye(latent_dim)[list(dims)], np.zeros(latent_dim))


def principal_plane(posterior_mean: np.ndarray) -> tuple[Projection, np.ndarray]:
    """The plane in which the posterior means vary most, and each axis's share of the variance.

    Principal components by the singular value decomposition of the centred means; Pearson (1901),
    "On lines and planes of closest fit to systems of points in space". Of each component's two
    directions it is the one whose largest coordinate is positive.

    Args:
        posterior_mean: (n, d), d at least 2.

    Returns:
        the plane, the component of the largest variance across, and shares (2,), 0 to 1.
    """
    centre = posterior_mean.mean(axis=0, dtype=np.float64)
    _, singular, axes = np.linalg.svd(posterior_mean - centre, full_matrices=False)
    axes = axes[:2]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    variance = np.square(singular)
    share = variance[:2] / variance.sum() if variance.sum() > 0 else np.zeros(2)
    return Projection(axes * np.sign(largest), centre), share


def ellipses(
    centres: np.ndarray, covariances: np.ndarray, radius: float = 1.0, corners: int = 32
) -> np.ndarray:
    """The lines at `radius` standard deviations around normal distributions in the plane.

    Args:
        centres: (n, 2), their means.
        covariances: (n, 2, 2).
        radius: in standard deviations.
        corners: of the polygon that stands for an ellipse.

    Returns:
        (n, corners + 1, 2); the last point closes the line.
    """
    angle = np.linspace(0, 2 * np.pi, corners + 1)
    circle = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return centres[:, None, :] + np.einsum("nik,ck->nci", _spread(covariances), circle)


def _spread(covariances: np.ndarray) -> np.ndarray:
    """Matrices (n, 2, 2) that turn standard normal noise into noise of these covariances."""
    variance, directions = np.linalg.eigh(covariances)
    return directions * np.sqrt(np.maximum(variance, 0))[:, None, :]


class Density(NamedTuple):
    """A density over a grid of the plane.

    Attributes:
        x, y: (bins,), centres of the cells.
        height: (bins, bins), a row for each y; share of the distribution per unit of area.
    """

    x: np.ndarray
    y: np.ndarray
    height: np.ndarray


def aggregate_posterior_density(
    centres: np.ndarray,
    covariances: np.ndarray,
    bins: int = 80,
    samples: int = 200_000,
    seed: int = 0,
) -> Density:
    """The aggregate posterior, the mean of all posteriors, as a histogram in the plane.

    Sampled in the plane itself, so time and memory don't grow with the latent dimensions. The
    grid leaves out the outer 0.5 % at each side: one image far away would blur all others.

    Args:
        centres: (n, 2), posterior means as seen in the plane.
        covariances: (n, 2, 2), of the posteriors there.
        bins: cells a side.
        samples: z in all.
        seed: of images and noise.
    """
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(centres), samples)
    noise = rng.standard_normal((samples, 2))
    points = centres[rows] + np.einsum("nik,nk->ni", _spread(covariances)[rows], noise)
    low, high = np.quantile(points, [0.005, 0.995], axis=0)
    margin = np.maximum(0.1 * (high - low), 1e-6)
    edges = np.linspace(low - margin, high + margin, bins + 1).T
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=(edges[0], edges[1]))
    area = np.diff(edges[0])[0] * np.diff(edges[1])[0]
    x, y = (edges[:, :-1] + edges[:, 1:]) / 2
    return Density(x, y, counts.T / (samples * area))


def inside(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Which points lie in a polygon, by the even-odd rule: a ray from them crosses it oddly often.

    Shimrat (1962), "Algorithm 112: Position of point relative to polygon". The polygon is closed
    by itself and may cross itself; what it encloses twice is outside.

    Args:
        points: (n, 2).
        polygon: (m, 2), its corners in order; with fewer than 3 nothing lies inside.

    Returns:
        (n,) bool.
    """
    x, y = points.T
    odd = np.zeros(len(points), bool)
    if len(polygon) < 3:
        return odd
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)  # half-open: a corner counts for one of its edges
        odd ^= crosses & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    return odd


# --- latent arithmetic --------------------------------------------------------------------


def attribute_vector(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The direction from one group of images to another: the difference of their means.

    Larsen et al. (2016), "Autoencoding beyond pixels using a learned similarity metric", section
    4.1; White (2016), "Sampling Generative Networks", section 3.2: what else differs between the
    groups (who wears glasses is often a man) is in the vector, too.

    Args:
        start, end: posterior means (n, d) and (m, d), at least one each.

    Returns:
        (d,) float32; z + 1 · vector takes the mean of `start` to that of `end`.
    """
    found = end.mean(axis=0, dtype=np.float64) - start.mean(axis=0, dtype=np.float64)
    return found.astype(np.float32)


class Halves(NamedTuple):
    """Two groups of images, halved: a vector is taken from one half, and shown on the other.

    Attributes:
        made_from, shown_on: the rows (n,) of each group, ascending.
        by_label: no label is in both halves.
    """

    made_from: tuple[np.ndarray, np.ndarray]
    shown_on: tuple[np.ndarray, np.ndarray]
    by_label: bool


LABELS_TO_HALVE = 4


def halves(a: np.ndarray, b: np.ndarray, labels: np.ndarray) -> Halves:
    """Halve two groups at random, the same each time.

    By label, if both groups have `LABELS_TO_HALVE` or more and each half gets images of both: else
    two pictures of one person that are all but the same could lie on both sides. Otherwise by
    image; of a single image nothing is left to be shown.

    Args:
        a, b: rows of images, (n,) and (m,), without a common one, at least one each.
        labels: of all images.
    """
    if min(len(np.unique(labels[a])), len(np.unique(labels[b]))) >= LABELS_TO_HALVE:
        found = np.unique(labels[np.concatenate([a, b])])
        for seed in range(100):
            order = np.random.default_rng(seed).permutation(found)
            first = order[: (len(order) + 1) // 2]
            made_from, shown_on = (
                tuple(np.sort(rows[np.isin(labels[rows], first, invert=i)]) for rows in (a, b))
                for i in (False, True)
            )
            if all(map(len, (*made_from, *shown_on))):
                return Halves((made_from[0], made_from[1]), (shown_on[0], shown_on[1]), True)
    (a1, a2), (b1, b2) = (_halved(rows) for rows in (a, b))
    return Halves((a1, b1), (a2, b2), False)


def _halved(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(np.sort(rows))
    middle = (len(order) + 1) // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


class Transfer(NamedTuple):
    """How far a vector moves pictures to the group it points to; see `transfer`.

    Attributes:
        before, after: share of the pictures, 0 to 1, that are nearer the mean of the group aimed
            at than that of their own: of the vector at strength 0, and at its strength.
        random: the same for vectors of its length between two images drawn at random.
        images: how many pictures.
    """

    before: float
    after: float
    random: float
    images: int


RANDOM_VECTORS = 8


def transfer(
    networks: Networks,
    z: np.ndarray,
    step: np.ndarray,
    own: np.ndarray,
    aim: np.ndarray,
    everything: np.ndarray,
) -> Transfer:
    """Do pictures with a vector added look like the other group to the run's own encoder?

    z + step is decoded and the picture encoded again, so it is the picture that is judged: in the
    latent space alone any z that is moved by the difference of two means changes sides.

    Args:
        networks: of the run.
        z: (n, d), posterior means of images that the vector was not taken from; at least one.
        step: (d,), the vector times its strength.
        own, aim: (d,), the mean of the images' own group and of the one aimed at.
        everything: (m, d), posterior means to draw random pairs from; noise would point mostly
            along dimensions that the decoder does not use.
    """
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, len(everything), (RANDOM_VECTORS, 2))
    others = (everything[pairs[:, 1]] - everything[pairs[:, 0]]).astype(np.float64)
    lengths = np.linalg.norm(others, axis=1, keepdims=True)
    others *= np.linalg.norm(step) / np.where(lengths > 0, lengths, 1)

    def share(moved: np.ndarray) -> float:
        mean, _ = networks.encode(networks.decode(moved.astype(np.float32)))
        nearer = np.square(mean - aim).sum(axis=1) < np.square(mean - own).sum(axis=1)
        return float(nearer.mean())

    return Transfer(
        before=share(z),
        after=share(z + step),
        random=float(np.mean([share(z + other) for other in others])),
        images=len(z),
    )


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    """The cosine of the angle between two vectors (d,), -1 to 1; 0 where one has no length."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 0 else 0.0


NEIGHBOURS = 5


def coverage(reference: np.ndarray, points: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Share of the reference points that have one of `points` in their neighbourhood.

    Naeem et al. (2020), "Reliable Fidelity and Diversity Metrics for Generative Models", eq. 4: the
    neighbourhood of a reference point is the ball that reaches to its k-th nearest other reference
    point. With samples of the prior as the reference and encoded images as the points it is how
    much of the prior's mass lies near encoded images; what is left are the holes. It is not
    symmetric. Where both are n samples of one distribution, whatever that is, it is
    1 - [(n-1)...(n-k)] / [(2n-1)...(2n-k)] in the mean, about 1 - 2^-k (their appendix): 0.97 for
    k = 5.

    Args:
        reference: (n, d), n above k.
        points: (m, d); as many as there are reference points, for the value above.
        k: the neighbour that a neighbourhood reaches to.

    Returns:
        0 to 1.

    Raises:
        ValueError: there are too few reference points.
    """
    if len(reference) <= k:
        raise ValueError(f"coverage needs more than {k} reference points, got {len(reference)}.")
    covered = 0
    for rows in np.array_split(np.arange(len(reference)), -(-len(reference) // 500)):
        chunk = reference[rows]
        radius = np.partition(squared_distances(chunk, reference), k, axis=1)[:, k]  # 0: itself
        covered += int((squared_distances(chunk, points).min(axis=1) <= radius).sum())
    return covered / len(reference)


EXACT_DIMS = 8  # differences are taken one by one, where that is cheap
CANDIDATES = 4


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between points (n, d) and (m, d): (n, m), never below 0."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape[1] <= EXACT_DIMS:
        return np.stack([np.subtract.outer(x, y) ** 2 for x, y in zip(a.T, b.T, strict=True)]).sum(
            axis=0
        )
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)
    return np.maximum(squares - 2 * a @ b.T, 0)


def nearest_distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Euclidean distance of each of `points` (n, d) to the nearest of `others` (m, d): (n,).

    Of many dimensions a few that may be the nearest are found in single precision, in a third of
    the time, and those are measured.
    """
    found = []
    for chunk in np.array_split(others, -(-len(others) // 2000)):
        if points.shape[1] <= EXACT_DIMS or len(chunk) <= CANDIDATES:
            found.append(squared_distances(points, chunk).min(axis=1))
            continue
        rough = np.einsum("ij,ij->i", chunk, chunk) - 2 * points @ chunk.T
        nearest = chunk[np.argpartition(rough, CANDIDATES, axis=1)[:, :CANDIDATES]]
        apart = nearest.astype(np.float64) - points[:, None]
        found.append(np.square(apart).sum(axis=-1).min(axis=1))
    return np.sqrt(np.min(found, axis=0))


def typical_gap(points: np.ndarray) -> float:
    """Median distance of a point (n, d) to its nearest other: the unit in which gaps are told.

    A latent space has no unit of its own, least of all an autoencoder's; this one grows with it.
    """
    found = []
    for rows in np.array_split(np.arange(len(points)), -(-len(points) // 500)):
        distances = squared_distances(points[rows], points)
        distances[np.arange(len(rows)), rows] = np.inf
        found.append(distances.min(axis=1))
    return float(np.median(np.sqrt(np.concatenate(found))))


def most_typical(points: np.ndarray, labels: np.ndarray, label: int) -> int:
    """Row of the point of that label nearest to the mean of its label.

    The mean itself may lie where there is nothing, as between the two parts of a torn cluster.

    Args:
        points: (n, d).
        labels: (n,), of which at least one is `label`.
        label: the cluster.
    """
    members = np.flatnonzero(labels == label)
    centre = points[members].mean(axis=0, keepdims=True, dtype=np.float64)
    return int(members[squared_distances(points[members], centre)[:, 0].argmin()])


def fitted_normal_samples(n: int, points: np.ndarray, seed: int = 0) -> np.ndarray:
    """n samples (n, d) of the normal distribution with the mean and covariance of points (m, d).

    The simplest density to sample an autoencoder from after the fact; Ghosh et al. (2020), "From
    Variational to Deterministic Autoencoders", section 4. The noise is that of `prior_samples`.
    """
    covariance = np.atleast_2d(np.cov(points.astype(np.float64), rowvar=False))
    spread = _spread(covariance[None])[0]
    return (points.mean(axis=0) + prior_samples(n, points.shape[1], seed) @ spread.T).astype(
        np.float32
    )
