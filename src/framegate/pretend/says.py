"""The ways to answer one request, each a value with a name.

`faults` finds them by name, `vendor` and `queries` carry them out. A value tells apart what the
vendor did (`buys`) from what it let the caller know (status, body, manner).
"""

from dataclasses import dataclass, replace
from enum import Enum


class Manner(Enum):
    """How an answer reaches the caller, if it does."""

    WHOLE = "whole"
    HALF = "half of it, then the connection is gone"
    RESET = "the request is read, then the connection is reset"
    RESET_UNREAD = "the connection is reset before the body is read"
    HANGS = "nothing, until somebody releases it or its time is over"


@dataclass(frozen=True, kw_only=True)
class Says:
    """One way to answer.

    name           how the control door and the log call it
    status         the HTTP status
    code           the envelope's code; None means the usual answer, or `raw`
    message        the envelope's message
    has_data       whether the envelope has a `data` key, `{}`: 1303 comes without (5.6)
    raw            a body that is no envelope
    buys           the vendor made a task, whatever it says about it
    names_task_id  the id is called `task_id`, as some gateways do (rule 29)
    """

    name: str
    status: int = 200
    code: int | None = None
    message: str = ""
    has_data: bool = True
    raw: bytes | None = None
    buys: bool = False
    names_task_id: bool = False
    manner: Manner = Manner.WHOLE

    def __str__(self) -> str:
        """The name, for a test's id."""
        return self.name


def refusal(status: int, code: int, message: str, *, name: str = "") -> Says:
    """A definite no."""
    return Says(name=name or f"{status}/{code}", status=status, code=code, message=message)


PROXY_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
NOT_JSON_TEXT = b"upstream connect error or disconnect/reset before headers"

USUAL = Says(name="usual")

# --- creates: accepted -------------------------------------------------------------------------
ACCEPTS = Says(name="accepts", buys=True)
NAMES_TASK_ID = Says(name="names-task-id", buys=True, names_task_id=True)

# --- creates: a definite no ---------------------------------------------------------------------
BAD_KEY = refusal(401, 1002, "api key not found", name="bad-key")
ACCOUNT_ABNORMAL = refusal(429, 1100, "Account is abnormal", name="account-abnormal")
IN_ARREARS = refusal(429, 1101, "Account is in arrears", name="in-arrears")
OUT_OF_UNITS = refusal(429, 1102, "Account balance not enough", name="out-of-units")
NO_RIGHT = refusal(403, 1103, "No right to this API or model", name="no-right")
PLATFORM_POLICY = refusal(400, 1300, "Platform policy violated", name="platform-policy")
CONTENT_POLICY = refusal(
    400, 1301, "Failure to pass the risk control system", name="content-policy"
)
TOO_FAST = refusal(429, 1302, "The request is too fast", name="too-fast")
SLOTS_FULL = replace(
    refusal(429, 1303, "parallel task over resource pack limit", name="slots-full"),
    has_data=False,
)
IP_REFUSED = refusal(429, 1304, "IP is not on the allow list", name="ip-refused")
MAINTENANCE = refusal(503, 5001, "Service is under maintenance", name="maintenance")
REFUSES_UNDER_200 = refusal(200, 1201, "duration value '99' is invalid", name="refuses-under-200")

# --- creates: no definite answer, rule 74. Each also without a purchase, `NAME-unbought` --------
INTERNAL = replace(refusal(500, 5000, "Internal error", name="internal"), buys=True)
INTERNAL_TIMEOUT = replace(
    refusal(504, 5002, "Internal timeout", name="internal-timeout"), buys=True
)
NO_ID = replace(refusal(200, 0, "SUCCEED", name="no-id"), buys=True)
NOT_JSON = Says(name="not-json", raw=NOT_JSON_TEXT, buys=True)
PROXY_PAGE = Says(name="proxy-page", status=502, raw=PROXY_HTML, buys=True)
HALF = Says(name="half", manner=Manner.HALF, buys=True)
RESET = Says(name="reset", manner=Manner.RESET, buys=True)
HANGS = Says(name="hangs", manner=Manner.HANGS, buys=True)

UNCERTAIN = (INTERNAL, INTERNAL_TIMEOUT, NO_ID, NOT_JSON, PROXY_PAGE, HALF, RESET, HANGS)
UNBOUGHT = tuple(replace(says, name=f"{says.name}-unbought", buys=False) for says in UNCERTAIN)
RESET_UNREAD = Says(name="reset-unread", manner=Manner.RESET_UNREAD)

CREATES = (
    *(ACCEPTS, NAMES_TASK_ID, BAD_KEY, ACCOUNT_ABNORMAL, IN_ARREARS, OUT_OF_UNITS, NO_RIGHT),
    *(PLATFORM_POLICY, CONTENT_POLICY, TOO_FAST, SLOTS_FULL, IP_REFUSED, MAINTENANCE),
    *(REFUSES_UNDER_200, *UNCERTAIN, *UNBOUGHT, RESET_UNREAD),
)

# --- queries: the answer as a whole; what one task's object looks like is in `quirks` ------------
QUERY_NOT_FOUND = refusal(404, 1203, "no such resource", name="not-found")
QUERIES = (
    USUAL,
    QUERY_NOT_FOUND,
    *(replace(says, buys=False) for says in (INTERNAL, INTERNAL_TIMEOUT, NOT_JSON, PROXY_PAGE)),
    *(replace(says, buys=False) for says in (HALF, RESET, HANGS)),
    *(TOO_FAST, BAD_KEY, MAINTENANCE),
)
