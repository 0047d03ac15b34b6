"""Reports and Document: from a request to rows, by every way out."""
