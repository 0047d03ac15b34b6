"""The command line: data on stdout, words and progress on stderr, exit codes for cron.

Exit codes: 0 done, 1 failed, 2 usage, 3 no data, 4 credentials, 5 throttled or
network, 130 interrupted, 143 terminated. No secret is ever a flag: ``ps`` shows flags
to everybody.
"""

from __future__ import annotations

from spreports.cli.main import main

__all__ = ["main"]
