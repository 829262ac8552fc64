"""The query of a URL as a desk reads it."""

from starlette.requests import Request

from framegate.desk.asked import Query


def query_of(request: Request) -> Query:
    """Every name with all its values, in the order of the URL."""
    sent: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        sent.setdefault(name, []).append(value)
    return sent
