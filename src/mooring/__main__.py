"""`python -m mooring` is the command `mooring`."""

from mooring.config.cli import main

main()
