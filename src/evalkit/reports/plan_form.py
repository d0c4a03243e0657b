"""The question as five fields, and sliders for every standard: widgets over `Plan.run`, no arithmetic of their own.

What stands below a form follows it: ``asked = plan.form()``, then ``asked.follow(report.by_area)`` in a cell of its own
shows the table of the scenario in the fields and shows it anew whenever a field changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from evalkit.documents import Block, fragment
from evalkit.problems import InputError, unknown
from evalkit.reports import plan_report as report
from evalkit.subsidy.coverage import remarks
from evalkit.subsidy.dated import start_day, value_on
from evalkit.subsidy.plan import Plan
from evalkit.subsidy.result import Result
from evalkit.world.number import fixed, plain, settle, times

WIDE = {"description_width": "7em"}
REFUSED = "这一方案不能测算，请看上面的提示。"
WAITING = "上面的格子改过了，这里还没有重算：请点“重算下面各项”。"


def answer(result: Result) -> str:
    """The sentence and the table by district as HTML; the first year's change in fen stands in ``data-fen``."""
    change = int(result.cost([])["change_fen"].iloc[0])
    sentence = escape(result.sentence)
    head = f'<p class="ek-answer" data-fen="{change}"><b>{sentence}</b></p>'
    told = "".join(f"<li>{escape(text)}</li>" for text in remarks(result))
    notes = f'<ul class="ek-told">{told}</ul>' if told else ""
    return head + notes + fragment(report.by_area(result), styled=True)


def _run(plan: Plan, changes: dict[str, Any], out: Any) -> Result | None:
    """Run and show; a fault is shown where the answer would stand."""
    try:
        result = plan.run(changes)
        out.value = answer(result)
    except InputError as error:
        out.value = "<br>".join(escape(p.text()) for p in error.problems)
        return None
    return result


class View:
    """What `Form.follow` gives a cell to show: a block of the form's scenario, made anew when the form changes."""

    def __init__(self, form: Form, make: Callable[[Result], Block], slow: bool) -> None:
        self.form, self.make, self.slow = form, make, slow
        self.block = self._made()
        self._handle: Any = None
        self._live: Any = None

    def _made(self) -> Block:
        result = self.form.result
        if result is None:
            return Block.paragraph(REFUSED, "pending")
        try:
            return self.make(result)
        except InputError as error:
            text = "；".join(problem.text() for problem in error.problems)
            return Block.paragraph(text, "pending")

    def renew(self, *, asked: bool = False) -> None:
        """Show the scenario that the form holds now; what takes long only says that it waits, until asked."""
        waits = self.slow and not asked and self.form.result is not None
        self.block = Block.paragraph(WAITING, "pending") if waits else self._made()
        if self._live is not None:
            self._live.value = fragment(self.block, styled=True)
        if self._handle is not None:
            self._handle.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, Any]:
        bundle = self.block._repr_mimebundle_()
        if self._live is not None:
            view = {"version_major": 2, "version_minor": 0, "model_id": self._live.model_id}
            bundle["application/vnd.jupyter.widget-view+json"] = view
        return bundle

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):  # only its widgets are live
            import ipywidgets as w

            self._live = w.HTML(fragment(self.block, styled=True))
        self._handle = display(self._bundle(), raw=True, display_id=True)


class Form:
    """Five fields (项目, 由, 调到, 自何日起, 范围), the answer below them, and what follows them."""

    def __init__(
        self,
        plan: Plan,
        item: str | None = None,
        new: float | None = None,
        since: str | date | None = None,
        scope: str | None = None,
    ) -> None:
        import ipywidgets as w

        self.plan = plan
        self.result: Result | None = None
        self.views: list[View] = []
        parameters = plan.scheme.parameters
        item = item or next(iter(parameters))
        if item not in parameters:
            raise InputError(unknown("item", item, list(parameters)))
        home = plan.within(scope).source.homes[0] if scope else ""
        start = date(plan.years[0], 1, 1)
        day = start_day(since) if since else start
        named = [(plan.scheme.label(path), path) for path in parameters]
        areas = [("全部", ""), *zip(plan.source.names, plan.source.homes, strict=True)]
        self.choice = w.Dropdown(options=named, value=item, description="项目", style=WIDE)
        self.old = w.Text(description="由", disabled=True, style=WIDE)
        self.to = w.FloatText(description="调到", style=WIDE)
        self.day = w.DatePicker(description="自何日起", value=day, style=WIDE)
        self.where = w.Dropdown(options=areas, value=home, description="范围", style=WIDE)
        self.again = w.Button(description="重算下面各项", layout=w.Layout(display="none"))
        self.out = w.HTML()
        self._pick()
        self.to.value = new if new is not None else self._now()
        self.choice.observe(self._other_item, "value")
        self.day.observe(self._pick, "value")
        for widget in (self.to, self.day, self.where):
            widget.observe(self._changed, "value")
        self.again.on_click(lambda _: self._renew(asked=True))
        first, second = w.HBox([self.choice, self.old]), w.HBox([self.to, self.day, self.where])
        self.box = w.VBox([first, second, self.out, self.again])
        self._show()

    @property
    def item(self) -> str:
        """The standard that is asked about."""
        return str(self.choice.value)

    @property
    def new(self) -> float:
        """What it is raised or lowered to."""
        return float(self.to.value)

    @property
    def since(self) -> str | None:
        """The first day, as 2026-07-01; None where the field is empty (the change always holds)."""
        return self.day.value.isoformat() if self.day.value else None

    @property
    def asked(self) -> Plan:
        """The plan of the area chosen."""
        return self.plan.within(self.where.value) if self.where.value else self.plan

    @property
    def changes(self) -> dict[str, Any]:
        """The reform as `Plan.run` takes it."""
        return self.change(self.new)

    def change(self, new: float, item: str | None = None) -> dict[str, Any]:
        """A reform of the same day for another value, or another item."""
        return {item or self.item: {self.since: new} if self.since else new}

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
            named = "、".join(path.name for path in report.write(result, folder, standard))
            return Block.paragraph(f"已写到 {folder}（{self._told()}）：{named}")

        return self.follow(make)

    def _told(self) -> str:
        """The scenario in a few words."""
        if self.result is None:
            return ""
        rows = self.result.reform.difference(self.plan.scheme)
        return "；".join(str(row["text"]) for row in rows) or "没有调整"

    def _now(self) -> float:
        """The value in force on the day chosen, or on the first day of the years asked for."""
        one = self.plan.scheme.parameters[self.item]
        return float(value_on(one.values, self.day.value or date(self.plan.years[0], 1, 1)) or 0)

    def _pick(self, *_: Any) -> None:
        one = self.plan.scheme.parameters[self.item]
        allowed = f"允许{one.range[0]}到{one.range[1]}"
        self.old.value = f"{plain(self._now())} {one.unit}（{allowed}）"
        self.to.step = float(one.step)

    def _other_item(self, *_: Any) -> None:
        """Another item begins at its own value: the old one's number would be a false question."""
        self._pick()
        self.to.unobserve(self._changed, "value")
        self.to.value = self._now()
        self.to.observe(self._changed, "value")
        self._changed()

    def _changed(self, *_: Any) -> None:
        self._show()
        self._renew()

    def _show(self) -> None:
        self.result = _run(self.asked, self.changes, self.out)

    def _renew(self, *, asked: bool = False) -> None:
        for view in self.views:
            if not asked or view.slow:
                view.renew(asked=asked)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.box._repr_mimebundle_(**options)


def form(
    plan: Plan,
    item: str | None = None,
    new: float | None = None,
    since: str | date | None = None,
    scope: str | None = None,
) -> Form:
    """项目, 由, 调到, 自何日起, 范围: the answer, and the cells that follow it, change with every field."""
    return Form(plan, item, new, since, scope)


def sliders(plan: Plan, folder: str | Path = "方案") -> Any:
    """A slider for every parameter, presets, 保存方案 and 写测算说明; answers as it moves.

    The widget has ``.result()`` (the last `Result`) for the cells below it.
    """
    import ipywidgets as w

    parameters, start = plan.scheme.parameters, date(plan.years[0], 1, 1)
    now = {p: float(value_on(one.values, start) or 0) for p, one in parameters.items()}
    bars = {
        p: w.FloatSlider(
            value=now[p],
            min=float(one.range[0]),
            max=float(one.range[1]),
            step=float(one.step),
            tooltip=one.unit,
            readout_format=",.0f" if one.step >= 1 else ".2f",
            description=plan.scheme.label(p),
            style={"description_width": "14em"},
            layout=w.Layout(width="46em"),
        )
        for p, one in parameters.items()
    }
    since = w.DatePicker(description="自何日起", value=start)
    preset = w.Dropdown(
        options=[
            ("现行标准", 1.0),
            ("各项提高10%", 1.1),
            ("各项提高20%", 1.2),
            ("各项降低10%", 0.9),
        ],
        description="预设",
    )
    save, write, said, out = (
        w.Button(description="保存方案"),
        w.Button(description="写测算说明"),
        w.HTML(),
        w.HTML(),
    )
    last: list[Result] = []

    def changes() -> dict[str, Any]:
        moved = {p: bar.value for p, bar in bars.items() if abs(bar.value - now[p]) > 1e-9}
        return {
            p: {since.value.isoformat(): settle(v)} if since.value else settle(v)
            for p, v in moved.items()
        }

    def show(*_: Any) -> None:
        found = _run(plan, changes(), out)
        last[:] = [found] if found is not None else []
        said.value = ""  # what was saved or written was another scenario

    def set_all(change: Any) -> None:
        for p, bar in bars.items():
            step = float(parameters[p].step)
            moved = int(fixed(times(now[p], change["new"]), over=step)) * step
            bar.value = now[p] if change["new"] == 1 else moved

    def keep(_: Any) -> None:
        if not last:
            said.value = REFUSED
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / "调整方案.yml"
        path.write_text(last[0].reform.to_yaml(), encoding="utf-8")
        said.value = f"已保存：{path}"

    def tell(_: Any) -> None:
        if not last:
            said.value = REFUSED
            return
        said.value = f"已写到 {folder}：" + "、".join(
            p.name for p in report.write(last[0], folder) if p.suffix in (".html", ".xlsx")
        )

    for bar in (*bars.values(), since):
        bar.observe(show, "value")
    preset.observe(set_all, "value")
    save.on_click(keep)
    write.on_click(tell)
    show()
    box = w.VBox([w.HBox([preset, since, save, write]), *bars.values(), said, out])
    box.result = lambda: last[0] if last else None
    return box
