"""Where the next page begins, signed for one viewer: it is read back or refused, never obeyed.

Nothing secret stands in it. What a place is made of, only its desk knows.
"""

import base64
import binascii
import hmac

from framegate.domain.ledger import Caller
from framegate.domain.signature import Keyring

CURSOR_CHARACTERS_MAX = 400


def cursor(keyring: Keyring, caller: Caller, *place: int | str) -> str:
    """A place as text. Its parts hold no colon but in the last."""
    text = ":".join(map(str, place))
    signed = f"{text}:{keyring.sign_cursor(caller.account.id, text)}"
    return base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def place_of(keyring: Keyring, caller: Caller, sent: str) -> list[str] | None:
    """The parts of a place that `cursor` made for this viewer; None for anything else."""
    if len(sent) > CURSOR_CHARACTERS_MAX:
        return None
    try:
        signed = base64.urlsafe_b64decode(sent.encode() + b"=" * (-len(sent) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    text, _, _ = signed.rpartition(":")
    place = text.split(":")
    # Made again and compared whole: Base64 has several spellings of the same bytes.
    is_ours = hmac.compare_digest(cursor(keyring, caller, *place).encode(), sent.encode())
    return place if is_ours else None
