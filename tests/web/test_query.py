from starlette.requests import Request

from framegate.web.query import query_of


def test_every_value_of_a_name_is_kept_in_its_order():
    scope = {"type": "http", "query_string": b"state=a&limit=5&state=b%2Cc&text=", "headers": []}
    assert query_of(Request(scope)) == {
        "state": ["a", "b,c"],
        "limit": ["5"],
        "text": [""],
    }
