"""Why a task ended without a video, in words that say what to do next.

The sentences are those of docs/errors.md, "Failed tasks". They are for a person's eyes: nothing
here decides anything, and an unknown sentence is shown as it came.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """What a reason means and what helps. English; the template translates both."""

    means: str
    next: str


def _(text: str) -> str:
    """Mark a text for the translators."""
    return text


_TELL = _("Tell whoever runs this gateway; the log has the reason.")
_AGAIN = _("Create it again.")

CANCELLED = Meaning(
    means=_("It was stopped before there was a video."), next=_("Create it again if you want it.")
)
OTHER = Meaning(
    means=_("These are the upstream's own words."), next=_("Change the picture or the prompt.")
)

# By the beginning of the sentence: the end holds what was got.
MEANINGS = {
    "image could not be fetched": Meaning(
        means=_("The address of the picture could not be read from here."),
        next=_("Open the address from elsewhere, or upload the picture instead."),
    ),
    "image format must be": Meaning(
        means=_("The file is judged by its content, not by its name."),
        next=_("Save the picture as JPG or PNG."),
    ),
    "image must be at most 50 MB": Meaning(
        means=_("The file is larger than the API takes."), next=_("Make the file smaller.")
    ),
    "image width and height": Meaning(
        means=_("One side of the picture is too short."), next=_("Enlarge the picture or crop it.")
    ),
    "image aspect ratio": Meaning(
        means=_("The picture is too wide or too tall."), next=_("Crop the picture.")
    ),
    "image must be at most 60 megapixels": Meaning(
        means=_("The picture has more pixels than can be worked on."),
        next=_("Make the picture smaller."),
    ),
    "image is not readable": Meaning(
        means=_("The file is cut off or damaged, or it is no picture."),
        next=_("Save the picture anew."),
    ),
    "image needs more memory": Meaning(
        means=_("The picture needs more memory than one render may use."),
        next=_("Make the picture smaller."),
    ),
    "render took longer": Meaning(
        means=_("The render took longer than it may."), next=_("Choose fewer seconds, or 720p.")
    ),
    "render needed more processor": Meaning(
        means=_("The render needed more processor time than it may use."),
        next=_("Choose fewer seconds, or 720p."),
    ),
    "image could not be rendered": Meaning(
        means=_("The renderer stopped while it worked on this picture."),
        next=_("Save the picture anew, and tell whoever runs this gateway."),
    ),
    "video could not be rendered": Meaning(
        means=_("The renderer has a defect that this task met."), next=_TELL
    ),
    "the renderer stopped": Meaning(means=_("Each try took the renderer down."), next=_TELL),
    "the upstream never confirmed": Meaning(
        means=_("The answer was lost, and nobody ever knew of the task."), next=_AGAIN
    ),
    "the upstream did not finish": Meaning(
        means=_("No video came within the time that a task may take."), next=_AGAIN
    ),
    "the upstream reported success": Meaning(
        means=_("The upstream called it done but gave no video."), next=_TELL
    ),
    "the upstream's file is not": Meaning(
        means=_("What the upstream gave is no video that can be kept."), next=_TELL
    ),
}


def meaning_of(state: str, message: str) -> Meaning:
    """What became of a task that ended without a video."""
    if state == "cancelled":
        return CANCELLED
    found = (told for begins, told in MEANINGS.items() if message.startswith(begins))
    return next(found, OTHER)
