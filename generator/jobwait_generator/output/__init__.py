"""What stands on disk, and whether it is up to date."""
