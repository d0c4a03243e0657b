"""Pure statistics: numpy in, numpy out. They know no table, no file and no language."""

from evalkit.stats.funnel import funnel_limits, overdispersion
from evalkit.stats.inequality import atkinson, dagum, gini, lorenz, theil, theil_decomposition
from evalkit.stats.intervals import byar, dobson, poisson_exact, standardised_rate, student, wilson
from evalkit.stats.ranksets import rank_sets
from evalkit.stats.scale import adjust, beta_prior, cronbach_alpha, item_analysis, shrink
from evalkit.stats.spc import run_rules, spc_limits

__all__ = [
    "adjust",
    "atkinson",
    "beta_prior",
    "byar",
    "cronbach_alpha",
    "dagum",
    "dobson",
    "funnel_limits",
    "gini",
    "item_analysis",
    "lorenz",
    "overdispersion",
    "poisson_exact",
    "rank_sets",
    "run_rules",
    "shrink",
    "spc_limits",
    "standardised_rate",
    "student",
    "theil",
    "theil_decomposition",
    "wilson",
]
