"""Files as plain values: read, overlaid and cut down, each value with its line."""
