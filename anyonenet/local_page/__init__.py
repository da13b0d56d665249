"""A page on this machine: photo and text in, video out, without a command line."""
