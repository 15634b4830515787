"""From a package's description to the text of its files."""
