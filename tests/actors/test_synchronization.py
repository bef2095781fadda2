"""The digest of a host's followers (FEP-8fcf)."""

from hashlib import sha256

from usi_fed.actors.synchronization import followers_digest, synchronization_header


def test_the_digest_of_nobody_is_zero() -> None:
    assert followers_digest([]) == "00" * 32


def test_the_digest_of_one_is_their_hash() -> None:
    assert followers_digest(["https://a.example/u"]) == sha256(b"https://a.example/u").hexdigest()


def test_the_digest_does_not_depend_on_the_order() -> None:
    people = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
    assert followers_digest(people) == followers_digest(people[::-1]) != followers_digest(people[:1])


def test_the_example_of_the_proposal_has_its_digest() -> None:
    people = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
    assert followers_digest(people) == "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"


def test_who_is_named_twice_is_not_counted() -> None:
    people = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
    assert followers_digest([*people, people[0]]) == followers_digest(people[1:])


def test_the_header_names_collection_list_and_digest() -> None:
    header = synchronization_header("https://home.example/users/ada/followers", [])
    assert header == (
        'collectionId="https://home.example/users/ada/followers", '
        f'url="https://home.example/users/ada/followers_synchronization", digest="{"00" * 32}"'
    )
