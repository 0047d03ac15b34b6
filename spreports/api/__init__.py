"""The thin layer: the Reports API's operations over HTTP and JSON, and nothing else."""
