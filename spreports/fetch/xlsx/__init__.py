"""Workbooks, by a library that is an extra."""
