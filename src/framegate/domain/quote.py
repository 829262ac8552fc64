"""What a submission costs, decided before anything is held or sent.

Submit and `POST /api/quote` call it. It knows no account, no clock and no upstream.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

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

    @property
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
    """Price one submission.

    returns  whole micros: per second x seconds x resolution factor x aspect factor, rounded once
    source   CONTRACT W10, rules 64 to 66
    """
    resolution_permille = prices.resolution_permille.get(submission.resolution, PERMILLE)
    aspect_permille = prices.aspect_ratio_permille.get(submission.aspect_ratio, PERMILLE)
    exact = prices.per_second_micros * submission.duration_s * resolution_permille * aspect_permille
    return Quote(
        # One rounding, half up, on the total: rounding a second would drift from the list price.
        amount_micros=(exact + PERMILLE**2 // 2) // PERMILLE**2,
        currency=prices.currency,
        version=prices.version,
        duration_s=submission.duration_s,
        per_second_micros=prices.per_second_micros,
        resolution=submission.resolution,
        resolution_permille=resolution_permille,
        aspect_ratio=submission.aspect_ratio,
        aspect_ratio_permille=aspect_permille,
    )
