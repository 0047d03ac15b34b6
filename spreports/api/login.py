"""What errors call the one operation that is not the Reports API's."""

from __future__ import annotations

__all__ = ["LOGIN"]

# Apart, since whoever reads a file has no use for what logs in: 0.1 s of imports
LOGIN = "LWA access token"
