"""Find the column of a table that says which rows are held out."""

from __future__ import annotations

from collections import Counter

from vae_core import sandbox
from vae_core.data.upload.column_values import is_held_out
from vae_core.data.upload.table_names import EVERY_LABEL_NAME, SPLIT_NAMES
from vae_core.data.upload.table_sample import LEFT_OUT, Sample
from vae_core.sandbox import RefusedError


def find_split(table: Sample) -> int | None:
    """Return the column that says which rows are held out, None if there is none.

    Raises:
        RefusedError: a column with the name of a split holds another word.
    """
    for c, column in enumerate(table.columns):
        known = sum(is_held_out(part) is not None for part in column)
        named = table.keys[c] in SPLIT_NAMES
        enough = 2 * known > len(column) if named else known == len(column)
        if table.kinds[c] != "text" or not enough or table.keys[c] in EVERY_LABEL_NAME:
            continue
        parts = table.whole([c])[0]
        held_out = Counter(is_held_out(part) for part in parts)
        if None in held_out and not named:
            continue  # the names of some classes
        if None in held_out:
            row = next(i for i, part in enumerate(parts) if is_held_out(part) is None)
            what = sandbox.display_text(parts[row].strip()) or "nothing"
            raise RefusedError(
                f"{table.shown}: {table.name(c)} splits the rows, and holds {what!r} in row "
                f"{row + 1:,} of the data: write train or test there."
            )
        if len(held_out) == 2:
            words = {h: sorted({p.strip() for p in parts if is_held_out(p) == h}) for h in (0, 1)}
            table.notes.append(
                f"{table.name(c, True)} was used as the split: {', '.join(words[0])} for "
                f"training, {', '.join(words[1])} held out."
            )
            return c
        table.notes.append(
            f"{table.name(c, True)}, which says {column[0].strip()} in every row, was left out."
        )
        table.kinds[c] = LEFT_OUT
    return None
