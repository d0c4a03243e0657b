"""Makes the net anew, or says what moved.

    python tests/golden/make.py --diff          what moved in the two small projects; ends with 1 if anything did
    python tests/golden/make.py                 the same, and writes the new values into tests/golden
    python tests/golden/make.py --all           with the 24 districts
    python tests/golden/make.py --removed WHY   and lists the cells that are gone in removed.txt, with this reason

See README.md beside this file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import golden_net as net


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--quick",
        action="store_true",
        help="the quick demonstration and the three counties (usual)",
    )
    which.add_argument("--all", action="store_true", help="the 24 districts too (campaign)")
    which.add_argument("--only", choices=list(net.PROJECTS), help="one project")
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; end with 1 if a cell moved"
    )
    parser.add_argument(
        "--removed", metavar="WHY", help="cells that are gone are gone on purpose: the reason"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes a report")
    parser.add_argument("--keep", type=Path, help="build the projects here and leave them")
    options = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")
    kinds = [options.only] if options.only else list(net.PROJECTS) if options.all else net.SHORT
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="evalkit-golden-") as temporary:
        fresh = net.make(kinds, options.keep or Path(temporary), options.jobs)
    moved = False
    for kind in kinds:
        moves = net.compare(net.load(net.HERE / kind), fresh[kind])
        moved |= bool(moves)
        shown = None if options.diff else 60
        listed = net.told(moves, shown) if (net.HERE / kind).exists() else "new"
        print(f"{kind}: {len(fresh[kind])} cells; {listed}")
        if not options.diff and not _write(kind, fresh[kind], moves, options.removed):
            return 2
    print(f"{time.perf_counter() - start:.0f} s")
    return int(moved and options.diff)


def _write(kind: str, fresh: net.Net, moves: list[net.Move], why: str | None) -> bool:
    gone = [move for move in net.vanished(moves) if not net.allowed(kind, move)]
    if gone and why:
        with net.REMOVED.open("a", encoding="utf-8", newline="\n") as file:
            for place in dict.fromkeys(move.place for move in gone):
                file.write(f"{' | '.join([kind, *place])}\t{why}\n")
    elif gone:
        print(
            f"{kind}: nothing written: {len(gone)} numbers are gone and do not stand in removed.txt, such as"
        )
        print("\n".join(map(str, gone[:20])))
        print("If that is meant: python tests/golden/make.py --removed 'the reason'")
        return False
    net.write(fresh, net.HERE / kind)
    return True


if __name__ == "__main__":
    sys.exit(main())
