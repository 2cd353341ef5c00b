"""What `make packages` consists of: a module for each language, and what they share."""
