"""What the gateway says, in the language of who reads it.

The API answers in English, and its sentences stand so in the database. A template writes one with
`said` of parts.html; a script of ours, which has them from the API, asks here for the same
(js/said.js). So there is one phrase book, and no page has to load it.
"""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate import phrases
from framegate.domain.fields import FIELD_ERRORS_MAX, Findings
from framegate.domain.strict_json import got, parse_object
from framegate.web import body, envelope
from framegate.web.console import words
from framegate.web.console.pages import Pages

SENTENCES_MAX = FIELD_ERRORS_MAX + 1
"""One answer of the API: every broken rule, and the message."""

BODY_BYTES_MAX = 131_072


@dataclass(frozen=True)
class Said:
    """The handler, with the pages whose viewers may ask."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route("/console/said", self.translated, methods=["POST"])]

    async def translated(self, request: Request) -> Response:
        """`{"sentences": [...]}` as `{"said": [...]}`, in this order; what is unknown is null.

        raises   as `Pages.viewer`; BodyMalformed, FieldsInvalid
        """
        await self.pages.viewer(request)
        wait_s = self.pages.gateway.settings.server.body_wait_s
        sent = await body.read_json(request, bytes_max=BODY_BYTES_MAX, wait_s_max=wait_s)
        language = words.language_of(request)
        said = [phrases.phrase_of(sentence, language) for sentence in _sentences(sent)]
        return envelope.success({"said": said}, envelope.request_id_of(request))


def _sentences(sent: bytes) -> list[str]:
    sentences: Any = parse_object(sent).get("sentences")
    findings = Findings()
    if not isinstance(sentences, list):
        findings.add(f"sentences must be an array; got {got(sentences)}", "sentences")
        sentences = []
    if len(sentences) > SENTENCES_MAX:
        findings.add(
            f"sentences takes at most {SENTENCES_MAX} values; got {len(sentences)}", "sentences"
        )
    for index, each in enumerate(sentences[:SENTENCES_MAX]):
        if not isinstance(each, str):
            findings.add(
                f"sentences[{index}] must be a string; got {got(each)}", "sentences", index
            )
    findings.raise_any()
    return list(sentences)
