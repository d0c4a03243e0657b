"""The question as five fields, and sliders for every standard: widgets over `Plan.run`, no arithmetic of their own."""

from __future__ import annotations

from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.documents import fragment
from evalkit.problems import InputError
from evalkit.subsidy.checks import value_on
from evalkit.subsidy.result import Result
from evalkit.world.number import fixed, settle, times

if TYPE_CHECKING:
    from evalkit.subsidy.plan import Plan

WIDE = {"description_width": "7em"}


def answer(result: Result) -> str:
    """The sentence and the table by district as HTML; the first year's change in fen stands in ``data-fen``."""
    from evalkit.subsidy.report import by_area

    change = int(result.cost([])["change_fen"].iloc[0])
    head = f'<p class="ek-answer" data-fen="{change}"><b>{escape(result.sentence)}</b></p>'
    return head + fragment(by_area(result), styled=True)


def _run(plan: Plan, changes: dict[str, Any], out: Any) -> Result | None:
    """Run and show; a fault is shown where the answer would stand."""
    try:
        result = plan.run(changes)
        out.value = answer(result)
    except InputError as error:
        out.value = "<br>".join(escape(p.text()) for p in error.problems)
        return None
    return result


def form(plan: Plan, item: str | None = None, new: float | None = None, since: str | None = None, scope: str | None = None) -> Any:
    """项目, 由, 调到, 自何日起, 范围: the answer follows every change of a field."""
    import ipywidgets as w

    parameters = plan.scheme.parameters
    named = [(plan.scheme.label(p), p) for p in parameters]
    choice = w.Dropdown(options=named, value=item or next(iter(parameters)), description="项目", style=WIDE)
    old, to = w.Text(description="由", disabled=True, style=WIDE), w.FloatText(description="调到", style=WIDE)
    start = date(plan.years[0], 1, 1)
    day = w.DatePicker(description="自何日起", value=date.fromisoformat(since) if since else start, style=WIDE)
    areas = [("全部", ""), *zip(plan.source.names, plan.source.homes, strict=True)]
    where = w.Dropdown(options=areas, value=next((h for n, h in areas if scope in (n, h)), ""), description="范围", style=WIDE)
    out = w.HTML()

    def pick(*_: Any) -> None:
        one = parameters[choice.value]
        value = value_on(one.values, day.value or start)
        old.value = f"{value if value is not None else 0} {one.unit}（允许{one.range[0]}到{one.range[1]}）"
        to.step = float(one.step)

    def show(*_: Any) -> None:
        inside = plan.within(where.value) if where.value else plan
        _run(inside, {choice.value: {day.value.isoformat(): to.value} if day.value else to.value}, out)

    pick()
    to.value = new if new is not None else float(value_on(parameters[choice.value].values, start) or 0)
    for widget in (choice, day):
        widget.observe(pick, "value")
    for widget in (choice, to, day, where):
        widget.observe(show, "value")
    show()
    return w.VBox([w.HBox([choice, old]), w.HBox([to, day, where]), out])


def sliders(plan: Plan, folder: str | Path = "方案") -> Any:
    """A slider for every parameter, presets, 保存方案 and 写测算说明; answers as it moves.

    The widget has ``.result()`` (the last `Result`) for the cells below it.
    """
    import ipywidgets as w

    parameters, start = plan.scheme.parameters, date(plan.years[0], 1, 1)
    now = {p: float(value_on(one.values, start) or 0) for p, one in parameters.items()}
    bars = {p: w.FloatSlider(value=now[p], min=float(one.range[0]), max=float(one.range[1]), step=float(one.step), tooltip=one.unit,
                             readout_format=",.0f" if one.step >= 1 else ".2f", description=plan.scheme.label(p),
                             style={"description_width": "14em"}, layout=w.Layout(width="46em"))
            for p, one in parameters.items()}  # fmt: skip
    since = w.DatePicker(description="自何日起", value=start)
    preset = w.Dropdown(options=[("现行标准", 1.0), ("各项提高10%", 1.1), ("各项提高20%", 1.2), ("各项降低10%", 0.9)], description="预设")
    save, write, said, out = w.Button(description="保存方案"), w.Button(description="写测算说明"), w.HTML(), w.HTML()
    last: list[Result] = []

    def changes() -> dict[str, Any]:
        moved = {p: bar.value for p, bar in bars.items() if abs(bar.value - now[p]) > 1e-9}
        return {p: {since.value.isoformat(): settle(v)} if since.value else settle(v) for p, v in moved.items()}

    def show(*_: Any) -> None:
        if (found := _run(plan, changes(), out)) is not None:
            last[:] = [found]

    def set_all(change: Any) -> None:
        for p, bar in bars.items():
            step = float(parameters[p].step)
            moved = int(fixed(times(now[p], change["new"]), over=step)) * step
            bar.value = now[p] if change["new"] == 1 else moved

    def keep(_: Any) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / "调整方案.yml"
        path.write_text(last[0].reform.to_yaml(), encoding="utf-8")
        said.value = f"已保存：{path}"

    def tell(_: Any) -> None:
        from evalkit.subsidy.report import write as write_all

        said.value = f"已写到 {folder}：" + "、".join(p.name for p in write_all(last[0], folder) if p.suffix in (".html", ".xlsx"))

    for bar in (*bars.values(), since):
        bar.observe(show, "value")
    preset.observe(set_all, "value")
    save.on_click(keep)
    write.on_click(tell)
    show()
    box = w.VBox([w.HBox([preset, since, save, write]), *bars.values(), said, out])
    box.result = lambda: last[0]
    return box
