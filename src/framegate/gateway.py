"""Opens everything from the settings, wires it, closes it.

The web, the worker and the commands get one Gateway and find the flows on it. There is no `if`
about a task here: what happens to one is the flows' business.
"""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from framegate import crash
from framegate.domain.ledger import Account, Caller, Scope
from framegate.domain.limits import NO_LIMITS, Limits
from framegate.domain.link import Links
from framegate.domain.money import micros_from_decimal
from framegate.domain.quote import PERMILLE, PriceList
from framegate.domain.signature import Keyring
from framegate.domain.upstream import Upstream
from framegate.domain.url import endpoint
from framegate.engine import embedded as engine
from framegate.engine.embedded import EmbeddedEngine, Lane, Queue, Wake
from framegate.errors import KeyExpired, KeyUnknown, SettingsInvalid
from framegate.flows import set_back, sign_in
from framegate.flows.admit import Admit
from framegate.flows.audit import Audit
from framegate.flows.cancel import Cancel
from framegate.flows.deliver import Deliver
from framegate.flows.notice import Notice
from framegate.flows.pool import Pool
from framegate.flows.submit import Submit
from framegate.flows.sweep import SUBJECT, Sweep
from framegate.flows.track import Track
from framegate.flows.watch import Watch
from framegate.folder import alone_in, kept_private, master_secret, open_folder
from framegate.outbound import Outbound
from framegate.render.process import RenderLimits
from framegate.settings import PriceSettings, Settings, UpstreamSettings
from framegate.store import accounts, audit, keys, ledger, migrate
from framegate.store.audit import Finding
from framegate.store.blobs import Blobs
from framegate.store.database import Database, Transaction
from framegate.upstreams.kling import Kling
from framegate.upstreams.local import Local
from framegate.upstreams.login import Login

DEFAULT_ACCOUNT = "default"
KEY_PREFIX = "fg_"
KEY_BYTES = 32
DATABASE_FILE = "framegate.db"
ADMIN_KEY_FILE = "admin.key"
SWEEPS_AT_ONCE = 1
# One account's dead receivers, under however many host names, leave most of the lane to others.
ACCOUNT_SHARE = 4
AUDITS_AT_ONCE = 1
# Whoever listens everywhere has no address of its own to put into a link.
LOOPBACK_FOR = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def now_ms() -> int:
    """The wall clock, Unix milliseconds: read here and in the worker's loop only."""
    return time.time_ns() // 1_000_000


def new_key() -> str:
    """A fresh API key: 256 random bits behind a prefix that secret scanners can learn."""
    return KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)


@dataclass(kw_only=True)
class Gateway:
    """Everything that is open, and the flows that work on it."""

    settings: Settings
    folder: Path
    database: Database
    blobs: Blobs
    keyring: Keyring
    links: Links
    upstreams: dict[str, Upstream]
    submit: Submit
    track: Track
    cancel: Cancel
    watch: Watch
    deliver: Deliver
    sweep: Sweep
    auditing: Audit
    admit: Admit
    notice: Notice
    doors: Sequence[Outbound]

    @classmethod
    def open(cls, settings: Settings, *, port: int | None = None) -> "Gateway":
        """Open the data folder and wire the product.

        port     what the listener got, when the settings leave it to the system
        raises   SettingsInvalid with a sentence for the operator
        """
        folder = open_folder(settings.data.dir)
        database = open_database(settings, folder)
        keyring = Keyring(master_secret(folder, given=settings.data.secret))
        parts = _Parts(
            settings=settings,
            database=database,
            blobs=Blobs(folder),
            keyring=keyring,
            links=Links(
                keyring=keyring,
                public_url=_public_url(settings, port=port),
                good_for_s=settings.videos.link_s,
            ),
            public=Outbound.to_public(allow=frozenset(settings.outbound.allow)),
            configured=Outbound.to_configured(),
        )
        upstreams = {
            name: _upstream(name, upstream, parts) for name, upstream in settings.upstreams.items()
        }
        return cls(
            settings=settings,
            folder=folder,
            database=database,
            blobs=parts.blobs,
            keyring=keyring,
            links=parts.links,
            upstreams=upstreams,
            submit=_submit(parts, upstreams),
            track=_track(parts, upstreams),
            cancel=Cancel(database=database, upstreams=upstreams, clock_ms=now_ms),
            watch=Watch(database=database, upstreams=upstreams.values()),
            deliver=_deliver(parts),
            sweep=Sweep(
                database=database,
                blobs=parts.blobs,
                keep_days=settings.videos.keep_days,
                clock_ms=now_ms,
            ),
            auditing=Audit(
                database=database,
                blobs=parts.blobs,
                every_s=settings.audit.every_s,
                clock_ms=now_ms,
            ),
            admit=Admit(clock_ms=now_ms),
            notice=Notice(database=database, clock_ms=now_ms),
            doors=(parts.public, parts.configured),
        )

    @property
    def currency(self) -> str:
        """The one currency of this gateway (rule 88)."""
        return next(iter(self.submit.prices.values())).currency

    async def close(self) -> None:
        """Let what was sent be recorded, then close every door."""
        self.watch.end()
        crash.at("shutdown.begun")
        await self.submit.close()
        crash.at("shutdown.sent")
        await self.notice.close()
        await self.hang_up()
        await self.database.close()

    async def hang_up(self) -> None:
        """Close every connection to the world, and keep the database open."""
        for upstream in self.upstreams.values():
            await upstream.close()
        for door in self.doors:
            await door.close()

    async def authenticate(self, key: str) -> Caller:
        """Who a key belongs to.

        raises   KeyUnknown for one that is not ours or was revoked, KeyExpired
        """
        caller = await self.database.read(keys.caller_of, key)
        if caller is None or caller.key.revoked_ms:
            raise KeyUnknown
        if caller.key.expires_ms and caller.key.expires_ms <= now_ms():
            raise KeyExpired
        self.notice(caller.key)
        return caller

    async def caller_of_session(self, token: str) -> Caller:
        """Who a session of the console belongs to.

        raises   SessionOver
        """
        caller, is_to_be_noted = await self.database.read(sign_in.caller_of, token, now_ms=now_ms())
        if is_to_be_noted:
            await self.database.write(sign_in.note_use, token, now_ms=now_ms())
        return caller

    def engine(self, queues: frozenset[Queue] | None = None) -> EmbeddedEngine:
        """The engine with a lane for each queue that this process is to work on; None is all."""
        worker = self.settings.worker
        lanes: dict[Queue, Lane] = {
            "track": Lane(self.track, worker.tracks),
            "deliver": Lane(self.deliver, worker.deliveries),
            "render": Lane(self._render, self.settings.renders_at_once, by_rank=True),
            "sweep": Lane(self.sweep, SWEEPS_AT_ONCE),
            "audit": Lane(self.auditing, AUDITS_AT_ONCE),
        }
        chosen = {name: lane for name, lane in lanes.items() if queues is None or name in queues}
        return EmbeddedEngine(
            database=self.database, lanes=chosen, on_set_back=set_back.bring_forward
        )

    def prepare(self) -> str | None:
        """What must be there before the first request.

        The prices in force, wake-ups for the sweeper and the audit and, on an empty folder, the
        first account.

        returns  the path of the file that holds the key, when it was made just now
        """
        path = self.folder / ADMIN_KEY_FILE
        self.database.write_now(_keep_prices, self.submit.prices.values(), now_ms=now_ms())
        self.database.write_now(engine.enqueue, "sweep", SUBJECT, at_ms=now_ms())
        self.database.write_now(self.auditing.wake, now_ms=now_ms())
        if self.database.read_now(accounts.all_accounts):
            return None
        # The file comes first: if we die in between, the next start gives the account this key.
        # The other way round there would be an account whose key nobody has.
        key = kept_private(path, new_key())
        if not key.startswith(KEY_PREFIX):
            raise SettingsInvalid(f"{path} holds no key; remove it, and a new one is made")
        crash.at("first_start.before")
        if not self.database.write_now(_first_start, key, now_ms=now_ms()):
            return None
        crash.at("first_start.after")
        return str(path)

    def audit(self) -> list[Finding]:
        """Check every promise that a query or a look at the files can decide."""
        found, again = self._looked(), None
        if any(finding.broken for finding in found):
            again = self._looked()
        return [audit.confirmed(*both) for both in zip(found, again or found, strict=True)]

    def _looked(self) -> list[Finding]:
        files = self.blobs.lengths("videos")
        return self.database.read_now(audit.run, video_files=files)

    async def _render(self, wake: Wake) -> None:
        # A render's id is unique over all embedded renderers, and usually there is one.
        for upstream in self.upstreams.values():
            if isinstance(upstream, Local):
                began_ms = now_ms()
                await upstream.run(wake)
                self.submit.tally.note_render(now_ms() - began_ms)
                return


def open_database(settings: Settings, folder: Path) -> Database:
    """Open and migrate the database of a data folder."""
    url = settings.data.database or f"sqlite:///{folder / DATABASE_FILE}"
    database = Database.open(
        url, write_queue_max=settings.data.write_queue_max, readers=settings.data.readers
    )
    # Turning a new file into a write-ahead log waits for nobody, and two that migrate it at once
    # would make its tables twice.
    with alone_in(folder):
        migrate.upgrade(database)
    return database


def address_here(host: str, port: int) -> str:
    """Where whoever listens at a host and port answers, as seen from this machine."""
    return f"http://{endpoint(LOOPBACK_FOR.get(host, host), port)}"


def create_account(
    tx: Transaction,
    *,
    name: str,
    is_unlimited: bool,
    credit_micros: int,
    limits: Limits = NO_LIMITS,
    key: str,
    now_ms: int,
) -> Account:
    """Make an account with its first credit and its first key, together or not at all."""
    account = accounts.create_account(
        tx, name=name, is_unlimited=is_unlimited, limits=limits, now_ms=now_ms
    )
    if credit_micros:
        account = ledger.topup(
            tx, account_id=account.id, amount_micros=credit_micros, now_ms=now_ms
        )
    keys.create(
        tx,
        account_id=account.id,
        key=key,
        scope=Scope.FULL,
        expires_ms=0,
        name="first",
        now_ms=now_ms,
    )
    return account


def price_list(model: str, prices: PriceSettings) -> PriceList:
    """The settings' decimal strings as whole micros and thousandths."""
    try:
        return PriceList(
            model=model,
            currency=prices.currency,
            per_second_micros=micros_from_decimal(prices.per_second),
            resolution_permille=_permilles(prices.resolution),
            aspect_ratio_permille=_permilles(prices.aspect_ratio),
        )
    except ValueError as error:
        raise SettingsInvalid(f"prices.{model}: {error}") from None


# --- inside -----------------------------------------------------------------------------------


def _keep_prices(tx: Transaction, lists: Iterable[PriceList], *, now_ms: int) -> None:
    # Once for all tasks that will name them: prices change with a restart only.
    for prices in lists:
        ledger.keep_price_list(tx, prices, now_ms=now_ms)


def _first_start(tx: Transaction, key: str, *, now_ms: int) -> bool:
    if accounts.all_accounts(tx):
        return False
    account = accounts.create_account(tx, name=DEFAULT_ACCOUNT, is_unlimited=True, now_ms=now_ms)
    keys.create(
        tx,
        account_id=account.id,
        key=key,
        scope=Scope.ADMIN,
        expires_ms=0,
        name="first",
        now_ms=now_ms,
    )
    crash.at("first_start.inside")
    return True


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What upstreams and flows are made of."""

    settings: Settings
    database: Database
    blobs: Blobs
    keyring: Keyring
    links: Links
    public: Outbound
    configured: Outbound


def _submit(parts: _Parts, upstreams: Mapping[str, Upstream]) -> Submit:
    settings = parts.settings
    return Submit(
        database=parts.database,
        pool=Pool(upstreams=list(upstreams.values())),
        prices={model: price_list(model, prices) for model, prices in settings.prices.items()},
        denied_fields=frozenset(
            field for upstream in settings.upstreams.values() for field in upstream.refuse_fields
        ),
        allowed_addresses=frozenset(settings.outbound.allow) | {parts.links.own_endpoint},
        submit_wait_s=max(each.submit_wait_s for each in settings.upstreams.values()),
        uncertain_release_s=settings.tracking.uncertain_release_s,
        deadline_s=settings.tracking.deadline_s,
        clock_ms=now_ms,
        report_to=parts.links.news_of,
    )


def _track(parts: _Parts, upstreams: Mapping[str, Upstream]) -> Track:
    tracking = parts.settings.tracking
    return Track(
        database=parts.database,
        blobs=parts.blobs,
        upstreams=upstreams,
        uncertain_release_s=tracking.uncertain_release_s,
        deadline_s=tracking.deadline_s,
        clock_ms=now_ms,
        lanes=parts.settings.worker.tracks,
    )


def _deliver(parts: _Parts) -> Deliver:
    settings = parts.settings
    return Deliver(
        database=parts.database,
        outbound=parts.public,
        links=parts.links,
        keyring=parts.keyring,
        attempt_wait_s=settings.webhooks.attempt_wait_s,
        per_host_max=settings.webhooks.per_host_max,
        per_account_max=max(settings.worker.deliveries // ACCOUNT_SHARE, 1),
        clock_ms=now_ms,
    )


def _upstream(name: str, upstream: UpstreamSettings, parts: _Parts) -> Upstream:
    settings = parts.settings
    models = frozenset(settings.prices)
    if upstream.kind == "local":
        return Local(
            name=name,
            models=models,
            weight=upstream.weight,
            concurrency=upstream.concurrency,
            database=parts.database,
            blobs=parts.blobs,
            outbound=parts.public,
            links=parts.links,
            limits=RenderLimits(
                memory_bytes_max=settings.worker.render_memory_mb * 1024 * 1024,
                wall_s_max=settings.worker.render_wait_s,
            ),
        )
    return Kling(
        name=name,
        models=models,
        base_url=upstream.base_url.rstrip("/"),
        path_prefix=upstream.path_prefix,
        login=Login(
            api_key=upstream.api_key,
            access_key=upstream.access_key,
            secret_key=upstream.secret_key,
        ),
        weight=upstream.weight,
        concurrency=upstream.concurrency,
        unit_price_micros=micros_from_decimal(upstream.unit_price),
        queries_per_s=upstream.queries_per_s,
        callbacks=upstream.callbacks,
        external_ids=upstream.external_ids,
        submit_wait_s=upstream.submit_wait_s,
        poll_wait_s=upstream.poll_wait_s,
        operator_door=parts.configured,
        public_door=parts.public,
    )


def _permilles(factors: dict[str, str]) -> dict[str, int]:
    # "1.5" is 1,500,000 micros and 1,500 thousandths; the setting's pattern allows 3 decimals.
    return {
        name: micros_from_decimal(factor) // (1_000_000 // PERMILLE)
        for name, factor in factors.items()
    }


def _public_url(settings: Settings, *, port: int | None) -> str:
    """Where links point: as the operator says, else where we listen, as seen from this machine."""
    server = settings.server
    if server.public_url:
        return server.public_url.rstrip("/")
    return address_here(server.host, server.port if port is None else port)
