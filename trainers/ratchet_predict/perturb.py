"""Spoils a table's rows as life does: missing values, categories that training never saw, a little noise in numbers.

The same request spoils the same cells in the same way: all is drawn with its seed.
"""

from __future__ import annotations

from typing import Any

# No category of anybody's.
UNSEEN = "ratchet: a value that no training row has"


def sampled(features: Any, request: dict[str, Any]) -> Any:
    """Positions of the rows that are asked about: all, or so many that are drawn, in their order."""
    import numpy

    count, most = len(features), request["rows"]
    if count <= most:
        return numpy.arange(count)
    return numpy.sort(numpy.random.default_rng(request["seed"]).choice(count, most, replace=False))


def perturbed(features: Any, request: dict[str, Any]) -> tuple[Any, int]:
    """A copy of the rows, and how many cells are others. `request`: { kind: none | missing | unseen | noise, share, size, seed }.

    `share` is of the cells that can be spoiled so, `size` the most by which noise changes a number, as a share of it.
    """
    import numpy

    if request["kind"] == "none":
        return features, 0
    random = numpy.random.default_rng(request["seed"])
    spoil = {"missing": _missing, "unseen": _unseen, "noise": _noise}[request["kind"]]
    spoiled, cells = features.copy(), 0
    for column in features.columns:
        chosen = random.random(len(features)) < request["share"]
        values = spoil(features[column], chosen, random, request)
        if values is not None:
            before = features[column]
            # As objects: two categoricals of other categories do not compare.
            differ = values.astype(object) != before.astype(object)
            cells += int((differ & ~(values.isna() & before.isna())).sum())
            spoiled[column] = values
    return spoiled, cells


def _missing(values: Any, chosen: Any, _random: Any, _request: dict[str, Any]) -> Any:
    # pandas makes a whole number one that can be missing, and a truth value an object.
    return values.mask(chosen)


def _unseen(values: Any, chosen: Any, _random: Any, _request: dict[str, Any]) -> Any:
    import pandas

    if isinstance(values.dtype, pandas.CategoricalDtype):
        if not pandas.api.types.is_string_dtype(values.cat.categories.dtype):
            return None
        return values.cat.add_categories([UNSEEN]).mask(chosen, UNSEEN)
    texts = pandas.api.types.is_string_dtype(values.dtype) or (
        values.dtype == object and values.dropna().map(lambda value: isinstance(value, str)).all()
    )
    return values.mask(chosen & values.notna().to_numpy(), UNSEEN) if texts and values.notna().any() else None


def _noise(values: Any, chosen: Any, random: Any, request: dict[str, Any]) -> Any:
    import pandas

    # Whole numbers are counts and codes: a hundredth of one is none.
    if not pandas.api.types.is_float_dtype(values.dtype):
        return None
    factors = 1 + request["size"] * random.uniform(-1, 1, len(values))
    return values.mask(chosen, (values * factors).astype(values.dtype))
