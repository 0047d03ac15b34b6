"""What native parts would bring: evidence, built on demand, no part of the package."""
