"""Nobody makes us busy with many hosts of one domain, or with keys that never fit."""

from datetime import timedelta

import pytest

from tests.actors.conftest import Clock
from usi_fed.actors.remote_limits import MAX_KEY_REFRESHES_PER_HOST, KeyRefreshes, Subdomains
from usi_fed.errors import RemoteRefused


def test_a_domain_brings_at_most_ten_new_hosts() -> None:
    subdomains = Subdomains()
    for number in range(10):
        subdomains.count(f"h{number}.farm.org:8443")
    subdomains.count("h3.farm.org:8443")
    with pytest.raises(RemoteRefused):
        subdomains.count("h10.farm.org")


def test_customers_of_a_public_suffix_are_different_domains() -> None:
    subdomains = Subdomains()
    for number in range(20):
        subdomains.count(f"h{number}.co.uk")


def test_names_of_a_private_network_are_not_counted() -> None:
    subdomains = Subdomains()
    for number in range(20):
        subdomains.count(f"h{number}.farm.test")


def test_an_actors_key_is_asked_for_again_once_in_five_minutes(clock: Clock) -> None:
    refreshes = KeyRefreshes(clock.seconds)
    assert refreshes.may_refresh("https://a.example/1", "a.example")
    assert not refreshes.may_refresh("https://a.example/1", "a.example")
    assert refreshes.may_refresh("https://a.example/2", "a.example")
    clock.pass_by(timedelta(minutes=5))
    assert refreshes.may_refresh("https://a.example/1", "a.example")


def test_a_host_has_its_own_limit(clock: Clock) -> None:
    refreshes = KeyRefreshes(clock.seconds)
    for number in range(MAX_KEY_REFRESHES_PER_HOST):
        assert refreshes.may_refresh(f"https://a.example/{number}", "a.example")
    assert not refreshes.may_refresh("https://a.example/more", "a.example")
    assert refreshes.may_refresh("https://b.example/1", "b.example")
