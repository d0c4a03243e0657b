"""Amounts in words; one unit to a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from evalkit.world.number import WAN_YUAN, WHOLE_YUAN, wan, yuan


def in_wan(fen: int) -> str:
    """12.35万元, half up; what is there and would print as nothing is said to be less."""
    return "不足0.01万元" if 0 < abs(2 * fen) < WAN_YUAN // 100 else wan(abs(int(fen)))


def in_yuan(fen: int) -> str:
    """8,200元, half up."""
    return "不足1元" if 0 < abs(2 * fen) < WHOLE_YUAN else yuan(abs(int(fen)))


def one_unit(amounts: Iterable[int]) -> Callable[[int], str]:
    """The printer for all amounts (without sign) of a sentence: 万元, or 元 where the amounts are small.

    Small are amounts below 10,000 yuan, beside others of up to 100,000 too: 50,500元 and 1,500元, not 5.05万元 and
    1,500元.
    """
    there = [abs(int(fen)) for fen in amounts if fen]
    small = (
        not there or max(there) < WAN_YUAN or (max(there) < 10 * WAN_YUAN and min(there) < WAN_YUAN)
    )
    return in_yuan if small else in_wan


def moved(fen: int, said: Callable[[int], str] | None = None) -> str:
    """A change in a sentence, without a sign: 增加3.11万元."""
    said = said or one_unit([fen])
    return f"{'增加' if fen > 0 else '减少'}{said(fen)}" if fen else "不变"


def in_words(fen: float) -> str:
    """An amount with its sign: 12.35万元 (half up), below ten thousand 8,200元."""
    size = abs(int(fen))
    text = wan(size) if size >= WAN_YUAN else yuan(size)
    return ("−" if fen < 0 and size >= WHOLE_YUAN / 2 else "") + text
