"""What if a subsidy standard changed: schemes and reforms as data, exact costs, searches, uncertainty."""

from evalkit.subsidy.dated import start_day
from evalkit.subsidy.instructors import instructors
from evalkit.subsidy.loading import (
    load_reform,
    load_scheme,
    packaged,
    parse_changes,
    read_scenario,
)
from evalkit.subsidy.plan import Plan, plan
from evalkit.subsidy.projection import Projection
from evalkit.subsidy.readings import readings
from evalkit.subsidy.result import Result
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.sharing import share_out

__all__ = [
    "Plan",
    "Projection",
    "Reform",
    "Result",
    "Scheme",
    "instructors",
    "load_reform",
    "load_scheme",
    "packaged",
    "parse_changes",
    "plan",
    "read_scenario",
    "readings",
    "share_out",
    "start_day",
]
