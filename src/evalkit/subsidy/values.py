"""What a scheme is, as data: standards with their dates, components, the rules of the whole scheme."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from evalkit.subsidy.dated import Dated, dated, number, plain_dates
from evalkit.subsidy.words import WORDS, column_word
from evalkit.world.number import plain

AMOUNTS = ("base", "floor", "cap")  # of a component: fixed part, least and greatest payment
FEN_PER_YUAN = 100
PARTS_OF_A_SHARE = 10_000
MONTHS_OF_A_YEAR = 12
SCOPED = "@"  # per_member@山区: a standard for a part of the organisations
UNITS = {"fen": 1, "yuan": 100, "ten_yuan": 1_000, "hundred_yuan": 10_000}  # of rounding, in fen
COUNTED = ("instructor", "count")  # what is counted by district, not listed by organisation


def _two_ends(value: Any) -> Any:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise PydanticCustomError("range", "应为 [下限, 上限]")
    return tuple(value)


def _shares(value: Any) -> Any:
    return {value: 1} if isinstance(value, str) else value


def _basis(value: Any) -> Any:
    """The basis of a component, which may be typed in Chinese: 全额, 补差."""
    found = WORDS["typed_values"].get(value, value) if isinstance(value, str) else value
    if found not in (None, *WORDS["typed_values"].values()):
        raise PydanticCustomError("basis", str(WORDS["basis"]))
    return found


Number = Annotated[Decimal, BeforeValidator(number)]
Text = Annotated[str, Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _keys_are_text(cls, raw: Any) -> Any:
        return {str(key): value for key, value in raw.items()} if isinstance(raw, Mapping) else raw


class Parameter(_Frozen):
    """One standard: what it is called, what it may be, what it is from which day on."""

    label: Text
    unit: Text
    range: Annotated[tuple[Number, Number], BeforeValidator(_two_ends)]
    step: Annotated[Decimal, BeforeValidator(number), Field(gt=0)]
    values: Annotated[Dated, BeforeValidator(dated)]
    start: Number | None = Field(default=None, alias="from")
    reference: str = ""
    note: str = ""
    unlimited: bool = False  # the end of its range is no limit at all

    def no_limit(self, value: Decimal) -> bool:
        """Whether a value of it limits nothing."""
        return self.unlimited and value >= self.range[1]

    def typed(self, value: Decimal) -> str:
        """A value as it may be typed: 150, 不限."""
        return str(WORDS["values"]["None"]) if self.no_limit(value) else plain(value)

    def with_unit(self, printed: str) -> str:
        """A value as it is printed with its unit; that there is no limit has none."""
        return printed if printed == WORDS["values"]["None"] else printed + self.unit

    @property
    def money(self) -> bool:
        return "元" in self.unit

    @property
    def scale(self) -> int:
        """What one of it is in a year: fen of money, ten-thousandths of a share or ratio."""
        return self.smallest * (MONTHS_OF_A_YEAR if self.monthly else 1)

    @property
    def smallest(self) -> int:
        """Into how many parts one of it may be cut: fen of money, ten-thousandths of a share or ratio."""
        return FEN_PER_YUAN if self.money else PARTS_OF_A_SHARE

    @property
    def monthly(self) -> bool:
        """Whether it is an amount a month (元/名·月); a year has twelve of it."""
        return self.money and self.unit.endswith("月")


class Component(_Frozen):
    """Money of one kind: per what, by which tiers, paid by whom.

    In a file its standards (entries with dated values) stand beside its settings; here they are `params`.
    """

    name: Text
    per: Literal[
        "party_org", "member", "unit", "employee", "dues", "instructor", "count", "matching"
    ] = "matching"
    payer: Annotated[dict[str, Number], BeforeValidator(_shares)] = {}
    by: str | None = None
    basis: Annotated[Literal["entitlement", "top_up"] | None, BeforeValidator(_basis)] = None
    purpose: str | None = None
    of: tuple[str, ...] = Field(default=(), strict=False)
    reading: (
        Literal[
            "town_equals_enterprise",
            "together_equal_district",
            "each_equals_district",
            "enterprise_equals_district",
        ]
        | None
    ) = None
    payers: tuple[str, ...] = Field(default=(), strict=False)
    town_amount: Literal["ledger", "share"] = "ledger"
    eligible: dict[str, Any] = {}
    once: bool = False
    instead_of: tuple[str, ...] = Field(default=(), strict=False)
    table: str | None = None
    marginal: bool = False
    ordered: bool = True
    lag: Literal[0, 1] = 1
    scopes: dict[str, dict[str, Any]] = {}
    added: Annotated[dict[str, Number], BeforeValidator(_shares)] = {}
    guarantee: Annotated[Number | None, Field(ge=0)] = None
    note: str = ""
    params: dict[str, Parameter] = {}

    @model_validator(mode="before")
    @classmethod
    def _standards_beside_settings(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping) or "params" in raw:
            return raw
        entries = {str(key): value for key, value in raw.items()}
        standards = {
            key: dict(value)
            for key, value in entries.items()
            if key not in cls.model_fields and isinstance(value, Mapping)
        }
        settings = {key: value for key, value in entries.items() if key not in standards}
        return {**settings, "params": standards} if standards else settings

    @staticmethod
    def written_keys(keys: list[str]) -> list[str]:
        """The keys as a file has them."""
        return [key for key in keys if key != "params"]

    @property
    def spent_for(self) -> str:
        """The purpose in the ledgers of what the component pays for."""
        return self.purpose or WORDS["purposes"].get(self.per, "other")

    @property
    def rates(self) -> list[str]:
        """The standards that are tiers or rates: all but a fixed part, a least and a greatest payment."""
        return [key for key in self.all_rates if SCOPED not in key]

    @property
    def all_rates(self) -> list[str]:
        """`rates`, and those for a part of the organisations (``per_member@山区``)."""
        return [key for key in self.params if key not in AMOUNTS]

    def rate_in(self, rate: str, scope: str | None) -> str:
        """The standard that holds for a rate within a scope: its own one there, else that of all."""
        own = f"{rate}{SCOPED}{scope}"
        return own if own in self.params else rate

    @property
    def counted(self) -> bool:
        """Whether the component pays what is only counted: instructors, grades of a user's table."""
        return self.per in COUNTED

    @property
    def matches_booked_money(self) -> bool:
        """Whether the township's own payments, as its ledger has them, are what is matched."""
        return self.reading == "town_equals_enterprise" and self.town_amount == "ledger"


class SchemeData(_Frozen):
    """A scheme as it is declared."""

    scheme: Text
    name: Text
    source: Text
    note: str = ""
    dates: Literal["days", "months", "first_day"]
    members: Literal["prev_year_end", "year_end", "mean"]
    rounding: Literal["fen", "yuan", "ten_yuan", "hundred_yuan"]
    eligible: dict[str, Any] = {}
    tables: dict[str, str] = {}
    components: dict[str, Component]

    @model_validator(mode="before")
    @classmethod
    def _days_are_text(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            return raw
        body = {str(key): plain_dates(value) for key, value in raw.items()}
        if isinstance(body.get("components"), Mapping):
            body["components"] = {str(code): one for code, one in body["components"].items()}
        return body

    def __hash__(self) -> int:
        return self.content_hash

    @cached_property
    def content_hash(self) -> int:
        return hash(repr(self))

    @property
    def unit(self) -> int:
        """The rounding unit in fen."""
        return UNITS[self.rounding]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """All parameters by path: ``activity.per_member``."""
        return {
            f"{code}.{key}": one
            for code, part in self.components.items()
            for key, one in part.params.items()
        }

    def label(self, path: str) -> str:
        """What a path is called: 党员活动经费·每名党员."""
        component, _, rest = path.partition(".")
        if path in self.parameters:
            return f"{self.components[component].name}·{self.parameters[path].label}"
        name, _, column = (rest if component in self.components else path).partition(".")
        word = WORDS["settings"].get(name, name) + (f"（{column_word(column)}）" if column else "")
        return f"{self.components[component].name}·{word}" if component in self.components else word

    def setting(self, path: str) -> Any:
        """The value of a setting such as ``members``, ``activity.basis`` or ``eligible.stars``."""
        component, _, rest = path.partition(".")
        name, _, column = (rest if component in self.components else path).partition(".")
        found = getattr(self.components.get(component, self), name)
        return found.get(column) if column else found
