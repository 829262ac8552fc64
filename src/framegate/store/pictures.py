"""Rows of uploaded pictures; their bytes lie in `blobs`."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from framegate.store import schema
from framegate.store.database import Transaction

_pictures = schema.pictures


@dataclass(frozen=True, kw_only=True)
class PictureRow:
    """One uploaded picture, judged good when it came."""

    id: str
    account_id: str
    format: str
    width: int
    height: int
    bytes_count: int
    sha256: str
    created_ms: int


def keep(tx: Transaction, picture: PictureRow) -> None:
    """Make a stored picture visible."""
    tx.execute(insert(_pictures).values(**vars(picture)))


def by_id(tx: Transaction, picture_id: str) -> PictureRow | None:
    """A picture whose file is still kept."""
    columns = [_pictures.c[name] for name in PictureRow.__dataclass_fields__]
    row = tx.execute(
        select(*columns).where(_pictures.c.id == picture_id, _pictures.c.deleted_ms == 0)
    ).one_or_none()
    return PictureRow(**row._mapping) if row else None  # noqa: SLF001 - documented row access


def kept_of(tx: Transaction, picture_ids: Collection[str]) -> set[str]:
    """Those of some pictures whose files are still kept."""
    query = select(_pictures.c.id).where(
        _pictures.c.id.in_(picture_ids), _pictures.c.deleted_ms == 0
    )
    return set(tx.execute(query).scalars())


def expired(tx: Transaction, *, before_ms: int, rows_max: int) -> list[str]:
    """Ids of kept pictures that are older than retention allows."""
    rows = tx.execute(
        select(_pictures.c.id)
        .where(_pictures.c.deleted_ms == 0, _pictures.c.created_ms < before_ms)
        .limit(rows_max)
    )
    return list(rows.scalars())


def forget(tx: Transaction, picture_id: str, *, now_ms: int) -> None:
    """Note that a picture's file is going."""
    tx.execute(update(_pictures).where(_pictures.c.id == picture_id).values(deleted_ms=now_ms))


def kept_ids(tx: Transaction) -> set[str]:
    """Ids of all pictures whose files must be there."""
    return set(tx.execute(select(_pictures.c.id).where(_pictures.c.deleted_ms == 0)).scalars())
