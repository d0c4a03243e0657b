"""What a document says about itself: title, office, date and the rest of the cover."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cover:
    """Cover of a report and frame of an official document; every text may be empty.

    Parameters
    ----------
    title, subtitle
        An empty title is the first heading of the tree.
    office, date, period
        Office that signs, date with Arabic digits (2026年1月15日), period told on the cover (2025年度).
    addressee, lead
        Official form: 主送机关 (without colon) and the opening paragraph.
    summary
        Paragraphs of the summary, before those of style ``summary`` in the tree.
    mark
        Words at the top of the first page, such as 内部资料 注意保存.
    demo
        Demonstration data, also where no block says so.
    """

    title: str = ""
    subtitle: str = ""
    office: str = ""
    date: str = ""
    period: str = ""
    addressee: str = ""
    lead: str = ""
    summary: tuple[str, ...] = field(default=())
    mark: str = ""
    demo: bool = False
