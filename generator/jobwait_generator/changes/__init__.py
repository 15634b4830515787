"""What a new document means for users of the old package."""
