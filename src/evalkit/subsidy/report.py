"""A result as blocks and files: difference first, the sentence, tables, figures, 测算说明, 测算底稿."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.charts import plans as charts
from evalkit.documents import Block
from evalkit.documents import write as write_document
from evalkit.documents.workbook import csv_bytes
from evalkit.files import put
from evalkit.subsidy.checks import lists, words
from evalkit.subsidy.result import FEN, Result, moved
from evalkit.subsidy.workbook import workbook
from evalkit.world.number import plain, quotient

WORDS = {"baseline": "现行标准", "reform": "调整后"}


def _money(label: str, key: str, decimals: int = 2) -> dict[str, Any]:
    return {"key": key, "label": label, "decimals": decimals, "align": "right"}


ROUNDED = "因四舍五入，分项与合计可能不等。"
CHANGE = (_money("现行标准", "old"), _money("调整后", "new"), _money("增加", "change"))


def _wan(row: Any) -> list[float]:
    return [float(row[c]) / 1e6 for c in FEN]


def _block(result: Result, title: str, columns: list[Any], rows: list[list[Any]], total: int = 0, unit: str = "万元",
           notes: Any = (), **more: Any) -> Block:  # fmt: skip
    """A table with its source; what the source already says, no note says again."""
    told = [n for n in notes if n and not n.startswith("演示数据")]
    return Block.table(title, columns, rows, unit=unit, total_rows=total, source=result.source_line, sortable=False, notes=told,
                       demo=result.plan.source.is_demo, **more)  # fmt: skip


def difference(result: Result) -> Block:
    """What the reform changes against the baseline; the first table of every report."""
    rows = [[r["item"], r["old"], r["new"], r["unit"], r["since"]] for r in result.reform.difference(result.plan.scheme)]
    columns = ["项目", *({"key": w, "label": w, "align": "right"} for w in ("由", "调到")), "单位", "自何日起"]
    return _block(result, "调整内容", columns, rows or [["没有调整", None, None, "", ""]], unit="",
                  notes=[result.plan.scheme.note, result.reform.note])  # fmt: skip


def by_payer(result: Result) -> Block:
    """Cost by payer and year before and after, with the full year (翘尾)."""
    names, rows = lists()["payer"], []
    over = result.carry_over().set_index("year")
    for year, part in result.cost("payer").groupby("year"):
        rows += [[f"{year}年", names[r["payer"]], *_wan(r)] for r in part.to_dict("records")]
        rows.append([f"{year}年", {"t": "合计"}, *_wan(part[FEN].sum())])
    note = "；".join(f"{y}年按全年执行{moved(r['whole_year_fen'])}，其中翘尾{moved(r['carry_over_fen'])}"
                    for y, r in over.iterrows() if r["carry_over_fen"])  # fmt: skip
    return _block(result, "分出资方支出", ["年份", "出资方", *CHANGE], rows, notes=[note, "返还党费不属于财政资金。", ROUNDED])


def by_area(result: Result, year: int | None = None) -> Block:
    """One row a district: cost before and after, money per member, organisations that gain, stay or lose."""
    year = year or result.plan.years[0]
    frame = result.change("area", year).merge(result.groups("area", year), on="area", how="left").fillna(0)
    whole, rows = frame.sum(numeric_only=True), []
    for r in [*frame.to_dict("records"), {**whole.to_dict(), "area_name": "合计"}]:
        per = [quotient(r[c], 100 * r["members"]) if r["members"] else None for c in FEN[:2]]
        share = r["change_fen"] / whole["change_fen"] if whole["change_fen"] else None
        rows.append([r["area_name"], r["members"], *_wan(r), share, *per, *(int(r[k]) for k in ("gain", "same", "lose"))])
    columns = ["地区", _money("党员数", "members", 0), *CHANGE, {"key": "share", "label": "占增加额", "percent": True},
               _money("现行（元/人）", "per_old", 0), _money("调整后（元/人）", "per_new", 0),
               *({"key": w, "label": w, "group": "党组织（个）", "align": "right"} for w in ("增加", "不变", "减少"))]  # fmt: skip
    return _block(result, f"{year}年分地区支出", columns, rows, 1, notes=[*result.plan.notes, ROUNDED])


def by_basis(result: Result) -> Block:
    """全额 and 补差 of the components with a floor, side by side."""
    rows, parts = [], result.scheme.components
    for r in result.plan.bases(result.reform).to_dict("records"):
        part = parts[r["component"]]
        own = "（本方案）" if r["basis"] == part.basis else ""
        rows.append([f"{r['year']}年", part.name, words("values")[r["basis"]] + own, *_wan(r)])
    note = "“不少于”是底线：补差按地区和年度计算，等于标准应有数减去该用途已有支出，不足为零。"
    return _block(result, "两种口径对照", ["年份", "项目", "口径", *CHANGE], rows, notes=[note])


def fairness(result: Result, standard: float) -> Block:
    """Adequacy (of the money by member, where there is such a component) and inequality before and after."""
    of = next((n for n, p in result.scheme.components.items() if p.per == "member"), None)
    reach, unequal = result.reach(standard, component=of), result.inequality()
    rows = [[word, *reach.loc[k, ["share", "member_share"]].tolist(), *unequal.loc[k].tolist()] for k, word in WORDS.items()]
    name = result.scheme.components[of].name if of else ""
    columns = ["方案", {"key": "o", "label": f"{name}人均达到{plain(standard)}元的党组织", "percent": True},
               {"key": "m", "label": "所在党员", "percent": True},
               *(_money(w, w, 3) for w in ("基尼系数", "泰尔指数", "区县之间", "区县之内"))]  # fmt: skip
    note = "人均经费按党组织计算、以党员数加权；没有党员的不计。补差口径下已有支出计入达标。"
    return _block(result, "达标与差距", columns, rows, unit="", notes=[note])


def further(result: Result) -> Block:
    """What one more yuan of each standard costs in a full year, from the reform's values on."""
    rows = [[r["label"], r["value"], f"提高{plain(r['step'])}", r["cost_fen"] / 1e6] for r in result.further().to_dict("records")]
    columns = ["标准", _money("调整后", "value", 1), "再提高", _money("全年增加", "cost")]
    return _block(result, "再提高一步要多少钱", columns, rows)


bars, curves, pareto = charts.changes, charts.lorenz, charts.pareto


def blocks(result: Result, standard: float = 150) -> list[Block]:
    """The 测算说明 in order."""
    title = result.title or "补助标准调整测算说明"
    said = [f"{k}：{v}" for k, v in (("提出", result.reform.author), ("依据", result.reform.source)) if v]
    out = [Block.heading(title, 1), *map(Block.paragraph, said), difference(result), Block.paragraph(result.sentence),
           Block.heading("要多少钱、谁出", 2), by_payer(result), Block.heading("哪些地区受益", 2), by_area(result),
               bars(result)]  # fmt: skip
    if any(p.basis for p in result.scheme.components.values()):
        out += [Block.heading("两种口径", 2), by_basis(result)]
    out += [Block.heading("达标与差距", 2), fairness(result, standard), curves(result), Block.heading("再提高一步", 2), further(result)]
    return [*out, Block.heading("测算口径", 2), Block.bullets([*result.plan.notes, f"标准出处：{result.plan.scheme.source}"])]


def _plain(frame: pd.DataFrame, result: Result) -> pd.DataFrame:
    """A frame for a file: Chinese words for headings and codes, yuan for fen."""
    names = lists() | {"component": {n: part.name for n, part in result.scheme.components.items()}}
    told = {c: frame[c].map(names[c]) for c in ("component", "payer", "org_kind", "level") if c in frame}
    yuan = {c: frame[c] / 100 for c in frame if str(c).endswith("_fen")}
    return frame.assign(**told, **yuan).rename(columns=words("heads"))


def write(result: Result, folder: str | Path, standard: float = 150) -> list[Path]:
    """测算说明 as a page and for Word, 测算表.xlsx, tables as csv, figures as png, 测算底稿.xlsx and the reform itself into a folder.

    What is open in another program stays; the new one stands beside it, and the path given back is the one written.
    """
    out = Path(folder)
    all_blocks = blocks(result, standard)
    tables = {str(b.content["title"]): b for b in all_blocks if b.kind == "table"}
    each = result.organisations()
    each["members"] = each["members"].where(each["members"] >= 3)  # a list shows no count of persons below 3
    written = []
    for path in (out / "测算说明.html", out / "测算说明.docx", out / "测算表.xlsx"):
        locked = [p.read for p in write_document(all_blocks, path) if p.code == "output_locked"]
        written.append(Path(locked[0]) if locked else path)
    files = {"调整方案.yml": result.reform.to_yaml().encode("utf-8")}
    files |= {f"{b.content['title']}.png": b.png for b in all_blocks if b.kind == "figure"}
    frames = {name: b.frame() for name, b in tables.items()}
    frames |= {"分项目分地区": _plain(result.table, result), "党组织": _plain(each, result)}
    files |= {f"{name}.csv": csv_bytes(frame) for name, frame in frames.items()}
    written += [put(out / name, content) for name, content in files.items()]
    return [*written, workbook(result, out / "测算底稿.xlsx")]
