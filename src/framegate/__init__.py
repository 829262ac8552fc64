"""framegate: a self-hosted gateway for image-to-video.

`from framegate import Framegate` is its Python client. The names below are loaded when they are
asked for, so that the client brings no part of the server, and the server no client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framegate.client.answers import Account, Picture, Quote, QuoteLine, Task
    from framegate.client.errors import (
        CancelRefused,
        ClientError,
        Conflict,
        CreditShort,
        FieldProblem,
        FieldsRefused,
        KeyRefused,
        LimitReached,
        LinkExpired,
        NotFound,
        OutcomeUnknown,
        PictureRefused,
        PictureUnreadable,
        RequestRefused,
        RightRefused,
        ServerBusy,
        ServerFault,
        ServerRefused,
        ServerUnreachable,
        SetupInvalid,
        StillRunning,
        TaskFailed,
        UpstreamRefused,
        VideoDamaged,
        VideoNotSaved,
        WebhookRefused,
    )
    from framegate.client.face import AsyncFramegate, AsyncVideo, Framegate, Video
    from framegate.client.stream import TaskEvent
    from framegate.client.usage import Usage, UsageGroup
    from framegate.client.webhook import verify_webhook

__version__ = "0.1.0"

_HOME = {
    "framegate.client.answers": ("Account", "Picture", "Quote", "QuoteLine", "Task"),
    "framegate.client.face": ("AsyncFramegate", "AsyncVideo", "Framegate", "Video"),
    "framegate.client.stream": ("TaskEvent",),
    "framegate.client.usage": ("Usage", "UsageGroup"),
    "framegate.client.webhook": ("verify_webhook",),
}
_HOME_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Account",
    "AsyncFramegate",
    "AsyncVideo",
    "CancelRefused",
    "ClientError",
    "Conflict",
    "CreditShort",
    "FieldProblem",
    "FieldsRefused",
    "Framegate",
    "KeyRefused",
    "LimitReached",
    "LinkExpired",
    "NotFound",
    "OutcomeUnknown",
    "Picture",
    "PictureRefused",
    "PictureUnreadable",
    "Quote",
    "QuoteLine",
    "RequestRefused",
    "RightRefused",
    "ServerBusy",
    "ServerFault",
    "ServerRefused",
    "ServerUnreachable",
    "SetupInvalid",
    "StillRunning",
    "Task",
    "TaskEvent",
    "TaskFailed",
    "UpstreamRefused",
    "Usage",
    "UsageGroup",
    "Video",
    "VideoDamaged",
    "VideoNotSaved",
    "WebhookRefused",
    "__version__",
    "verify_webhook",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'framegate' has no attribute {name!r}")
    # Every public name without a home of its own is an error.
    return getattr(import_module(_HOME_OF.get(name, "framegate.client.errors")), name)


def __dir__() -> list[str]:
    return __all__
