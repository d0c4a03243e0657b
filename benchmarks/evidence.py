"""Why trust it: one command, one table. ``python start.py evidence`` writes docs/evidence.md.

Recomputed cells: what the report of three counties prints, reckoned once more from the workbooks without Evalkit
(tests/golden/recomputed.py). Published statistics: the tests that reproduce numbers printed in papers, handbooks or by
another program. Speed: our benchmarks against the program that people would use instead, processor or wall time.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "evidence.md"


@dataclass(frozen=True)
class Published:
    """A published result, and the test that reproduces it to the digits that were printed."""

    what: str
    source: str
    test: str


PUBLISHED = (
    Published(
        "Wilson 与 Byar 区间",
        "英格兰公共卫生局（PHE）的检验数据",
        "stats/test_stats_intervals.py::test_byar_and_wilson_give_the_tables_of_public_health_england",
    ),
    Published(
        "控制图（单值）",
        "NIST/SEMATECH 统计手册",
        "stats/test_stats_intervals.py::test_individuals_chart_of_nist",
    ),
    Published(
        "泰尔指数分解：墨西哥各州",
        "PySAL（Rey 和 Sastre）",
        "stats/test_stats_inequality.py::test_mexican_states",
    ),
    Published(
        "克龙巴赫α",
        "OECD/JRC《综合指数手册》（2008）",
        "stats/test_stats_inequality.py::test_cronbach_of_the_handbook",
    ),
    Published(
        "位次的置信集：PISA",
        "Mogstad 等（2024），R 的 csranks 包",
        "stats/test_stats_ranksets.py::test_pisa_ranking_of_the_authors",
    ),
    Published(
        "十种标准化方法",
        "OECD/JRC《综合指数手册》（2008）",
        "scoring/test_scoring_normalise.py::test_ten_normalisations_of_the_handbook",
    ),
    Published(
        "人类发展指数",
        "联合国开发计划署",
        "scoring/test_scoring_normalise.py::test_human_development_index",
    ),
    Published(
        "层次分析法",
        "OECD/JRC《综合指数手册》（2008）",
        "scoring/test_scoring_weights.py::test_ahp_of_the_handbook",
    ),
    Published(
        "层次分析法的一致性",
        "Saaty（2008）",
        "scoring/test_scoring_weights.py::test_ahp_of_saaty_from_one_triangle",
    ),
    Published(
        "CRITIC 权重",
        "Diakoulaki 等（1995）",
        "scoring/test_scoring_weights.py::test_critic_of_diakoulaki",
    ),
    Published(
        "TOPSIS",
        "Opricovic、Tzeng（2004）",
        "scoring/test_scoring_aggregate.py::test_topsis_of_opricovic_and_tzeng",
    ),
    Published(
        "双重差分：最低工资（四种汇总）",
        "R 的 did 包",
        "effects/test_published.py::test_all_aggregations_of_the_minimum_wages",
    ),
    Published(
        "平行趋势的敏感性",
        "R 的 HonestDiD 包",
        "effects/test_published.py::test_honest_bounds_of_benzarti_and_carloni",
    ),
    Published(
        "随机效应合并：卡介苗试验",
        "R 的 metafor 包",
        "effects/test_published.py::test_tuberculosis_vaccine_trials_pool_as_in_metafor",
    ),
    Published(
        "分数响应：大麦叶斑病",
        "Wedderburn（1974），McCullagh 和 Nelder（1989）",
        "effects/test_published.py::test_leaf_blotch_of_barley_as_a_fractional_logit",
    ),
    Published(
        "固定效应：Grunfeld 投资",
        "R 的 plm 包",
        "effects/test_designs.py::test_grunfeld_fixed_effects_and_pooled_estimates_to_the_printed_digits",
    ),
    Published(
        "二项回归：star98",
        "Gill（2000），statsmodels 文档",
        "effects/test_b_estimates.py::test_star98_as_printed_by_statsmodels",
    ),
    Published(
        "公开文件里的补助标准",
        "富阳、济南、贵阳的公开文件",
        "subsidy/test_scheme.py::test_published_standards",
    ),
)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "EVALKIT_FONTS": "bundled"}


def recomputed_cells() -> tuple[int, int]:
    """Cells of the report that were reckoned a second time, and how many of them differ."""
    sys.path.insert(0, str(ROOT / "tests" / "golden"))
    import golden_net as net
    import test_recomputed as told

    cells = told.cells_of(net.load(told.HERE / "three"))
    pairs = [
        *told.areas_twice(cells),
        *told.targets_twice(cells),
        *told.standards_twice(cells),
    ]
    return len(pairs), sum(printed != again for printed, again in pairs)


def reproduced() -> Iterator[tuple[Published, bool]]:
    """Each published result with whether its test passes, in one run."""
    wanted = [f"tests/{one.test}" for one in PUBLISHED]
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *wanted]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    lines = done.stdout.splitlines()
    for one in PUBLISHED:
        name = one.test.partition("::")[2]
        told = [line for line in lines if re.match(r"(PASSED|FAILED|ERROR)", line) and name in line]
        yield one, bool(told) and all(line.startswith("PASSED") for line in told)


def printed_by(script: str, *words: str) -> str:
    """What a benchmark prints."""
    command = [sys.executable, str(ROOT / "benchmarks" / script), *words]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return done.stdout


def speed() -> Iterator[tuple[str, str, str, str]]:
    """What, with Evalkit, with the peer, ratio."""
    text = printed_by("runner.py", "--rows", "12")
    stock = found(r"stock papermill\D*?([\d.]+) s a run", text)
    ours = found(r"after it ([\d.]+) s a run", text)
    ratio = found(r", ([\d.]+) times stock", text)
    what = "批量运行笔记本，每份（同一笔记本）"
    yield what, f"{ours} 秒", f"papermill 逐份运行 {stock} 秒", f"{ratio} 倍快"
    text = printed_by("effects.py")
    ours = found(r"ek.effects.twfe +([\d.]+) s", text)
    direct = found(r"pyfixest, direct +([\d.]+) s", text)
    ratio = found(r"([\d.]+) x with its guard", text)
    what = "双向固定效应，100万行（处理器时间）"
    yield what, f"{ours} 秒（含各项检查）", f"直接用 pyfixest {direct} 秒", f"{ratio} 倍的时间"


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if not match:
        raise SystemExit(f"{pattern!r} is not in\n{text}")
    return match[1]


def commit() -> str:
    """The commit that was measured, with a plus where something was not committed."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout

    changed = any(
        not line.endswith("docs/evidence.md")
        for line in git("status", "--porcelain", "-uno").splitlines()
    )
    return git("log", "-1", "--format=%h（%cs）").strip() + ("+" if changed else "")


def page(fast: bool) -> str:
    cells, different = recomputed_cells()
    results = list(reproduced())
    lines = [
        "# 凭什么相信 / Why trust it",
        "",
        "本页由一条命令生成：`python start.py evidence`。任何人都可以重新运行，看是不是同样的结果。",
        "Made by one command; run it again to see whether it still holds.",
        "",
        f"提交 commit：{commit()}；Python {platform.python_version()}，{platform.system()}，{os.cpu_count()} 核，"
        f"开始时负载 {os.getloadavg()[0]:.1f}（高于核数时，按钟表计的速度和倍数不准，请在空闲时重做）。",
        "",
        "| 核对什么 | 结果 | 怎样核对 |",
        "|---|---|---|",
        f"| 报告表格里的数，不用本程序、直接从台账重算 | {cells} 个单元格，不同 {different} 个 "
        "| `tests/golden/recomputed.py` 只用 pandas 读台账，公式另写一遍 |",
    ]
    passed = sum(ok for _one, ok in results)
    lines.append(
        f"| 已发表的统计结果 | {len(results)} 项，复现 {passed} 项 | 见下表，对到原文印出的位数 |"
    )
    if not fast:
        lines += [
            f"| 速度：{what} | {ours} | {peer}；{ratio} |" for what, ours, peer, ratio in speed()
        ]
    lines += ["", "复现的统计结果：", "", "| 结果 | 来源 | 测试 | 复现 |", "|---|---|---|---|"]
    for one, ok in results:
        file, _, name = one.test.partition("::")
        lines.append(
            f"| {one.what} | {one.source} | [`{name}`](../tests/{file}) | {'是' if ok else '否'} |"
        )
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="without the benchmarks")
    text = page(parser.parse_args().fast)
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(text)


if __name__ == "__main__":
    main()
