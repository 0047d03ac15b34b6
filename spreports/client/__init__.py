"""Joins the rooms: settings in, a client out."""

from __future__ import annotations

from spreports.client.client import Client
from spreports.client.connecting import connect, connect_simulator
from spreports.client.files import open_document

__all__ = ["Client", "connect", "connect_simulator", "open_document"]
