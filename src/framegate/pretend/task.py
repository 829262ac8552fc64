"""One order on its way: when it moves is drawn at once, where it stands is read off the clock.

`studio` makes them; queries and callbacks show them. Nothing runs for a task, so any number of
them in flight costs only the memory of their rows.
"""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from framegate.pretend.order import OrderRead
from framegate.pretend.quirks import Fate

UNITS_PER_S = {"720p": Decimal("0.8"), "1080p": Decimal("1.0")}  # The vendor's list prices.
# One frame more than was ordered, as the vendor's clips have: "5.041" for 5 s (5.4).
EXTRA_MS = 41
OLD_WORDS = {"succeeded": "succeed"}


@dataclass(frozen=True, kw_only=True)
class Film:
    """Where a task's video is to be had."""

    url: str
    watermark_url: str


@dataclass(kw_only=True)
class PretendTask:
    """What the vendor knows of one order.

    Times are Unix milliseconds; `ends_ms` None is never. `looks` counts the answers about its end,
    `is_silent` means that no callback of it is ever sent.
    """

    id: str
    order: OrderRead
    created_ms: int
    begins_ms: int
    ends_ms: int | None
    fate: Fate
    looks: int = 0
    is_silent: bool = False

    @property
    def output_id(self) -> str:
        """The id of its video: the next number, as the vendor's are."""
        return f"{int(self.id) + 1:018d}"

    @property
    def units(self) -> str:
        """What its success costs: by the ordered whole seconds, a decimal without zeros."""
        units = UNITS_PER_S[self.order.resolution] * self.order.duration_s
        return f"{units.normalize():f}"

    @property
    def duration(self) -> str:
        """The measured seconds, a string."""
        return f"{self.order.duration_s}.{EXTRA_MS:03d}"

    def status(self, now_ms: int) -> str:
        """The vendor's word for where it stands; one that changes its mind looks again."""
        if self.ends_ms is not None and now_ms >= self.ends_ms and self.fate.words:
            return self.fate.words[self.looks % len(self.fate.words)]
        return "processing" if now_ms >= self.begins_ms else "submitted"

    def has_ended(self, now_ms: int) -> bool:
        """Whether it holds no slot any more."""
        return self.ends_ms is not None and now_ms >= self.ends_ms and bool(self.fate.words)

    def updated_ms(self, now_ms: int) -> int:
        """When it last moved."""
        if self.ends_ms is not None and self.has_ended(now_ms):
            return self.ends_ms
        return self.begins_ms if now_ms >= self.begins_ms else self.created_ms

    def shown(self, now_ms: int, film: Film) -> dict[str, Any]:
        """The object of 5.4; keys without a value are left out, as the vendor does."""
        status = self.status(now_ms)
        shown: dict[str, Any] = {
            "id": self.id,
            "status": status,
            "message": self.fate.message if status == "failed" else "",
            "create_time": self.created_ms,
            "update_time": self.updated_ms(now_ms),
        }
        if self.order.external_id:
            shown["external_id"] = self.order.external_id
        if status == "succeeded":
            shown["outputs"] = self._outputs(film)
            shown["billing"] = [
                {"charge_type": "unit", "amount": self.units, "package_type": "video"}
            ]
        return shown

    def paged(self, now_ms: int, film: Film) -> dict[str, Any]:
        """The object of another gateway of the page's family (rule 44)."""
        status = self.status(now_ms)
        word = OLD_WORDS.get(status, status)
        outputs = self._outputs(film) if status == "succeeded" else []
        videos = [{key: output[key] for key in ("id", "url", "duration")} for output in outputs]
        return {
            "id": self.id,
            "task_id": self.id,
            "status": word,
            "task_status": word,
            "task_status_msg": self.fate.message if status == "failed" else "",
            "external_task_id": self.order.external_id,
            "created_at": self.created_ms,
            "updated_at": self.updated_ms(now_ms),
            "task_result": {"videos": videos},
            "outputs": outputs,
            "billing": [],
        }

    def row(self) -> dict[str, Any]:
        """Everything, for the log: a vendor that starts again reads its tasks out of it."""
        return asdict(self.order) | {
            "id": self.id,
            "created_ms": self.created_ms,
            "begins_ms": self.begins_ms,
            "ends_ms": self.ends_ms,
            "fate": self.fate.name,
            "units": self.units,
        }

    def _outputs(self, film: Film) -> list[dict[str, Any]]:
        if not self.fate.has_output:
            return []
        return [
            {
                "type": "video",
                "id": self.output_id,
                "url": film.url,
                "watermark_url": film.watermark_url if self.order.has_watermark else "",
                "duration": self.duration,
            }
        ]
