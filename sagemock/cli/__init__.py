"""The commands of the command line, one module each, with their input and output."""
