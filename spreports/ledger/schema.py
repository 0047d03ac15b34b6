"""The tables of the ledger."""

from __future__ import annotations

__all__ = ["SCHEMA", "SCHEMA_VERSION"]

# 1: requests, documents; 2: windows of lakes, too; 3: and what they are versions of.
# Files of all three may have a table `commits`, which was never read and is no longer
# made.
SCHEMA_VERSION = 3

SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    request_key TEXT NOT NULL,
    intended_time TEXT NOT NULL,
    owner TEXT NOT NULL,
    report_id TEXT,
    processing_status TEXT,
    report_document_id TEXT,
    UNIQUE (account, report_id)
);
CREATE INDEX IF NOT EXISTS requests_by_key ON requests (account, request_key, id);
CREATE TABLE IF NOT EXISTS documents (
    account TEXT NOT NULL,
    report_document_id TEXT NOT NULL,
    content_type TEXT,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    verified TEXT NOT NULL,
    stored_time TEXT NOT NULL,
    private_owner TEXT,
    PRIMARY KEY (account, report_document_id)
);
"""
