"""The made-up panels of `effect_worlds` can be imported by every test of this folder."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
