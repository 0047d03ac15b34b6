"""Where a bucket lies, when S3 says that it lies elsewhere."""

from __future__ import annotations

import re
from traceback import walk_tb

from spreports.load.outages import causes, code_told, told

__all__ = ["elsewhere"]

# Of HEAD there is no more than the status. Source: Amazon S3 API, Error responses
_REDIRECTS = {"PermanentRedirect", "301"}
_ASKED = 3
_REGION = re.compile(r"[a-z0-9-]{1,40}")


def elsewhere(exc: BaseException) -> str | None:
    """Return what to say of a bucket that another region has; None for all else.

    Where no answer names the region, botocore asks for it within its own asking until
    Python's stack ends, which may come out as any error.

    Source: botocore.utils, S3RegionRedirectorv2.get_bucket_region
    """
    frames = (frame.f_code.co_name for frame, _ in walk_tb(exc.__traceback__))
    endless = sum(name == "get_bucket_region" for name in frames) > _ASKED
    if not endless and code_told(exc) not in _REDIRECTS:
        return None
    names = ("ResponseMetadata", "HTTPHeaders", "x-amz-bucket-region")
    said = (told(each, *names) for each in causes(exc))
    found = next((r for r in said if isinstance(r, str) and _REGION.fullmatch(r)), None)
    where = f"the region {found}" if found else "another region"
    return (
        f"the bucket lies in {where}: set client_kwargs={{'region_name': "
        f"{(found or '...')!r}}} in storage_options, and no endpoint_url but one of it"
    )
