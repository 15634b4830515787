"""What is made up at random, for as long as one likes: `nox -s fuzz`."""
