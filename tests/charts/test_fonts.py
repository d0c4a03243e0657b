"""Chinese type on a bare machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.charts import font_report, missing_glyphs
from evalkit.documents import fonts

SOURCE = Path(__file__).resolve().parents[2] / "src"


def test_the_bundled_face_can_be_forced():
    face = fonts.face()
    assert face.bundled and face.path.endswith("NotoSansSC-Regular.otf") and face.minus
    assert fonts.family()[0] == face.name and fonts.family()[0] not in ("Noto Sans SC",)


def test_missing_glyphs_are_named_once():
    assert missing_glyphs("党建评估●▲■−%") == ""
    assert missing_glyphs("丁𠮷𠮷甲") == "𠮷" and missing_glyphs("甲\n") == ""


def test_a_rare_character_in_a_name_is_noted_on_the_figure(now):
    from evalkit import charts

    block = charts.bars(now(2).assign(area_name="𠮷县"), "org_coverage")
    assert block.content["missing_glyphs"] == "𠮷"


def test_the_report_for_doctor():
    report = font_report()
    assert [face.role for face in report] == ["图表", "黑体", "仿宋", "楷体", "宋体", "小标宋"]
    assert all(face.bundled and not face.missing and face.minus for face in report)


def test_without_any_chinese_face(monkeypatch):
    monkeypatch.setattr(fonts, "bundled", lambda file="": None)
    fonts._face.cache_clear()
    try:
        assert fonts.face().path == "" and missing_glyphs("a党") == "党" and not fonts.face().minus
    finally:
        fonts._face.cache_clear()


def made_face(path: Path, family: str, weight: int = 400) -> None:
    """A font file of two characters."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for step, point in enumerate([(0, 0), (500, 0), (500, 700), (0, 700)]):
        (pen.lineTo if step else pen.moveTo)(point)
    pen.closePath()
    square = pen.glyph()
    build = FontBuilder(1000, isTTF=True)
    build.setupGlyphOrder([".notdef", "dang", "A"])
    build.setupCharacterMap({0x515A: "dang", 0x41: "A"})
    build.setupGlyf({".notdef": square, "dang": square, "A": square})
    build.setupHorizontalMetrics(dict.fromkeys([".notdef", "dang", "A"], (1000, 0)))
    build.setupHorizontalHeader(ascent=800, descent=-200)
    build.setupNameTable(
        {"familyName": {"en": family, "zh": f"{family}（中文名）"}, "styleName": "Regular"}
    )
    build.setupOS2(usWeightClass=weight, sTypoAscender=800, sTypoDescender=-200)
    build.setupPost()
    path.parent.mkdir(parents=True, exist_ok=True)
    build.save(path)


def test_families_are_read_from_the_file(tmp_path):
    made_face(tmp_path / "a.ttf", "FangSong")
    made_face(tmp_path / "b.ttf", "FangSong", weight=700)
    (tmp_path / "c.ttf").write_bytes(b"\0\1\0\0\xff\xff" + b"\0" * 40)
    assert fonts.families_of(str(tmp_path / "a.ttf")) == [{"FangSong", "FangSong（中文名）"}]
    assert fonts.families_of(str(tmp_path / "b.ttf")) == [set()]
    assert (
        not any(fonts.families_of(str(tmp_path / "c.ttf")))
        and fonts.families_of(str(tmp_path / "none.ttf")) == []
    )
    assert fonts.families_of(str(fonts.bundled())) == [{"Noto Sans SC"}]


PICTURE = """
import io, json, sys
from hashlib import sha256
from evalkit.documents import fonts
import matplotlib
matplotlib.use("agg")
from matplotlib import pyplot
pyplot.rcParams["font.family"] = fonts.family("图表")
pyplot.figure(figsize=(2, 1)).text(0.1, 0.5, "党A1")
out = io.BytesIO()
pyplot.savefig(out, format="png", metadata={"Software": None})
faces = {role: (face.name, face.path) for role in fonts.roles() for face in [fonts.face(role)]}
print(json.dumps([faces, sha256(out.getvalue()).hexdigest()]))
"""


def seen_from(home: Path, system: Path) -> list:
    """Faces and the hash of a picture, as a user with this home gets them; `system` stands for the folders of the system."""
    code = f"import os; from matplotlib import font_manager; font_manager.X11FontDirectories[:] = [{str(system)!r}]\n"
    code += "font_manager._get_fontconfig_fonts = lambda: []\n" + PICTURE
    more = {
        "HOME": str(home),
        "MPLCONFIGDIR": str(home / "mpl"),
        "PYTHONPATH": str(SOURCE),
        "EVALKIT_FONTS": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="folders of fonts are given as Linux has them")
def test_two_homes_get_one_face_and_a_font_installed_later_is_found(tmp_path):
    system, old, new = tmp_path / "fonts", tmp_path / "old", tmp_path / "new"
    for folder in (system, old, new):
        folder.mkdir()
    before = seen_from(old, system)  # writes matplotlib's list of this home
    assert before[0]["图表"][0] == "evalkit NotoSansSC-Regular"
    made_face(system / "simhei.ttf", "SimHei")
    made_face(system / "zz.ttf", "SimHei")
    after, other = seen_from(old, system), seen_from(new, system)
    assert after == other and after[0]["黑体"] == ["SimHei", str(system / "simhei.ttf")]
    assert after[1] != before[1]  # the picture is drawn with it
