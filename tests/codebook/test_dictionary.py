"""docs/dictionary.md is what the codebook says today."""

from pathlib import Path

from evalkit.codebook import load_codebook
from evalkit.codebook.dictionary import formula, in_words, markdown

DOCS = Path(__file__).parents[2] / "docs" / "dictionary.md"


def test_the_committed_dictionary_is_current():
    expected = markdown(load_codebook())
    assert DOCS.read_text(encoding="utf-8") == expected, (
        "run: python -m evalkit.codebook.dictionary > docs/dictionary.md"
    )


def test_it_names_everything_declared_and_nothing_without_source():
    book, text = load_codebook(), markdown(load_codebook())
    assert all(
        f"`{code}`" in text
        for section in (book.tables, book.measures, book.indicators, book.references)
        for code in section
    )
    assert not any(f"`{code}`" in text for code in book.no_source)


def test_formulas_and_filters_in_words():
    book = load_codebook()
    assert (
        formula(book.indicators["org_coverage"], book)
        == "有党的组织的单位 ÷ 实体运营的法人单位 × 100%"
    )
    assert formula(book.indicators["fund_per_member"], book) == "党建经费 ÷ 上年党员"
    assert (
        in_words(book.measures["units_due"], book)
        == "单位计数：状态为正常，且法人单位为是，且正式党员不少于3"
    )
    assert in_words(book.measures["quota"], book) == "工作报表填报"
