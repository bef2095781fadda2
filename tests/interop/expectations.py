"""What has to hold for every delivery of ours."""

from tests.interop.fedify import Delivery, Peer
from tests.interop.ours import Person


def assert_signed(delivery: Delivery, by: Person, peer: Peer) -> None:
    """The peer accepted a delivery and verified every signature it has: they are `by`'s, in the peer's generation."""
    assert delivery.status == 202
    assert delivery.generation == peer.generation
    assert delivery.key_owner == by.uri
    assert delivery.is_proof_valid == delivery.has_proof
    assert delivery.is_linked_data_signature_valid == delivery.has_linked_data_signature
