"""Valid image-to-video bodies as strangers write them; one seed is one body."""

from random import Random

from fakes.written_json import Number, Writer, shuffled, some_object, some_text

KNOWN = {"contents", "settings", "options"}
URLS = [
    "https://cdn.example.com/frames/harbour-1280x720.jpg",
    "http://a.example/\u732b.png?x=1&y=%2F",
    "HTTPS://A.example:8443/" + "d/" * 40,
]


def random_body(seed):
    """Bytes that every rule lets pass; no two seeds share an external id."""
    random = Random(seed)
    value = {name: each for name, each in some_object(random).items() if name not in KNOWN}
    value |= {"x_trace": some_object(random), "contents": _contents(random)}
    if random.random() < 0.7:
        value["settings"] = _some_of(
            random,
            resolution=random.choice(["720p", "1080p"]),
            aspect_ratio=random.choice(["16:9", "9:16", "1:1"]),
            duration=Number(random.randrange(3, 16)),
        )
    if random.random() < 0.7:
        value["options"] = _some_of(
            random,
            watermark_info=some_object(random),
            external_task_id=random.choice(["", f"biz-\u732b {seed}"]),
            callback_url=random.choice(URLS),
        )
    return Writer(random).written(shuffled(random, value))


def _contents(random):
    frames = [
        shuffled(random, {"type": "first_frame", "url": random.choice(URLS)})
        for _ in range(random.choice([1, 1, 1, 2]))
    ]
    text = "waves " + some_text(random) * 3
    prompts = [shuffled(random, {"type": "prompt", "text": text})] * random.randrange(2)
    items = [*frames, *prompts]
    random.shuffle(items)
    return items


def _some_of(random, **fields):
    kept = {name: value for name, value in fields.items() if random.random() < 0.6}
    return shuffled(random, kept)
