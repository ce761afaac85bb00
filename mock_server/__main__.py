"""Owns `python -m mock_server`."""

from mock_server.cli import main

if __name__ == "__main__":  # pragma: no branch - a worker's process loads this file too
    main()
