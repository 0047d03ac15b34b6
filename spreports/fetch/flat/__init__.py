"""Tab and comma files: header, blocks of whole rows, batches of text."""
