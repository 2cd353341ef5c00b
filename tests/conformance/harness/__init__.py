"""What `run` consists of. Python 3.11, standard library only."""
