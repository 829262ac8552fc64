"""The tables, each column with its meaning.

Written once for SQLite and PostgreSQL. Money is whole micros in BIGINT, times are Unix
milliseconds in BIGINT, flags are 0 or 1. `migrations/` builds the same tables; a test compares.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _number(name: str, comment: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=str(default), comment=comment)


def _words(name: str, comment: str) -> Column[str]:
    return Column(name, String, nullable=False, server_default="", comment=comment)


accounts = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True, comment="acc_..."),
    Column("name", String, nullable=False, unique=True, comment="what an operator calls it"),
    _number("is_unlimited", "1: may go below zero; its spending is still on the ledger"),
    _number("posted_micros", "the sum of its entries"),
    _number("held_micros", "the sum of its open holds"),
    _number("webhook_generation", "which derived webhook secret is in force; 0: none"),
    _number("created_ms", "when it was made"),
    _number("requests_per_minute", "how many it may send; 0: as many as it likes"),
    _number("in_flight_max", "how many of its tasks may be in flight; 0: as many as it likes"),
    _number("in_flight", "how many of its holds are open"),
    # The operator's list, page by page.
    Index(None, "created_ms", "id"),
    CheckConstraint("held_micros >= 0", name="held"),
    CheckConstraint("is_unlimited = 1 OR posted_micros - held_micros >= 0", name="available"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True, comment="key_..."),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, comment="who pays"),
    Column("sha256", String, nullable=False, unique=True, comment="hex; the key is kept nowhere"),
    _words("scope", "full, read or admin"),
    _words("hint", "the key's last four characters"),
    _number("created_ms", "when it was made"),
    _number("expires_ms", "when it stops working; 0: never"),
    _number("revoked_ms", "when it was revoked; 0: it is good"),
    _words("name", "what its owner calls it"),
    _number("requests_per_minute", "how many it may send; 0: as many as it likes"),
    _number("in_flight_max", "how many of its tasks may be in flight; 0: as many as it likes"),
    _number("budget_micros", "what its tasks may hold and cost together, ever; 0: anything"),
    _number("in_flight", "how many holds of its tasks are open"),
    _number("spent_micros", "the sum of the open and the settled holds of its tasks"),
    _number("last_used_ms", "when it was last seen, to the minute; 0: never"),
    Index(None, "account_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_sha256", String, primary_key=True, comment="hex; the token is kept nowhere"),
    Column("key_id", ForeignKey("keys.id"), nullable=False, comment="whose session it opens"),
    _number("created_ms", "when it was made"),
    _number("expires_ms", "when it stops working"),
    _number("used_ms", "when it opened its one session; 0: it has not"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String, primary_key=True, comment="hex; the cookie is kept nowhere"),
    Column("key_id", ForeignKey("keys.id"), nullable=False, comment="what it may do, and for whom"),
    _number("created_ms", "when somebody signed in"),
    _number("seen_ms", "when it was last used, to the hour"),
    _number("ended_ms", "when it was signed out; 0: it was not"),
)

price_lists = Table(
    "price_lists",
    metadata,
    Column("version", String, primary_key=True, comment="twelve hex digits of the terms"),
    _words("terms", "canonical JSON of the list, so that an audit can compute again"),
    _number("created_ms", "when it was first used"),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", String, primary_key=True, comment="trf_..."),
    _words("kind", "topup, settle or refund"),
    Column("task_id", String, nullable=True, comment="the task it pays for; null for a top-up"),
    _number("created_ms", "when it was written"),
    # Money moves exactly once although steps run at least once.
    UniqueConstraint("task_id", "kind"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("transfer_id", ForeignKey("transfers.id"), nullable=False, comment="sums to zero"),
    _words("ledger", "an account's id, or house:topups, house:revenue"),
    _number("amount_micros", "signed; a transfer's entries sum to zero"),
    Index(None, "transfer_id"),
    Index(None, "ledger"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", String, primary_key=True, comment="task_..."),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, comment="who pays"),
    _words("key_id", "which key created it"),
    _words("kind", "image-to-video or text-to-video"),
    _words("model", "as in the path"),
    _words("status", "domain.task.TaskStatus"),
    _number("fence", "counts the writes; a stale worker's write finds another number"),
    _words("request_id", "the request that created it"),
    _words("upstream", "which upstream has it"),
    _words("ticket", "the upstream's id of it; empty until known"),
    _words("external_task_id", "the caller's own id; empty: none"),
    _words("callback_url", "whom to call at the end; empty: nobody"),
    _words("resolution", "as priced"),
    _words("aspect_ratio", "as priced"),
    _number("duration_s", "as priced, whole seconds"),
    Column("body", LargeBinary, nullable=False, comment="the caller's exact bytes"),
    _words("body_sha256", "hex, of the body"),
    _number("price_micros", "what the hold is for"),
    _words("price_version", "price_lists.version"),
    _words("currency", "ISO 4217"),
    _words("message", "the reason of a failure, for the caller"),
    _words("operator_note", "what went wrong with the upstream, for the operator only"),
    Column(
        "answer", LargeBinary, nullable=False, server_default="", comment="relayed answer, JSON"
    ),
    _number("created_ms", "when it was committed"),
    _number("updated_ms", "when its status last changed"),
    _number("sent_ms", "when the upstream's answer or silence was recorded"),
    _number("ended_ms", "when it became terminal; 0: it is not"),
    _number("late_ms", "when an upstream reported success after the end; 0: never"),
    _number("next_ms", "when it is looked at next; 0 once terminal"),
    _number("deadline_ms", "when it is given up"),
    _number("polls", "how often the upstream was asked"),
    _words("billing", "what the upstream billed us, its own JSON; for the operator only"),
    _number("cost_micros", "the bill in the price's currency; -1: not known", default=-1),
    Index(None, "account_id", "created_ms"),
    # The ticket first: an operator, and tracking, look for one without knowing whose it is.
    Index(None, "ticket", "account_id"),
    # What /metrics counts and an operator's list walks: never a table of bodies. The lists by
    # key and by upstream are counted by status too, so the status stands before the time.
    Index(None, "status", "created_ms"),
    Index(None, "account_id", "status", "created_ms"),
    Index(None, "key_id", "status", "created_ms"),
    Index(None, "upstream", "status", "created_ms"),
    # How many of the last hour went to each upstream, and what became of them: all three are read
    # here, without the rows, which lie beside their bodies.
    Index(None, "upstream", "created_ms", "status"),
    Index(
        "ix_tasks_open",
        "next_ms",
        sqlite_where=text("ended_ms = 0"),
        postgresql_where=text("ended_ms = 0"),
    ),
    Index(
        "ix_tasks_uncertain",
        "created_ms",
        sqlite_where=text("status = 'uncertain'"),
        postgresql_where=text("status = 'uncertain'"),
    ),
    # A refused create is nobody's task: it frees its external id (contract rule 49).
    Index(
        "uq_tasks_external",
        "account_id",
        "external_task_id",
        unique=True,
        sqlite_where=text("external_task_id <> '' AND status <> 'refused'"),
        postgresql_where=text("external_task_id <> '' AND status <> 'refused'"),
    ),
)

life = Table(
    "life",
    metadata,
    # Also the id of an event in a stream: lines are only ever added, in the order of commits.
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False, comment="whose change it is"),
    Column("account_id", String, nullable=False, comment="the task's, for an account's stream"),
    _number("at_ms", "when it was written"),
    _words("status", "what the task became, domain.task.TaskStatus"),
    _words("note", "why, for the task's owner"),
    _words("operator_note", "what went on at the upstream, for the operator only"),
    Index(None, "task_id"),
    Index(None, "account_id", "id"),
)

prompts = Table(
    "prompts",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True, comment="one a task"),
    _words("text", "as it was forwarded; empty: none"),
    _words("picture_url", "the first frame as the caller named it; empty: none, or too long"),
    # Looked up by its task alone, thousands of times for one search.
    sqlite_with_rowid=False,
)

usage = Table(
    "usage",
    metadata,
    Column("account_id", String, primary_key=True, comment="who paid"),
    Column("day", String, primary_key=True, comment="of the task's end, YYYY-MM-DD, UTC"),
    Column("key_id", String, primary_key=True, comment="which key created the tasks"),
    Column("upstream", String, primary_key=True, comment="which upstream had them"),
    Column("model", String, primary_key=True, comment="as in the path"),
    Column("resolution", String, primary_key=True, comment="as priced"),
    Column("status", String, primary_key=True, comment="how they ended"),
    _number("tasks", "how many"),
    _number("seconds", "of video that were paid for"),
    _number("spent_micros", "what their settling transfers took"),
    _number("cost_micros", "what the upstream billed us, as far as it is known"),
    _number("costs_known", "of how many tasks it is known"),
    # An operator adds up everybody's: with the sums in the index no row is looked up.
    Index(
        "ix_usage_day_sums",
        *("day", "tasks", "seconds", "spent_micros", "cost_micros", "costs_known"),
    ),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    metadata,
    Column("promise", Integer, primary_key=True, comment="its number in docs/safety.md"),
    Column("says", String, primary_key=True, comment="what was checked, as a sentence"),
    _number("broken", "how many ids broke it"),
    _words("ids", "JSON: the first few of them"),
    _number("checked_ms", "when the run that says so ended"),
    _number("took_ms", "how long that run took"),
)

holds = Table(
    "holds",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True, comment="one hold a task"),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, comment="whose credit"),
    _words("key_id", "which key created the task; empty: none of ours"),
    _number("amount_micros", "set aside"),
    _words("state", "open, settled or released"),
    _number("opened_ms", "with the task"),
    _number("closed_ms", "with the task's end; 0: open"),
    CheckConstraint("amount_micros >= 0", name="amount"),
    Index(
        "ix_holds_open",
        "account_id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("path", String, primary_key=True, comment="a key means something else elsewhere"),
    Column("key", String, primary_key=True, comment="the Idempotency-Key as sent"),
    _words("body_sha256", "of the first request's bytes"),
    _words("task_id", "the task whose answer is repeated"),
    _number("created_ms", "kept at least 24 h"),
    Index(None, "created_ms"),
    Index(None, "task_id"),
)

videos = Table(
    "videos",
    metadata,
    Column("id", String, primary_key=True, comment="vid_..., the file's name"),
    Column("task_id", ForeignKey("tasks.id"), nullable=False, unique=True),
    Column("account_id", String, nullable=False),
    _words("output_id", "the upstream's own id of the output"),
    _number("bytes_count", "the file's length"),
    _words("sha256", "hex, of the file"),
    _words("duration", "seconds as the upstream wrote them"),
    _words("source_url", "where the upstream kept it; for the operator only"),
    _number("created_ms", "when the row, and so the video, became visible"),
    _number("deleted_ms", "when retention removed the file; 0: it is there"),
    Index(None, "created_ms"),
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", String, primary_key=True, comment="img_..., the file's name"),
    Column("account_id", String, nullable=False),
    _words("format", "jpeg or png, by content"),
    _number("width", "pixels"),
    _number("height", "pixels"),
    _number("bytes_count", "the file's length"),
    _words("sha256", "hex, of the file"),
    _number("created_ms", "when it was uploaded"),
    _number("deleted_ms", "when retention removed the file; 0: it is there"),
    Index(None, "created_ms"),
)

upstreams = Table(
    "upstreams",
    metadata,
    Column("name", String, primary_key=True, comment="as in the settings"),
    _words("breaker", "domain.health.Breaker: closed, open or half-open"),
    _number("failures", "in a row"),
    _number("opens", "how often the breaker opened in a row: the next wait doubles with it"),
    _number("retry_ms", "open: when one probe may go; half-open: when the probe counts as lost"),
    _number("rest_ms", "its slots were full: others first until then"),
    _number("latency_ms", "of a create, smoothed"),
    _number("last_good_ms", "when it last answered as it should"),
    _number("last_bad_ms", "when it last did not"),
    _words("last_error", "what it said then; for the operator only"),
    _number("paused_ms", "when the operator paused it: no new orders; 0: it is not paused"),
)

durations = Table(
    "durations",
    metadata,
    Column("upstream", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("resolution", String, primary_key=True),
    Column("duration_s", Integer, primary_key=True, comment="of the video that was ordered"),
    _words("samples", "JSON: domain.durations.Sample of some of the newest tasks"),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", String, primary_key=True, comment="hook_..."),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, comment="whose events"),
    _words("url", "where they are told"),
    _words("events", "domain.event.EventType, by comma"),
    _number("generation", "which derived secret is in force"),
    _number("overlap_ms", "until when the generation before it signs too; 0: it does not"),
    _number("created_ms", "when it was made"),
    _number("disabled_ms", "when it stopped being told; 0: it is told"),
    _words("disabled_why", "by its owner, or because it answered 410; stays when enabled again"),
    Index(None, "account_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String, primary_key=True, comment="msg_..., the webhook-id"),
    Column("account_id", String, nullable=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    _words("event", "task.succeeded, ..."),
    _words("endpoint_id", "the account's endpoint; empty: the task's own callback_url"),
    _words("url", "where to tell it"),
    _words("status", "pending, delivered or failed"),
    _number("attempts", "made so far"),
    _number("attempts_before", "made before it was last sent again by hand: a new schedule"),
    _number("created_ms", "when the event happened, in the transaction that changed the task"),
    _number("next_ms", "when it is tried next; 0: it is not"),
    _number("ended_ms", "when it was delivered or given up; 0: neither"),
    _number("resent_ms", "when it was last sent again by hand; 0: never"),
    _words("resent_by", "who did that, domain.delivery.Resender; empty: nobody"),
    UniqueConstraint("task_id", "event", "endpoint_id"),
    Index(None, "account_id", "created_ms"),
    Index(None, "endpoint_id", "created_ms"),
    # Lists of one status, and what a resend of all and a disabling look for, among a history
    # without end.
    Index(None, "account_id", "status", "created_ms"),
    Index(None, "endpoint_id", "status", "created_ms"),
    Index(
        "ix_deliveries_open",
        "next_ms",
        sqlite_where=text("ended_ms = 0"),
        postgresql_where=text("ended_ms = 0"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.id"), primary_key=True),
    Column("number", Integer, primary_key=True, comment="from 1"),
    _number("at_ms", "when it began"),
    _number("took_ms", "until the answer or the failure"),
    _number("http_status", "0: no answer"),
    _words("error", "why there was no answer"),
    Column("answer", LargeBinary, nullable=False, server_default="", comment="first 1 KB"),
)

renders = Table(
    "renders",
    metadata,
    Column("id", String, primary_key=True, comment="18 digits, the embedded renderer's ticket"),
    Column("task_id", ForeignKey("tasks.id"), nullable=False, unique=True),
    Column("account_id", String, nullable=False, comment="whose pictures it may read"),
    _words("status", "domain.upstream.RenderStatus"),
    _words("message", "why it failed"),
    _words("picture_url", "the first frame"),
    _words("prompt", "empty: none"),
    _words("resolution", "720p or 1080p"),
    _number("duration_s", "whole seconds"),
    _number("seed", "the same body gives the same film"),
    _number("tries", "how often a render was started"),
    _words("stage", "reading, depth, rendering, finishing"),
    _number("frames_done", "so far"),
    _number("frames_total", "to be made"),
    _words("file", "the finished file's name in renders/; empty: none"),
    _words("sha256", "hex, of the finished file"),
    _number("bytes_count", "of the finished file"),
    _number("duration_ms", "measured"),
    _number("created_ms", "with the task"),
    _number("updated_ms", "when anything here changed"),
    # What is being rendered now: a handful among all that ever was.
    Index(
        "ix_renders_running",
        "id",
        sqlite_where=text("status = 'processing'"),
        postgresql_where=text("status = 'processing'"),
    ),
    Index(None, "created_ms"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("queue", String, primary_key=True, comment="which flow it wakes"),
    Column("subject", String, primary_key=True, comment="the id it wakes it for"),
    _number("due_ms", "not before"),
    _number("generation", "counts the enqueues; a run that began before the last one leaves it"),
    _number("failures", "runs that ended in an error, since the last good one"),
    _words("owner", "in a queue that is shared by rank: whose part it uses; else empty"),
    _number("rank", "in such a queue: the lower goes first; else 0"),
    Index(None, "queue", "due_ms"),
    Index(
        "ix_jobs_rank",
        "queue",
        "rank",
        sqlite_where=text("owner <> ''"),
        postgresql_where=text("owner <> ''"),
    ),
    Index(
        "ix_jobs_owner_rank",
        "queue",
        "owner",
        "rank",
        sqlite_where=text("owner <> ''"),
        postgresql_where=text("owner <> ''"),
    ),
)
