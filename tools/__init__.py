"""What makes parts of the package anew; run from the checkout."""
