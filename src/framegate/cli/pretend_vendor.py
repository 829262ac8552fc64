"""`framegate pretend-vendor`: Kling's API on this machine, to try a whole gateway for nothing.

Its films are clips of a shipped picture, whatever picture was ordered: it is the vendor's API that
is pretended, not the vendor's art.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from framegate import samples
from framegate.cli import log
from framegate.cli.language import _
from framegate.cli.sentences import spoken
from framegate.cli.terminal import padded, say, troubles
from framegate.errors import SettingsInvalid
from framegate.pretend.app import app
from framegate.pretend.faults import Faults, UnknownFault
from framegate.pretend.vendor import Config, Vendor
from framegate.render.process import RenderOrder, render
from framegate.web import server
from framegate.web.breakable import BreakableConnection

HOST = "127.0.0.1"  # Its control door steers everything, so nobody else may reach it.
SAMPLE = "balloon"
PROMPT = "The camera slowly drifts over the hills"
PREFIXES = ("", "/kling")


def pretend_vendor(
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 8790,
    seed: Annotated[
        int, typer.Option(help="Of durations and faults; the same seed is the same run.")
    ] = 0,
    log_file: Annotated[
        Path | None,
        typer.Option("--log", help="Where it writes what it did.", show_default="a new file"),
    ] = None,
    slots: Annotated[int, typer.Option(min=0, help="Tasks at once; 0 is no limit.")] = 5,
    pace: Annotated[
        float, typer.Option(min=0, help="1 is as slow as the vendor, 0 ends every task at once.")
    ] = 1.0,
    api_key: Annotated[str, typer.Option(help="The key it takes.")] = Config.api_key,
    gateway: Annotated[
        str, typer.Option(help="Be another gateway under this prefix: /kling.", show_default="none")
    ] = "",
    webhook_secret: Annotated[
        str, typer.Option(help="Sign callbacks with this secret, whsec_...", show_default="none")
    ] = "",
    rate: Annotated[
        list[str] | None,
        typer.Option(
            help="How often it fails, such as create.reset=0.01; may be repeated.",
            metavar="PLACE.FAULT=SHARE",
        ),
    ] = None,
) -> None:
    """Pretend to be Kling on this machine: no account, no cost, and it fails on demand."""
    with troubles(), tempfile.TemporaryDirectory(prefix="framegate-pretend-") as folder:
        if gateway not in PREFIXES:
            raise SettingsInvalid(_("--gateway takes /kling; got {got!r}", got=gateway))
        config = Config(
            api_key=api_key,
            seed=seed,
            slots=slots,
            pace=pace,
            prefix=gateway,
            webhook_secret=webhook_secret,
        )
        log.configure()
        path = log_file or Path(folder) / "log.jsonl"
        server.run(_serve(config, Path(folder), path, rates=_rates(rate or []), port=port))


async def _serve(
    config: Config,
    folder: Path,
    path: Path,
    *,
    rates: dict[str, dict[str, float]],
    port: int,
) -> None:
    listener = server.listen(HOST, port)
    vendor = Vendor(config=config, films=Rendered(folder), log_path=path, url=listener.url)
    vendor.faults.set_rates(rates)
    try:
        await server.serve(
            app(vendor),
            listener,
            connection=BreakableConnection,
            on_started=lambda: say(introduction(config, listener.url, path)),
            on_stopping=vendor.hanging.release,
        )
    finally:
        vendor.close()


def introduction(config: Config, url: str, path: Path) -> str:
    """What a stranger needs to put a gateway in front of it."""
    prefix = f'path_prefix = "{config.prefix}"\n' if config.prefix else ""
    cells = 10
    return f"""\
{_("The pretend vendor listens on {url}", url=url)}
{padded(_("API key"), cells)}{config.api_key}
{padded(_("log"), cells)}{path}

{_("A gateway in front of it needs this in its framegate.toml:")}

[upstreams.pretend]
kind = "kling"
base_url = "{url}"
{prefix}api_key = "{config.api_key}"

[outbound]
allow = ["{url.removeprefix("http://")}"]  # {_("Its videos; or FRAMEGATE_OUTBOUND_ALLOW.")}
"""


class Rendered:
    """Real clips of a shipped picture, each made once, the first time that somebody wants it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._renders: dict[tuple[str, int], asyncio.Task[Path]] = {}
        self._turn = asyncio.Lock()

    async def film(self, resolution: str, duration_s: int) -> Path:
        """The clip; whoever comes while it is made waits for the same one."""
        key = (resolution, duration_s)
        if key not in self._renders:
            self._renders[key] = asyncio.create_task(self._render(resolution, duration_s))
        return await asyncio.shield(self._renders[key])

    async def _render(self, resolution: str, duration_s: int) -> Path:
        picture = self._folder / f"{SAMPLE}.jpg"
        video = self._folder / f"{resolution}-{duration_s}.mp4"
        async with self._turn:  # One at a time: the gateway beside us wants the cores too.
            await asyncio.to_thread(picture.write_bytes, samples.data(SAMPLE))
            order = RenderOrder(
                picture=picture,
                prompt=PROMPT,
                resolution=resolution,
                duration_s=duration_s,
                seed=0,
                video=video,
            )
            await render(order, on_progress=lambda _headway: None)
        return video


def _rates(texts: list[str]) -> dict[str, dict[str, float]]:
    rates: dict[str, dict[str, float]] = {}
    for text in texts:
        fault, _equals, share = text.partition("=")
        place, _dot, name = fault.partition(".")
        try:
            rates.setdefault(place, {})[name] = float(share)
        except ValueError:
            raise SettingsInvalid(
                _("--rate takes PLACE.FAULT=SHARE; got {got!r}", got=text)
            ) from None
    try:
        Faults(seed=0).set_rates(rates)  # Judged before anything is opened.
    except UnknownFault as error:
        why = spoken(str(error))
        raise SettingsInvalid(_("{option}: {why}", option="--rate", why=why)) from None
    return rates
