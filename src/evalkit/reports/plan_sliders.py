"""A slider for every standard of a plan: widgets over `Plan.run`, no arithmetic of their own."""

from __future__ import annotations

from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from evalkit.problems import InputError
from evalkit.reports import plan_report as report
from evalkit.reports.plan_view import REFUSED, answer
from evalkit.reports.plan_words import TOLD
from evalkit.subsidy.dated import value_on
from evalkit.subsidy.plan import Plan
from evalkit.subsidy.result import Result
from evalkit.world.number import fixed, settle, times


def _run(plan: Plan, changes: dict[str, Any], out: Any) -> Result | None:
    """Run and show; a fault is shown where the answer would stand."""
    try:
        result = plan.run(changes)
        out.value = answer(result)
    except InputError as error:
        out.value = "<br>".join(escape(p.text()) for p in error.problems)
        return None
    return result


def sliders(plan: Plan, folder: str | Path = "方案") -> Any:
    """A slider for every parameter, presets, 保存方案 and 写测算说明; answers as it moves.

    The widget has ``.result()`` (the last `Result`) for the cells below it.
    """
    import ipywidgets as w

    words = TOLD["shown"]
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
    since = w.DatePicker(description=words["since"], value=start)
    preset = w.Dropdown(
        options=[(word, float(factor)) for word, factor in words["presets"].items()],
        description=words["preset"],
    )
    save, write, said, out = (
        w.Button(description=words["save"]),
        w.Button(description=words["write"]),
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
        path = Path(folder) / f"{TOLD['files']['reform']}.yml"
        path.write_text(last[0].reform.to_yaml(plan.scheme), encoding="utf-8")
        said.value = TOLD.say("shown.saved", path=path)

    def tell(_: Any) -> None:
        if not last:
            said.value = REFUSED
            return
        written = report.write(last[0], folder)
        names = "、".join(path.name for path in written if path.suffix in (".html", ".xlsx"))
        said.value = TOLD.say("shown.written", folder=folder, files=names)

    for bar in (*bars.values(), since):
        bar.observe(show, "value")
    preset.observe(set_all, "value")
    save.on_click(keep)
    write.on_click(tell)
    show()
    box = w.VBox([w.HBox([preset, since, save, write]), *bars.values(), said, out])
    box.result = lambda: last[0] if last else None
    return box
