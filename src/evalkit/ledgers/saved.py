"""When a workbook was last saved, by what it says itself; never by the time of the file system, which copying changes."""

from __future__ import annotations

import datetime as dt
import re
import struct
from contextlib import suppress

BEIJING = dt.timezone(dt.timedelta(hours=8))
_MODIFIED = re.compile(rb"<(?:\w+:)?modified\b[^>]*>\s*([^<\s]+)\s*<")
_DATE = re.compile(rb"<dc:date>\s*([^<\s]+)\s*<")
_EPOCH = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
# of an old workbook: the set of properties called SummaryInformation, and the one in it that is the time of saving
_SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
_SAVED, _FILETIME = 0x0D, 0x40
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


def of_office_xml(core: bytes) -> str:
    """The day of ``docProps/core.xml`` (xlsx, docx); empty where it tells none."""
    return _day(_MODIFIED.search(core))


def of_open_document(meta: bytes) -> str:
    """The day of ``meta.xml`` (ods)."""
    return _day(_DATE.search(meta))


def of_old_workbook(data: bytes) -> str:
    """The day in the summary of an .xls."""
    start = data.find(_SUMMARY)
    with suppress(struct.error, ValueError, OverflowError):
        if start >= 28:
            head = (
                start - 28
            )  # the stream begins with 28 bytes, then the name of the set and where it lies
            section = head + struct.unpack_from("<I", data, start + 16)[0]
            _, count = struct.unpack_from("<II", data, section)
            for n in range(min(count, 64)):
                name, offset = struct.unpack_from("<II", data, section + 8 + 8 * n)
                if name == _SAVED:
                    kind, ticks = struct.unpack_from("<IQ", data, section + offset)
                    if kind == _FILETIME and ticks:
                        return _told(_EPOCH + dt.timedelta(microseconds=ticks // 10))
    return ""


def _day(found: re.Match[bytes] | None) -> str:
    if found is None:
        return ""
    with suppress(ValueError, UnicodeDecodeError):
        return _told(dt.datetime.fromisoformat(found[1].decode("ascii")))
    return ""


def _told(moment: dt.datetime) -> str:
    """The day in China; a moment without a zone is one of there."""
    there = moment.astimezone(BEIJING) if moment.tzinfo else moment
    return there.date().isoformat() if _FIRST_YEAR < there.year < _LAST_YEAR else ""
