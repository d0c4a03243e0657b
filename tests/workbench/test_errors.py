"""What a beginner is told of an error in a cell: golden texts, and only in notebooks that use Evalkit."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from evalkit.workbench.errors import explain_in, folded, with_ascii_punctuation

FRAME = "import pandas as pd\nframe = pd.DataFrame({'area': ['甲'], 'coverage': ['90']})\n"

# The cell, and what is told of it (without the line of the cell and the words of Python).
CASES = {
    "ek.load（“2025”）": [
        "第1行：有中文标点“（”。代码里的标点要用英文的（输入法切到英文再打）",
        '改成：ek.load("2025")',
    ],
    "x = 1\ny = '一，二'，3": [
        "第2行：有中文标点“，”。代码里的标点要用英文的（输入法切到英文再打）",
        "改成：y = '一，二',3",
    ],
    "ek.load('2025)": ["第1行：引号只有一个，少了结尾的引号"],
    "ek.load(('2025')": ["第1行：没有写完：有一个括号没有配上另一半，或者冒号下面还没有内容"],
    "ek.load([2025)": ["第1行：括号“)”多了一个，或者前面少了一个"],
    "ek.load('2025'))": ["第1行：括号“)”多了一个，或者前面少了一个"],
    "for x in [1]\n    x": ["第1行：行末少了英文冒号“:”", "改成：for x in [1]:"],
    "if 1 = 1:\n    2": None,
    "area = 3\nif area = 3:\n    2": [
        "第2行：判断相等要写两个等号“==”，一个等号是赋值",
        "改成：if area == 3:",
    ],
    "[1 2]": ["第1行：这里少了逗号，或者少了运算符号"],
    'pd.read_excel("C:\\Users\\a.xlsx")': [
        "第1行：路径里的反斜杠有特别的意思。在引号前加字母r，或者把“\\”都改成“/”",
        '改成：pd.read_excel(r"C:\\Users\\a.xlsx")',
    ],
    "standard = 150元": ["第1行：数字后面不能直接跟文字“元”。文字要放进引号里，数量只写数字"],
    "x = 1\n  y = 2": ["第2行：行首多了空格。同一层的行要左对齐", "改成：y = 2"],
    "for x in [1]:\nx": [
        "第2行：上一行以冒号结束，这一行要缩进四个空格",
        "改成：    x",
    ],
    "if True:\n        x = 1\n    y = 2": [
        "第3行：行首的空格和上面几行对不齐。同一层的行空格要一样多，不要把Tab和空格混用"
    ],
    "np.mean([1])": [
        "第1行：还没有“np”。先在前面的单元格写一行并运行",
        "改成：import numpy as np",
    ],
    "x = true": ["第1行：“true”的大小写不对", "改成：True"],
    "area = 临山县": [
        "第1行：“临山县”没有加引号，被当成了名字。文字要放在英文引号里",
        '改成：area = "临山县"',
    ],
    "result = 1\nresutl": [
        "第2行：没有叫“resutl”的名字，最像的是“result”",
        "改成：result",
    ],
    "zzzzqqqq": [
        "第1行：没有叫“zzzzqqqq”的名字。先运行上面定义它的单元格（菜单“运行”→“运行所有单元格”）"
    ],
    "ek.scoer": ["第1行：“evalkit”没有“scoer”，最像的是“score”、“scoring”"],
    "None.indicators": ["第1行：前面得到的是空（None），没有“indicators”。看看上一步有没有结果"],
    FRAME + "frame['coverag']": ["第3行：表里没有“coverag”这一列，最像的是“coverage”"],
    FRAME + "frame['数量']": ["第3行：表里没有“数量”这一列。有：area、coverage"],
    FRAME + "frame('area')": ["第3行：“DataFrame”不能像函数那样用圆括号。取表里的一列用方括号"],
    FRAME + "frame['coverage'].iloc[0] + 1": [
        "第3行：数字和文字不能一起算。看看是不是有一个数加了引号，或者那一列是文字"
    ],
    "'a' > 1": ["第1行：数字和文字不能比大小。看看是不是有一个数加了引号，或者那一列是文字"],
    "float('1,234')": ["第1行：“1,234”不是数字。去掉逗号、单位和空格，只留数字"],
    "import pandsa": [
        "第1行：没有安装软件包“pandsa”。看看名字有没有写错；Evalkit 只带自己要用的软件包"
    ],
    "from evalkit import laod": None,
    "ek.load(level='county')": [
        "第1行：“load”没有“level”这个参数。可用的参数：project、periods、dataset"
    ],
    "ek.load_scheme()": None,
    "1 / 0": ["第1行：除数是零"],
    "[1][3]": ["第1行：没有这么多：序号从0开始，最后一个写 -1"],
}


@pytest.fixture(scope="module")
def shell():
    made = InteractiveShell()
    made.shown = []
    explain_in(made)
    explain_in(made)
    return made


def told(shell, cell, capsys, before="import evalkit as ek"):
    shell.reset(new_session=False)
    shell.run_cell(before)
    capsys.readouterr()
    assert not shell.run_cell(cell).success
    return capsys.readouterr().out.rstrip("\n").split("\n")


@pytest.mark.parametrize("cell", [cell for cell, words in CASES.items() if words])
def test_what_a_beginner_is_told(shell, cell, capsys):
    lines = told(shell, cell, capsys)
    said = [lines[0], *(line for line in lines[1:] if line.startswith("改成："))]
    assert said == CASES[cell]
    assert "Traceback" not in "\n".join(lines) and len(lines) <= 4
    assert "Error" in lines[-1]  # what Python says stands below


def test_an_input_error_says_its_own_words(shell, capsys, tmp_path):
    lines = told(shell, f"x = 1\nek.load({str(tmp_path)!r}, dataset='raw')", capsys)
    assert lines[0].startswith("第2行：ek.load(")
    assert lines[1].startswith("[错误]") and lines[2].strip().startswith("[error]")
    assert len(lines) == 3


def test_a_notebook_without_evalkit_is_left_alone(shell, capsys):
    lines = told(shell, "1 / 0", capsys, before="x = 1")
    assert any("Traceback" in line for line in lines)


def test_an_unknown_cause_keeps_its_traceback(shell, capsys):
    lines = told(shell, "raise ValueError('nobody knows')", capsys)
    assert any("Traceback" in line for line in lines)


def test_the_traceback_is_folded_and_escaped():
    found = folded(["\x1b[31mTraceback\x1b[0m", "<b>line</b>"])["text/html"]
    assert found.startswith("<details><summary>") and "&lt;b&gt;" in found and "\x1b" not in found


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("f('a，b'，1)", "f('a，b',1)"),
        ("x＝1　# 注释，不改", "x=1 # 注释，不改"),
        ("print（‘甲’）", "print('甲')"),
    ],
)
def test_punctuation_is_changed_outside_of_texts_only(line, right):
    assert with_ascii_punctuation(line)[0] == right
