"""Chinese type on a bare machine."""

from evalkit.charts import font_report, missing_glyphs
from evalkit.documents import fonts


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
