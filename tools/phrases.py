"""Whether the phrase book holds all that can be said: `python tools/phrases.py`.

It reads the source as a tree and collects every text with a space in it: sentences, f-strings with
holes, and the pieces that a sentence is put together from. Each must have its phrase in every
language of `src/framegate/phrases`, or stand in NOT_SHOWN under the reason why no person reads it;
and each phrase must be of something that is said. What is missing is printed, and the exit status
says whether anything was. tests/phrases asks the same, so a new sentence cannot be forgotten.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from framegate import phrases
from framegate.domain.url import Flaw
from framegate.outbound.trouble import _SENTENCES as TROUBLES
from framegate.phrases.book import LANGUAGES, book_of
from framegate.phrases.phrase import Phrase
from framegate.setting_words import PATTERNS

SOURCE = Path(phrases.__file__).parents[1]

SAMPLE = "7"
"""What stands in a hole of a sentence that is tried: a number, a name and a text alike."""

ELSEWHERE = {
    "cli": "the command line has its own words",
    "crash.py": "an end on purpose, for tests",
    "engine": "jobs speak in the log alone",
    "ids.py": "what a prefix means, for a reader of the code",
    "phrases": "the book itself",
    "po.py": "what a translator's file is made of",
    "pretend": "the words of a vendor that is played, as a real one's are relayed",
    "render/words.py": "what is looked for in a prompt",
    "samples": "pictures",
    "store/audit.py": "the audit's checks, which are among the console's own words",
    "store/migrations": "statements",
    "store/schema.py": "what a column means, for a reader of the tables",
    "web/console": "the console's own words stand in words/zh",
    "web/metrics.py": "what a figure means, for a machine that collects them",
    "web/openapi": "the API's description has a file for Chinese",
}
"""What is not read, and why."""

CALLS_NOT_READ = {
    "_log.debug": "the log",
    "_log.info": "the log",
    "_log.warning": "the log",
    "_log.error": "the log",
    "LedgerBroken": "a stored row contradicts a promise: it stops the step and stands in the log",
    "cast": "a type",
    "re.compile": "a pattern",
    "text": "a statement",
    "tx.exec_driver_sql": "a statement",
}

STATEMENTS = ("BEGIN ", "INSERT ", "PRAGMA ", "RELEASE ", "ROLLBACK ", "SAVEPOINT ", "SELECT ")

NOT_SHOWN = {
    "a header of HTTP": (
        "Bearer {}",
        "GET, HEAD",
        "application/json; charset=utf-8",
        'attachment; filename="usage.csv"',
        'attachment; filename="{}"',
        "bytes */{}",
        "default-src 'none'; frame-ancestors 'none'",
        'inline; filename="{}"',
        "private, max-age={}, immutable",
        "{}; charset=utf-8",
    ),
    "a frame of the stream of events": (
        "id: {}\n",
        "retry: {}\nid: {}\nevent: open\ndata: {}\n\n",
        "{}event: {}\ndata: ",
    ),
    "a library's complaint, which is read and not repeated": (
        "EOF while parsing",
        "Insufficient memory",
        "expected ident",
        "lone leading surrogate in hex escape",
        "recursion limit exceeded",
        "unexpected end of hex escape",
    ),
    "a unit beside a number": (" {}", "{} s", "per second"),
    "a frame whose holes hold all its words; PUT_TOGETHER has what comes of it": (
        "HTTP {}, {}",
        "options.{} must be {}; got {}",
        "the limit is {} for this {}",
        "too many requests: {}",
        "{} has an unknown field {}; {} {}",
        "{} within {} s",
        "{} {}",
        "{} {}; got {}",
        "{}.{} is missing; it is {}",
        "{}.{} {}",
        "a table; each value is {}",
        "must be {}; got {}",
        "prices.{}: {}",
        "{} ({})",
        "{}.key is required: {}",
        "{}: {}",
        # The texts of the client's errors, for a traceback.
        "; {}",
        "image ",
        "{}; {}",
        "{}{}; {} ({})",
        "{}({}, cost={} {})",
    ),
    "for a reader of the code": (
        "between two requests",
        "what still comes after the last answer",
        "module 'framegate' has no attribute {}",
        "no words for {}",
        "no Range, or one that the standard wants ignored",
        "one range beyond the end",
        "one range, at least partly within the file",
        "request line and headers",
        "stdin watch",
        "strict_json has read this body",
        "the body",
        "the last try returns or raises",
    ),
    "printed at start, in a terminal": (
        "POST {}/api/images",
        "POST {}/kling/image-to-video/kling-3.0-turbo",
    ),
}
"""Texts that nothing a person reads is made of, by the reason; `{}` is a hole."""


def _rules() -> Iterator[str]:
    """Broken rules of a request whose pieces stand apart in the source."""
    for flaw in Flaw:
        yield f"{SAMPLE} {flaw}"
    for takes in ("it takes", "a prompt item takes", "a first_frame item takes", "a filter takes"):
        yield f'request body has an unknown field "{SAMPLE}"; {takes} {SAMPLE}'
    for noun in ("a string", "an object"):
        yield f"options.{SAMPLE} must be {noun}; got {SAMPLE}"
    for least in ("must not be 0", "must be more than 0"):
        yield f"{SAMPLE} {least}; got {SAMPLE}"
    yield f"{SAMPLE}.key is required: status or product_type"
    for rate in ("per minute", "per second"):
        yield f"too many requests: the limit is {SAMPLE} {rate} for this account"
    for reason in ("unexpected end", "number out of range", "expected value", "unreadable"):
        yield f"request body is not valid JSON: {reason} at byte {SAMPLE}"
    # The console's own pages have words of their own, but for what they refuse.
    yield "file not found"
    yield "the form has too many fields"


def _reasons() -> Iterator[str]:
    """What became of a request of ours or of a task, likewise."""
    advice = "--unchecked believes you"
    listing = f"`framegate upstreams tasks {SAMPLE}` lists what it knows"
    yield f"{SAMPLE} is not in the settings, so nobody can be asked; {advice}"
    yield f"{SAMPLE} knows no task {SAMPLE}; {listing}, and {advice}"
    for _, said in TROUBLES:
        yield f"{said} ({SAMPLE})"
    yield f"the request went wrong ({SAMPLE})"
    for what in ("no whole answer", "no connection"):
        yield f"{what} within {SAMPLE} s ({SAMPLE})"
    yield f"{SAMPLE}: took it"
    yield f"HTTP {SAMPLE}, without a readable code"
    yield f"HTTP {SAMPLE}, code {SAMPLE}: {SAMPLE}"
    yield f"{SAMPLE} holds nothing"
    yield f"no framegate answers at {SAMPLE} (no connection)"
    for reason in ("the task failed", "image is not readable"):
        yield f"{reason}; nothing was charged"


def _settings() -> Iterator[str]:
    """What a setting takes, likewise."""
    for kind in (*PATTERNS.values(), f"one of {SAMPLE}", "a list of strings", "a string"):
        for value in ("something else", "a date or a time", SAMPLE):
            yield f"server.{SAMPLE} must be {kind}; got {value}"
        yield f"server.{SAMPLE} is missing; it is a table; each value is {kind}"


SYSTEM = (
    "Address already in use",
    "Cannot assign requested address",
    "Is a directory",
    "Name or service not known",
    "No space left on device",
    "No such file or directory",
    "Not a directory",
    "Permission denied",
    "Read-only file system",
    "file is not a database",
)
"""What Linux and SQLite say, which sentences of ours repeat as the reason."""


def _machine() -> Iterator[str]:
    """What the system says, by itself, as Python puts it, and within a sentence of ours."""
    for said in SYSTEM:
        yield said
        yield f"[Errno {SAMPLE}] {said}"
        yield f"[Errno {SAMPLE}] {said}: '{SAMPLE}'"


PUT_TOGETHER = (*_rules(), *_reasons(), *_settings(), *_machine())

# What jiter complains of besides, in its words; tests/phrases makes it complain.
FOREIGN = {"complaint"}


def main() -> int:
    """Print what is missing in any language, and what is there for nothing."""
    missing = [each for language in LANGUAGES[1:] for each in (*unsaid(language), *idle(language))]
    for text in missing:
        print(text, file=sys.stderr)
    return 1 if missing else 0


def unsaid(language: str) -> list[str]:
    """`zh: flows/cancel.py:76: this task has ended already` for each text without a phrase."""
    lines = [
        f"{language}: {place}: {template}"
        for place, template in said()
        if not _is_known(language, template)
    ]
    return lines + [
        f"{language}: put together: {sentence}"
        for sentence in PUT_TOGETHER
        if book_of(language).phrase_of(sentence) is None
    ]


def idle(language: str) -> list[str]:
    """`zh: no code says: name is required` for each phrase that nothing in the source is."""
    tried = [*PUT_TOGETHER, *(template.replace("{}", SAMPLE) for _, template in said())]
    return [
        f"{language}: no code says: {phrase.text}"
        for context, each in book_of(language).phrases.items()
        for phrase in each
        if context not in FOREIGN and not _is_of_any(phrase, context, tried)
    ]


def said(source: Path = SOURCE) -> Iterator[tuple[str, str]]:
    """Every text of the source that a person may read: where it stands, with `{}` for its holes."""
    quiet = {text for texts in NOT_SHOWN.values() for text in texts}
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source).as_posix()
        if any(name == each or name.startswith(f"{each}/") for each in ELSEWHERE):
            continue
        for line, template in texts_of(path.read_text(encoding="utf-8")):
            if template not in quiet and not template.startswith(STATEMENTS):
                yield f"{name}:{line}", template


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Line and template of each text with a space, but for docstrings, types and CALLS_NOT_READ."""
    tree = ast.parse(source)
    passed = {id(each) for node in ast.walk(tree) for each in _not_read(node)}
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        if isinstance(node, ast.JoinedStr):
            template = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            template = node.value
        else:
            continue
        if " " in template:
            yield node.lineno, template


def _not_read(node: ast.AST) -> Iterator[ast.AST]:
    """What under this node is no text for a person, or is read with its parent."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield from node.values
    if isinstance(node, ast.Assert):
        yield from ast.walk(node)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS_NOT_READ:
        yield from ast.walk(node)
    for name in ("annotation", "returns"):
        if (types := getattr(node, name, None)) is not None:
            yield from ast.walk(types)


def _is_known(language: str, template: str) -> bool:
    sentence = template.replace("{}", SAMPLE)
    book = book_of(language)
    return any(
        book.phrase_of(sentence, context=context) is not None for context in book.phrases
    ) or any(sentence in whole for whole in PUT_TOGETHER)


def _is_of_any(phrase: Phrase, context: str, tried: list[str]) -> bool:
    """Whether something in the source is this phrase, or holds it where it is part of one."""
    if context:
        piece = max(phrase.pieces, key=len)
        # A single word, such as `account`, stands in no list of texts with a space.
        return " " not in piece.strip() or any(piece in sentence for sentence in tried)
    return any(phrase.values(sentence) is not None for sentence in tried)


if __name__ == "__main__":
    sys.exit(main())
