"""The shared store: PostgreSQL for the records, PgQueuer for the alarm clock. Imported only where it is asked for."""

try:
    from mock_server.adapters.postgres.backend import shared
except ImportError as error:  # pragma: no cover - the tests have the extra
    from mock_server.ports import StoreUnusable

    raise StoreUnusable(  # noqa: TRY003 - tells what to do
        f"--state postgresql:// needs the extra: pip install 'clodura-kit[cluster]' ({error})"
    ) from None

__all__ = ["shared"]
