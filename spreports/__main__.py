"""``python -m spreports`` is the command line."""

from __future__ import annotations

import sys

from spreports.cli import main

sys.exit(main())
