"""A question as fields, over `answered`: no arithmetic of its own.

What stands below a form follows it: ``asked = plan.form()``, then ``asked.follow(report.by_area)`` in a cell of its own
shows the table of the scenario in the fields and shows it anew whenever a field changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from evalkit.documents import Block, fragment
from evalkit.indicators.project import find_project
from evalkit.problems import InputError, Problem, unknown
from evalkit.reports import plan_report as report
from evalkit.reports.plan_beside import side_by_side
from evalkit.reports.plan_faults import in_words_of_the_form
from evalkit.reports.plan_scenarios import (
    FOLDER,
    Side,
    enough,
    keep,
    named,
    path_of,
)
from evalkit.reports.plan_view import View, told
from evalkit.reports.plan_words import TOLD
from evalkit.subsidy.ask import Ask
from evalkit.subsidy.asking import Answered, answered
from evalkit.subsidy.dated import start_day, value_on
from evalkit.subsidy.extending import paths_of, widened
from evalkit.subsidy.loading import load_reform
from evalkit.subsidy.plan import Plan, years_asked
from evalkit.subsidy.question import (
    ASKS,
    COST,
    LOOKED_FOR,
    NEEDED,
    ORG,
    Choice,
    Line,
    Question,
    choices,
    member_standard,
)
from evalkit.subsidy.result import Result
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.words import KIND_COLUMN, WORDS
from evalkit.world.declared import Source

WIDE = {"description_width": "8em"}
OPTIONAL = ("floor", "most")  # an empty field asks nothing
MOST_NAMED = 3000  # organisations that the field suggests


class Form:
    """A question in fields (项目, 由, 调到, 自何日起, 范围 and more), the answer below them, and what follows them.

    The fields hold what is typed on a command line; both go the same way to an answer (`Question`, `answered`).
    """

    def __init__(
        self,
        plan: Plan,
        item: str | None = None,
        new: float | str | None = None,
        since: str | date | None = None,
        scope: str | None = None,
        folder: str | Path | None = None,
    ) -> None:
        import ipywidgets as w

        self.plan = plan
        self.result: Result | None = None
        self.answered: Answered | None = None
        self.views: list[View] = []
        self.folder = Path(folder) if folder else _folder_of_scenarios()
        self._plans: dict[tuple[tuple[int, ...], str], Plan] = {}
        self._waits = True  # until the fields are there
        self.start = date(plan.years[0], 1, 1)
        self.choices = {one.item: one for one in choices(plan.scheme, self.start)}
        item = item or member_standard(plan.scheme)
        if item not in self.choices:
            raise InputError(unknown("item", item, list(self.choices)))
        home = plan.within(scope).source.homes[0] if scope else ""
        day = start_day(since) if since else self.start
        areas = [
            (TOLD["shown"]["everywhere"], ""),
            *zip(plan.source.names, plan.source.homes, strict=True),
        ]
        words = WORDS["form"]
        self.lines: list[Row] = []
        self.where = self._field(w.Dropdown, "within", options=areas, value=home)
        self.years = self._text("periods", _years_text(plan.years))
        self.kind = self._field(
            w.Dropdown,
            "kind",
            options=[(words["kinds"][k], k) for k in ASKS],
            value=COST,
            wide=True,
        )
        self.only = self._combo("only", self._scopes())
        self.share = self._combo("share", words["shares"])
        self.asks = {
            "budget": self._combo("budget", ["100万", "500万"], "500万"),
            "reach": self._combo("reach", ["50%", "80%", "90%", "100%"], "90%"),
            "standard": self._text("standard", "150"),
            "cap": self._combo("cap", ["1000万", "3000万"], "3000万"),
            "by": self._combo("by", self._ways_to_share(), WORDS["envelope"]["by"]["members"]),
            "floor": self._text("floor"),
            "most": self._text("most"),
            "org": self._combo("org", []),
        }
        self.more = w.Button(description=words["more"], icon="plus")
        self.again = w.Button(description=TOLD["shown"]["again"], layout=w.Layout(display="none"))
        self.out, self.said, self.beside = w.HTML(), w.HTML(), w.HTML()
        self.table, self.asked_for = w.VBox(), w.HBox(layout=w.Layout(flex_flow="row wrap"))
        self._scenario_fields()
        self._add(item, day)
        if new is not None:
            self.lines[0].to.value = new
        self.more.on_click(lambda _: self._add(item, self.lines[0].day.value))
        self.kind.observe(self._other_kind, "value")
        for widget in (self.where, self.years, self.only, self.share, *self.asks.values()):
            widget.observe(self._changed, "value")
        self.again.on_click(lambda _: self._renew(asked=True))
        row = w.Layout(flex_flow="row wrap")
        self.box = w.VBox(
            [
                w.HBox([self.kind, self.where, self.years], layout=row),
                self.asked_for,
                self.table,
                w.HBox([self.more, self.only, self.share], layout=row),
                w.HBox([self.title, self.question, self.save], layout=row),
                w.HBox([self.stored, self.open, self.compare], layout=row),
                self.said,
                self.beside,
                self.out,
                self.again,
            ]
        )
        self._other_kind()
        self._waits = False
        self._show()

    # --- fields ---

    @staticmethod
    def _field(make: Any, name: str, wide: bool = False, **options: Any) -> Any:
        import ipywidgets as w

        layout = w.Layout(width="34em" if wide else "22em")
        label = WORDS["form"]["fields"][name]
        return make(description=label, style=WIDE, layout=layout, **options)

    def _text(self, name: str, value: str = "") -> Any:
        import ipywidgets as w

        return self._field(w.Text, name, value=value, continuous_update=False)

    def _combo(self, name: str, options: Sequence[str], value: str = "") -> Any:
        """A text with suggestions."""
        import ipywidgets as w

        return self._field(
            w.Combobox,
            name,
            options=tuple(options),
            value=value,
            ensure_option=False,
            continuous_update=False,
        )

    def _scopes(self) -> list[str]:
        """Parts of the organisations that may be named: kinds of area that there are, stars, size, kind."""
        columns = self.plan.source.orgs.columns
        kinds = [one.removeprefix(KIND_COLUMN) for one in columns if one.startswith(KIND_COLUMN)]
        return [*kinds, *WORDS["form"]["scopes"]]

    @staticmethod
    def _ways_to_share() -> list[str]:
        return [*WORDS["envelope"]["by"].values(), WORDS["envelope"]["mixed"]]

    def _scenario_fields(self) -> None:
        import ipywidgets as w

        words = WORDS["form"]
        self.title, self.question = self._text("title"), self._text("question")
        self.question.layout.width = "34em"
        names = named(self.folder)
        self.stored = self._field(w.SelectMultiple, "stored", options=names, rows=3)
        self.save, self.open, self.compare = (
            w.Button(description=words[key]) for key in ("save", "open", "compare")
        )
        self.save.on_click(lambda _: self._told_of(self._keep))
        self.open.on_click(lambda _: self._told_of(self._open))
        self.compare.on_click(lambda _: self._told_of(self._compare))

    def _add(self, item: str, day: date | None) -> Row:
        row = Row(self, item, day)
        self.lines.append(row)
        self._lay()
        return row

    def _drop(self, row: Row) -> None:
        self.lines.remove(row)
        self._lay()
        self._changed()

    def _lay(self) -> None:
        """The lines of changes as they stand; the only one cannot go."""
        for row in self.lines:
            row.drop.layout.display = "" if len(self.lines) > 1 else "none"
        self.table.children = [row.box for row in self.lines]

    def _other_kind(self, *_: Any) -> None:
        """Only the fields that this question needs; the first line names what is looked for."""
        needed = [name for name in NEEDED.get(self.kind.value, ()) if name in self.asks]
        self.asked_for.children = [self.asks[name] for name in needed]
        if self.kind.value == ORG:
            rows = self.plan.reduction.rows(self.plan.years[0])
            self.asks["org"].options = tuple(dict.fromkeys(map(str, rows["party_org"])))[
                :MOST_NAMED
            ]
        for row in self.lines[:1]:
            row.to.disabled = row.day.disabled = self.kind.value in LOOKED_FOR
        self._changed()

    # the first line as its fields are called

    @property
    def choice(self) -> Any:
        return self.lines[0].choice

    @property
    def old(self) -> Any:
        return self.lines[0].old

    @property
    def to(self) -> Any:
        return self.lines[0].to

    @property
    def day(self) -> Any:
        return self.lines[0].day

    # --- what is asked ---

    @property
    def item(self) -> str:
        """The standard that is asked about: of a whole component its first one."""
        wide = self.scheme
        every = [path for row in self.lines for path in paths_of(wide, row.choice.value)]
        return next((path for path in every if path in wide.parameters), every[0])

    @property
    def scheme(self) -> Scheme:
        """The scheme with the components that the lines name."""
        return widened(self.plan.scheme, [row.choice.value for row in self.lines])

    @property
    def new(self) -> float:
        """What it is raised or lowered to, at last."""
        found = self.result.reform.dated.get(self.item) if self.result else None
        if found:
            return float(found[-1][1])
        text = self.to.value
        plain_number = text.replace(".", "", 1).isdigit()
        return (
            float(text) if plain_number else float(self.scheme.parameters[self.item].values[-1][1])
        )

    @property
    def since(self) -> str | None:
        """The first day, as 2026-07-01; None where the field is empty (the change always holds)."""
        return self.day.value.isoformat() if self.day.value else None

    @property
    def asked(self) -> Plan:
        """The plan of the area and the years chosen."""
        years = tuple(map(int, years_asked(self.years.value, "--periods")))
        key = (years, str(self.where.value))
        if key not in self._plans:
            plan = self.plan if years == self.plan.years else replace(self.plan, years=years)
            self._plans[key] = plan.within(key[1]) if key[1] else plan
        return self._plans[key]

    @property
    def reform(self) -> Reform:
        """The fields as a reform; every fault at once."""
        ask = Ask(**{name: str(field.value).strip() for name, field in self.asks.items()})
        asked = Question(
            tuple(row.line for row in self.lines),
            str(self.only.value).strip(),
            str(self.share.value).strip(),
            str(self.kind.value),
            ask,
            str(self.question.value).strip(),
            str(self.title.value).strip(),
        )
        return asked.reform(self.plan.scheme, self.start)

    @property
    def changes(self) -> dict[str, Any]:
        """The reform as `Plan.run` takes it."""
        return dict(self.reform.as_dict()["changes"])

    def change(self, new: float, item: str | None = None) -> dict[str, Any]:
        """A reform of the same day for another value, or another item."""
        return {item or self.item: {self.since: new} if self.since else new}

    # --- what follows ---

    def follow(self, make: Callable[[Result], Block], slow: bool = False) -> View:
        """`make(result)` as a block below, always of the scenario that the fields hold.

        What takes long is made `slow`: after a change it says that it waits, until the button is pressed.
        """
        view = View(self, make, slow)
        self.views.append(view)
        if slow:
            self.again.layout.display = ""
        return view

    def files(self, folder: str | Path, standard: float = 150) -> View:
        """测算说明, 测算表 and 测算底稿 of the scenario in a folder, written anew when it changes."""

        def make(result: Result) -> Block:
            named_files = "、".join(path.name for path in report.write(result, folder, standard))
            shown: dict[str, Any] = {
                "folder": folder,
                "scenario": self._told(),
                "files": named_files,
            }
            return Block.paragraph(TOLD.say("shown.written_of", **shown))

        return self.follow(make)

    def _told(self) -> str:
        """The scenario in a few words."""
        if self.result is None:
            return ""
        rows = self.result.reform.difference(self.plan.scheme)
        return "；".join(str(row["text"]) for row in rows) or TOLD["said"]["no_change"]

    def _changed(self, *_: Any) -> None:
        if not self._waits:
            self._show()

    def _show(self) -> None:
        """Answer the fields; a fault is told in their words where the answer would stand."""
        try:
            found = answered(self.asked, self.reform, Result)
        except InputError as error:
            self.result = self.answered = None
            self.out.value = "<br>".join(escape(text) for text in self._faults(error))
        else:
            assert isinstance(found.result, Result)
            self.answered, self.result = found, found.result
            self.out.value = told(found)
        self._renew()

    def _faults(self, error: InputError) -> list[str]:
        return [
            one.text()
            for one in in_words_of_the_form(
                error.problems,
                self.plan.scheme,
                shared=bool(self.share.value),
                only=str(self.only.value),
            )
        ]

    def _renew(self, *, asked: bool = False) -> None:
        for view in self.views:
            view.renew(asked=asked)

    # --- scenarios ---

    def _told_of(self, act: Callable[[], None]) -> None:
        """Do what a button asks for; a fault is told beside it."""
        self.said.value = ""
        try:
            act()
        except InputError as error:
            self.said.value = "<br>".join(escape(text) for text in self._faults(error))

    def _keep(self) -> None:
        """Keep the scenario under its name."""
        ask = {"periods": self.years.value, "within": self.where.value}
        reform = self.reform
        kept = replace(reform, ask=reform.ask.override(ask))
        path = keep(kept, self.plan.scheme, self.folder, str(self.title.value))
        self.stored.options = named(self.folder)
        self.said.value = escape(WORDS.say("form.saved", path=path))

    def _open(self) -> None:
        """Fill the fields with a scenario that was kept."""
        if len(self.stored.value) != 1:
            raise InputError(_one_of(len(self.stored.value), TOLD["shown"]["one_scenario"]))
        self.fill(self._stored(self.stored.value[0]))

    def _stored(self, name: str) -> Reform:
        """A scenario that was kept, where it is one of this plan's scheme."""
        reform = load_reform(path_of(self.folder, name), self.plan.scheme)
        own = self.plan.scheme.scheme
        declared = Source.read(path_of(self.folder, name)).content.get("base", own)
        if declared != own:
            found, allowed = f"{name}（{declared}）", own
            raise InputError(
                Problem("scenario_conflict", where="base", found=found, allowed=allowed)
            )
        return reform

    def fill(self, reform: Reform) -> None:
        """Ask what a reform asks."""
        asked = Question.of(reform, self.plan.scheme)
        self._waits = True
        try:
            self.lines.clear()
            for line in asked.lines:
                self._know(line.item)
                row = self._add(line.item, line.since)
                row.to.value, row.scope.value = line.to, line.scope
            self.only.value = self.share.value = ""
            for name, field in self.asks.items():
                text = getattr(asked.ask, name)
                if text or name in OPTIONAL:
                    field.value = text
            self.years.value = asked.ask.periods or _years_text(self.plan.years)
            home = asked.ask.within
            self.where.value = self.plan.within(home).source.homes[0] if home else ""
            self.title.value, self.question.value = asked.title, asked.question
            self.kind.value = asked.kind
            self._other_kind()
        finally:
            self._waits = False
        self._show()

    def _know(self, item: str) -> None:
        """An item that no field offers (a condition on a column of one's own) is offered too."""
        if item not in self.choices:
            label = self.plan.scheme.label(item)
            self.choices[item] = Choice(item, label, "", "", ())

    def _compare(self) -> None:
        """The scenarios that are chosen, side by side."""
        names = self.stored.value
        enough(len(names), WORDS["form"]["fields"]["stored"])
        sides = []
        for name in names:
            sides.append(Side(name, answered(self.asked, self._stored(name), Result)))
        self.beside.value = fragment(side_by_side(sides), styled=True)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.box._repr_mimebundle_(**options)


class Row:
    """A line of the form: an item, what it is, what it becomes, for whom, from which day on."""

    def __init__(self, form: Form, item: str, day: date | None) -> None:
        import ipywidgets as w

        self.form = form
        options = [(one.label, one.item) for one in form.choices.values()]
        self.choice = form._field(w.Dropdown, "item", wide=True, options=options, value=item)
        self.old = form._field(w.Text, "now", disabled=True)
        self.to = _amount_field(form)
        self.scope = form._combo("scope", form._scopes())
        self.day = form._field(w.DatePicker, "since", value=day)
        self.hint = w.HTML()
        self.drop = w.Button(description=WORDS["form"]["drop"], layout=w.Layout(width="5em"))
        self.box = w.VBox(
            [
                w.HBox([self.choice, self.old], layout=w.Layout(flex_flow="row wrap")),
                w.HBox(
                    [self.to, self.day, self.scope, self.drop],
                    layout=w.Layout(flex_flow="row wrap"),
                ),
                self.hint,
            ]
        )
        self._pick()
        self.choice.observe(self._other_item, "value")
        self.day.observe(self._pick, "value")
        for widget in (self.to, self.day, self.scope):
            widget.observe(form._changed, "value")
        self.drop.on_click(lambda _: form._drop(self))

    @property
    def line(self) -> Line:
        """The line as a question has it."""
        to, scope = str(self.to.value).strip(), str(self.scope.value).strip()
        return Line(str(self.choice.value), to, scope, self.day.value)

    def _other_item(self, *_: Any) -> None:
        """Another item begins at its own value, with its own range."""
        waits, self.form._waits = self.form._waits, True
        try:
            self.scope.value = ""
            self._pick(begin=True)
        finally:
            self.form._waits = waits
        self.form._changed()

    def _pick(self, *_: Any, begin: bool = False) -> None:
        """What the item is on the day, what it may be, how it may be typed."""
        one = self.form.choices[self.choice.value]
        now = one.now
        param = widened(self.form.plan.scheme, [one.item]).parameters.get(one.item)
        if param is not None:
            value = value_on(param.values, self.day.value or self.form.start) or Decimal(0)
            now = param.with_unit(param.typed(value))
        self.old.value = now
        self.to.options = one.examples
        self.hint.value = escape(_hint(one))
        if begin or not self.to.value:
            self.to.value = one.value


def _amount_field(form: Form) -> Any:
    """What an item becomes, as it is typed; a number given from Python is typed too."""
    import ipywidgets as w
    from traitlets import CUnicode

    class Amount(w.Combobox):
        value = CUnicode("").tag(sync=True)

    return form._field(Amount, "to", ensure_option=False, continuous_update=False)


def _hint(one: Choice) -> str:
    """What may be typed for an item."""
    words = WORDS["form"]
    told = [WORDS.say("form.allowed", range=one.range)] if one.range else []
    opening = words["or" if told else "write"]
    return "；".join([*told, *([opening + "、".join(one.examples)] if one.examples else [])])


def _years_text(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


def _folder_of_scenarios() -> Path:
    """Where the nearest project keeps its scenarios; the folder one works in where there is none."""
    try:
        return find_project().root / FOLDER
    except InputError:
        return Path(FOLDER)


def _one_of(count: int, allowed: str) -> Problem:
    where = WORDS["form"]["fields"]["stored"]
    return Problem(
        "value_invalid",
        where=where,
        found=TOLD.say("shown.scenarios", number=count),
        allowed=allowed,
    )


def form(
    plan: Plan,
    item: str | None = None,
    new: float | str | None = None,
    since: str | date | None = None,
    scope: str | None = None,
    folder: str | Path | None = None,
) -> Form:
    """项目, 由, 调到, 自何日起, 范围 and more: the answer, and the cells that follow it, change with every field."""
    return Form(plan, item, new, since, scope, folder)
