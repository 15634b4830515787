"""What a document must be: every problem is found, not only the first."""
