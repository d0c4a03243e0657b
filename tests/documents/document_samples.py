"""A document with every kind of block, and text that tries to be something else."""

import io

from evalkit.documents import Block, Cover
from evalkit.documents.markdown import markdown

HOSTILE = [
    "$x_1$ \\frac{a}{b} \\input{/etc/passwd} \\textbf{甲}",
    "<b>甲</b> & <script>alert(1)</script> &amp; ]]>",
    '#let a = 1; #read("doc.json") *星* _下_ @ref `raw` = 题 // 注 ~ "引"',
    "=SUM(A1:A9)",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    '=HYPERLINK("http://x")',
    "http://example.org",
    "007",
    "1e5",
    '演示/\\:*?"<>|..公司',
    "长" * 60,
    "甲\tb",
    "{{x}} {% y %}",
    "〔表：没有这个表〕",
]
COVER = Cover(
    title="演示省2025年评估报告",
    subtitle="（征求意见稿）",
    office="中共演示省委社会工作部",
    date="2026年1月15日",
    period="2025年度",
    addressee="省委办公厅",
    lead="现将评估情况报告如下。",
    mark="内部资料　注意保存",
)


def png(width=8, height=5) -> bytes:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(width, height), dpi=20)
    axes.plot([1, 2])
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    plt.close(figure)
    return stream.getvalue()


def key_table(**more) -> Block:
    columns = [
        {"key": "n", "label": "指标"},
        {"key": "v", "label": "数值", "percent": True},
        {"key": "c", "label": "比上年", "decimals": 1},
        {"key": "r", "label": "位次"},
    ]
    rows = [
        ["组织覆盖率", {"v": 0.853, "mark": "●", "tone": "good"}, 2.1, 3],
        [
            "有效覆盖率",
            {"v": 0.61, "t": "61.0%", "mark": "▲", "tone": "middle"},
            -1.2,
            {"t": "基数小，不参与排序"},
        ],
        ["合计", 0.7, None, None],
    ]
    return Block.table(
        "主要指标一览表",
        columns,
        rows,
        unit="%、个百分点",
        total_rows=1,
        notes=["见〔图：覆盖率〕。"],
        source="演示数据，2025年12月31日",
        demo=True,
        **more,
    )


def wide_table(n=30) -> Block:
    columns = [{"key": "a", "label": "区县"}]
    columns += [
        {"key": f"k{i}", "label": f"指标{i}（%）", "group": f"第{i // 4}组", "decimals": 1}
        for i in range(14)
    ]
    rows = [[f"演示{i:02d}区", *[1000.5 + i] * 14] for i in range(n)]
    return Block.table("各区县数据表", columns, rows)


def blocks() -> list[Block]:
    body = "组织覆盖率为85.3%，比上年提高2.1个百分点，详见〔表：主要指标一览表〕和〔图：覆盖率〕。"
    return [
        Block.heading("演示省2025年评估报告", 1),
        Block.paragraph("本报告评估30个区县。", "summary"),
        Block.heading("评估说明", 2, "unnumbered"),
        Block.paragraph("评估依据。"),
        Block.heading("总体情况", 2),
        Block.paragraph(body),
        key_table(),
        Block.heading("一、手写了编号", 3),
        Block.figure("各区县组织覆盖率", png(), "柱状图：各区县组织覆盖率"),
        Block.heading("单独组建", 4),
        Block.paragraph(body * 4),
        Block.heading("经费保障", 2),
        Block.paragraph("【待补充】", "pending"),
        Block.note("本节数据尚未核实。", "warning"),
        Block.table("回归结果", ["", "（1）"], [["系数", "0.12***"]], form="three_line"),
        Block.group(Block.heading("结构", 3), Block.paragraph(body)),
        *markdown(
            "## 做法\n\n有**加粗**和[链接](https://example.org/a)。\n\n1. 第一**项**\n2. 第二项\n\n【待补充：典型经验】请报送。"
        ),
        Block.heading("指标定义", 2, "appendix"),
        Block.paragraph("组织覆盖率＝……"),
        Block.heading("各区县数据表", 2, "appendix", "areas"),
        wide_table(),
        Block.heading("数据质量", 2, "appendix"),
        Block.paragraph("完。"),
    ]


def hostile() -> list[Block]:
    rows = [[text, 1] for text in HOSTILE]
    found = [
        Block.heading(HOSTILE[0], 1),
        Block.table(
            HOSTILE[1], ["名称", "数"], rows, unit=HOSTILE[2], notes=HOSTILE, source=HOSTILE[1]
        ),
    ]
    for text in HOSTILE:
        found += [
            Block.heading(text, 2),
            Block.paragraph(text),
            Block.note(text),
            Block.bullets([text]),
        ]
    return [*found, Block.figure(HOSTILE[2], png(), HOSTILE[1], source=HOSTILE[0])]
