"""The demonstration province: invented ledgers, written as offices keep them, with the truth beside them."""

from evalkit.demo.province import District, make_districts
from evalkit.demo.write import write

__all__ = ["District", "make_districts", "write"]
