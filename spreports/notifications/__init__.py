"""Amazon's notifications: which reports are finished, told instead of asked."""
