"""What is shared about quota by the processes of one machine, kept over restarts."""

from __future__ import annotations

from spreports.quota.buckets import SharedBuckets
from spreports.quota.cooldowns import CoolDowns
from spreports.quota.file import QuotaFile

__all__ = ["CoolDowns", "QuotaFile", "SharedBuckets"]
