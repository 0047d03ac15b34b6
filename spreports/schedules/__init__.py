"""Report schedules as desired state: what is wanted, what differs, what came of it."""
