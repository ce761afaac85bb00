"""The store in one SQLite file: the records in memory, mirrored with group commit."""

from mock_server.adapters.sqlite.book import Book
from mock_server.adapters.sqlite.contents import Contents
from mock_server.adapters.sqlite.continuing import continued
from mock_server.adapters.sqlite.file import StateFile
from mock_server.adapters.sqlite.inboxes import FileInboxes
from mock_server.adapters.sqlite.store import FileStore

__all__ = ["Book", "Contents", "FileInboxes", "FileStore", "StateFile", "continued"]
