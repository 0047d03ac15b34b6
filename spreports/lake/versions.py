"""Whether a bucket keeps what is taken away."""

from __future__ import annotations

import logging
from contextlib import suppress

from spreports.errors import SinkError
from spreports.lake.place import Place

__all__ = ["warn_of_versions"]

logger = logging.getLogger("spreports.lake")


def warn_of_versions(lake: Place) -> None:
    """Warn that a bucket of S3 keeps versions: what was taken away is there still.

    One call, which needs ``s3:GetBucketVersioning``. Where that is refused, nobody can
    tell, and nothing is said.

    Parameters
    ----------
    lake : Place

    Source: Amazon S3 API, GetBucketVersioning; a bucket with Object Lock is versioned,
    and one whose versioning is suspended keeps the versions that it has.
    """
    if not lake.is_s3:
        return
    with suppress(SinkError), lake.refusals("look at"):
        bucket = lake.fs.split_path(lake.path)[0]
        if lake.fs.call_s3("get_bucket_versioning", Bucket=bucket).get("Status"):
            logger.warning(
                "bucket %s keeps older versions of its objects: what was taken away "
                "can be read in them still. Delete these, by hand or by a lifecycle "
                "rule for noncurrent versions, once no Object Lock holds them",
                bucket,
            )
