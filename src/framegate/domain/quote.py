"""What a submission costs, decided before anything is held or sent.

Submit and `POST /api/quote` call it. It knows no account, no clock and no upstream.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from framegate.domain.money import AMOUNT_MICROS_MAX
from framegate.domain.submission import Submission

PERMILLE = 1_000
FACTOR_PERMILLE_MAX = 1_000_000


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """The price of one model: micros a second, and factors in whole thousandths.

    A factor that is not listed is 1. The vendor's price follows the ordered seconds; 1080p costs
    about 1.5 times 720p and the aspect ratio plays no part (the API page).
    """

    model: str
    currency: str
    per_second_micros: int
    resolution_permille: Mapping[str, int] = field(default_factory=dict)
    aspect_ratio_permille: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse numbers whose product could leave 64 bits; settings say so by name before."""
        factors = [*self.resolution_permille.values(), *self.aspect_ratio_permille.values()]
        if not all(0 <= factor <= FACTOR_PERMILLE_MAX for factor in factors):
            raise ValueError("a price factor must be from 0 to 1000")
        if not 0 <= self.per_second_micros <= AMOUNT_MICROS_MAX // 10**9:
            raise ValueError("the price of a second is out of bounds")

    @cached_property
    def version(self) -> str:
        """Twelve hex digits that change with any number in the list; kept on every task."""
        return hashlib.sha256(self.terms().encode()).hexdigest()[:12]

    def terms(self) -> str:
        """The whole list as canonical JSON: what the version stands for, kept for audits."""
        return json.dumps(
            {
                "model": self.model,
                "currency": self.currency,
                "per_second_micros": self.per_second_micros,
                "resolution_permille": dict(self.resolution_permille),
                "aspect_ratio_permille": dict(self.aspect_ratio_permille),
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_terms(cls, terms: str) -> "PriceList":
        """The list that `terms` was written from."""
        return cls(**json.loads(terms))

    def price_micros(self, *, duration_s: int, resolution: str, aspect_ratio: str) -> int:
        """Whole micros: per second x seconds x resolution factor x aspect factor, rounded once.

        source   contract rules 64 to 66
        """
        exact = (
            self.per_second_micros
            * duration_s
            * self.resolution_permille.get(resolution, PERMILLE)
            * self.aspect_ratio_permille.get(aspect_ratio, PERMILLE)
        )
        # One rounding, half up, on the total: rounding a second would drift from the list price.
        return (exact + PERMILLE**2 // 2) // PERMILLE**2


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The price of one submission, with what it was made of."""

    amount_micros: int
    currency: str
    version: str
    duration_s: int
    per_second_micros: int
    resolution: str
    resolution_permille: int
    aspect_ratio: str
    aspect_ratio_permille: int


def quote(submission: Submission, prices: PriceList) -> Quote:
    """Price one submission, and say what the price is made of."""
    resolution, aspect_ratio = submission.resolution, submission.aspect_ratio
    return Quote(
        amount_micros=prices.price_micros(
            duration_s=submission.duration_s, resolution=resolution, aspect_ratio=aspect_ratio
        ),
        currency=prices.currency,
        version=prices.version,
        duration_s=submission.duration_s,
        per_second_micros=prices.per_second_micros,
        resolution=resolution,
        resolution_permille=prices.resolution_permille.get(resolution, PERMILLE),
        aspect_ratio=aspect_ratio,
        aspect_ratio_permille=prices.aspect_ratio_permille.get(aspect_ratio, PERMILLE),
    )
