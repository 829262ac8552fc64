"""What went wrong with a request, in a sentence for the operator's notes and the log.

`door` translates aiohttp's errors through it. A text of aiohttp's own might hold a signed address,
so only its class is named, in brackets, for those who search for it.
"""

import aiohttp

# The most specific first.
_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorCertificateError, "its TLS certificate is not one to trust"),
    (aiohttp.ClientSSLError, "no TLS connection could be made"),
    (aiohttp.ClientConnectorDNSError, "its name could not be looked up"),
    (aiohttp.ClientConnectorError, "no connection could be made"),
    (aiohttp.ServerDisconnectedError, "the connection was closed before an answer came"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
    (OSError, "the connection broke"),
    (aiohttp.ClientResponseError, "the answer cannot be read as HTTP"),
)


def sentence(error: Exception, *, has_connection: bool, wait_s_max: float) -> str:
    """Say what happened.

    has_connection  whether the request had one: from then on something may have left us
    wait_s_max      how long the whole was given
    """
    if isinstance(error, TimeoutError):
        what = "no whole answer" if has_connection else "no connection"
        said = f"{what} within {wait_s_max:g} s"
    else:
        said = next(
            (said for kind, said in _SENTENCES if isinstance(error, kind)),
            "the request went wrong",
        )
    return f"{said} ({type(error).__name__})"
