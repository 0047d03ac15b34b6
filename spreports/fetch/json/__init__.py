"""JSON documents: record arrays cut on bytes, parsed a segment at a time."""
