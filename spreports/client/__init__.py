"""Joins the rooms: settings in, a client out."""
