"""Scoring: normalise, weigh, aggregate, rank; the pure functions under `ek.score`.

Every function takes units x indicators with any leading axes for replications. Many replications of many units are
fastest in blocks of some 60,000 numbers that lie in memory as replications x indicators x units, handed over as the
view ``np.swapaxes(block, 1, 2)`` (see benchmarks/scoring.py).
"""

from evalkit.scoring.aggregate import (
    aggregate,
    check_combination,
    obstacle,
    outranking,
    shares,
    topsis,
)
from evalkit.scoring.ahp import ahp, ahp_group, ahp_tree, ahp_triads
from evalkit.scoring.impute import impute
from evalkit.scoring.normalise import normalise
from evalkit.scoring.ranks import rank
from evalkit.scoring.treat import moments, outlying, treat, treatment_table
from evalkit.scoring.weights import (
    benefit_of_the_doubt,
    critic,
    deviation,
    entropy,
    equal,
    given,
    pca,
    varimax,
)

__all__ = [
    "aggregate",
    "ahp",
    "ahp_group",
    "ahp_tree",
    "ahp_triads",
    "benefit_of_the_doubt",
    "check_combination",
    "critic",
    "deviation",
    "entropy",
    "equal",
    "given",
    "impute",
    "moments",
    "normalise",
    "obstacle",
    "outlying",
    "outranking",
    "pca",
    "rank",
    "shares",
    "topsis",
    "treat",
    "treatment_table",
    "varimax",
]
