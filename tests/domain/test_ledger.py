import pytest

from framegate.domain.ledger import Account, Scope


def test_available_is_what_is_posted_and_not_held():
    account = Account(
        id="acc_1",
        name="one",
        is_unlimited=False,
        posted_micros=1_000,
        held_micros=400,
        webhook_generation=0,
        created_ms=0,
    )

    assert account.available_micros == 600


@pytest.mark.parametrize(
    ("scope", "may_create"), [(Scope.FULL, True), (Scope.ADMIN, True), (Scope.READ, False)]
)
def test_only_a_read_key_may_not_spend(scope, may_create):
    assert scope.may_create is may_create
