import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.activitypub.signing import ACTOR, ed25519_key, other_rsa_key, rsa_key
from tests.activitypub.wire_fixtures import fixture
from usi_fed.activitypub.keys import PrivateKey, PublicKey, parse_actor_keys
from usi_fed.activitypub.multibase import encode_base58btc
from usi_fed.errors import MalformedActivity

KEY_ID = f"{ACTOR}#main-key"


def pem_of(public_key) -> str:
    return public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def pem_of_rsa_numbers(modulus: int, exponent: int) -> str:
    """An RSA public key that no key generator would make."""
    return pem_of(rsa.RSAPublicNumbers(exponent, modulus).public_key())


def document_with(**terms):
    entry = {"id": KEY_ID, "owner": ACTOR, "publicKeyPem": rsa_key().public.to_pem()}
    return {"id": ACTOR, "publicKey": {**entry, **terms}}


class TestPublicKey:
    @pytest.mark.parametrize("key", [rsa_key, ed25519_key])
    def test_pem_and_multibase_are_read_again(self, key):
        public = key().public
        assert PublicKey.from_pem(public.key_id, ACTOR, public.to_pem()) == public
        assert PublicKey.from_multibase(public.key_id, ACTOR, public.to_multibase()) == public

    def test_ed25519_multibase_has_the_prefix_of_the_fep(self):
        assert ed25519_key().public.to_multibase().startswith("z6Mk")

    @pytest.mark.parametrize("key", [rsa_key, ed25519_key])
    def test_a_signature_holds_for_its_message_and_key_only(self, key):
        signature = key().sign(b"message")
        assert key().public.verify(signature, b"message")
        assert not key().public.verify(signature, b"massage")
        assert not key().public.verify(signature[:-1], b"message")
        assert not key().public.verify(b"", b"message")
        assert not other_rsa_key().public.verify(signature, b"message")

    def test_keys_of_one_name_but_other_material_differ(self):
        assert rsa_key().public != other_rsa_key().public

    def test_a_short_rsa_key_is_refused(self):
        short = rsa.generate_private_key(65537, 1024).public_key()
        with pytest.raises(MalformedActivity, match="1024"):
            PublicKey.from_pem(KEY_ID, ACTOR, pem_of(short))

    def test_a_huge_rsa_key_is_refused(self):
        with pytest.raises(MalformedActivity, match="8193 bits"):
            PublicKey.from_pem(KEY_ID, ACTOR, pem_of_rsa_numbers((1 << 8192) | 1, 65537))

    def test_a_huge_rsa_exponent_is_refused(self):
        modulus = (1 << 2047) | 1
        PublicKey.from_pem(KEY_ID, ACTOR, pem_of_rsa_numbers(modulus, (1 << 63) | 1))
        with pytest.raises(MalformedActivity, match="exponent"):
            PublicKey.from_pem(KEY_ID, ACTOR, pem_of_rsa_numbers(modulus, (1 << 1000) | 1))

    def test_another_kind_of_key_is_refused(self):
        with pytest.raises(MalformedActivity, match="neither"):
            PublicKey.from_pem(KEY_ID, ACTOR, pem_of(ec.generate_private_key(ec.SECP256R1()).public_key()))

    @pytest.mark.parametrize(
        "pem", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "é", "x" * 9000]
    )
    def test_text_that_is_no_pem_is_refused(self, pem):
        with pytest.raises(MalformedActivity):
            PublicKey.from_pem(KEY_ID, ACTOR, pem)

    @pytest.mark.parametrize(
        "data", [b"", b"\xed\x01", b"\xed\x01" + bytes(31), b"\x85\x24abc", b"\xe7\x01" + bytes(33)]
    )
    def test_a_multikey_that_is_none_of_ours_is_refused(self, data):
        with pytest.raises(MalformedActivity):
            PublicKey.from_multibase(KEY_ID, ACTOR, encode_base58btc(data))


class TestPrivateKey:
    @pytest.mark.parametrize("key", [rsa_key, ed25519_key])
    def test_der_is_read_again(self, key):
        again = PrivateKey.from_der(key().key_id, ACTOR, key().to_der())
        assert again.public == key().public
        assert again.public.verify(again.sign(b"x"), b"x")

    def test_pem_of_an_import_is_read(self):
        loaded = serialization.load_der_private_key(rsa_key().to_der(), None)
        pem = loaded.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ).decode()
        assert PrivateKey.from_pem(KEY_ID, ACTOR, pem).public == rsa_key().public

    def test_no_secret_is_shown(self):
        assert repr(ed25519_key()) == (
            f"PrivateKey(key_id='{ed25519_key().key_id}', owner='{ACTOR}', algorithm='ed25519')"
        )


class TestParseActorKeys:
    def test_the_key_of_a_mastodon_actor_is_read(self):
        (key,) = parse_actor_keys(fixture("mastodon/actor-person-ldsig-key.json"))
        assert (key.key_id, key.owner, key.algorithm) == (
            "https://mastodon.social/users/grishka#main-key",
            "https://mastodon.social/users/grishka",
            "rsa",
        )

    def test_multikeys_are_read_and_a_key_listed_twice_counts_once(self):
        keys = parse_actor_keys(fixture("hollo/actor-person-multikey.json"))
        assert [key.algorithm for key in keys] == ["rsa", "ed25519"]

    def test_a_key_whose_owner_is_somebody_else_is_not_trusted(self):
        assert parse_actor_keys(fixture("gnusocial/actor-group.json")) == ()

    @pytest.mark.parametrize(
        "terms",
        [
            {"owner": "https://sender.example/users/eve"},
            {"owner": None},
            {"id": "https://evil.example/users/ana#main-key"},
            {"id": "http://sender.example/users/ana#main-key"},
            {"id": "https://sender.example:8443/key"},
            {"id": "https://sender.example@evil.example/key"},
            {"id": "https://ana@sender.example/key"},
            {"id": "https://sender.example:port/key"},
            {"id": "https://[sender.example/key"},
            {"id": "https://sender.example/" + "k" * 2048},
            {"id": "javascript:key"},
            {"id": None},
            {"publicKeyPem": None},
            {"publicKeyPem": "rubbish"},
        ],
    )
    def test_a_key_that_is_not_the_actors_own_is_left_out(self, terms):
        assert parse_actor_keys(document_with(**terms)) == ()

    @pytest.mark.parametrize("key_id", [KEY_ID, f"{ACTOR}/main-key", f"{ACTOR}//k", "https://SENDER.example:443/key"])
    def test_a_key_on_the_actors_origin_counts(self, key_id):
        assert [key.key_id for key in parse_actor_keys(document_with(id=key_id))] == [key_id]

    def test_an_origin_on_a_port_is_compared_with_it(self):
        actor = "https://sender.example:8443/users/ana"
        document = document_with(id="https://sender.example:8443/key", owner=actor) | {"id": actor}
        assert len(parse_actor_keys(document)) == 1

    def test_one_broken_key_does_not_cost_the_good_one(self):
        good, broken = document_with()["publicKey"], document_with(publicKeyPem="rubbish")["publicKey"]
        assert len(parse_actor_keys({"id": ACTOR, "publicKey": [broken, "uri", None, good]})) == 1

    def test_ten_of_each_list_are_read(self):
        listed = [document_with(id=f"{ACTOR}#{number}")["publicKey"] for number in range(11)]
        multikeys = [
            {
                "id": f"{ACTOR}#m{number}",
                "type": "Multikey",
                "controller": ACTOR,
                "publicKeyMultibase": ed25519_key().public.to_multibase(),
            }
            for number in range(11)
        ]
        keys = parse_actor_keys({"id": ACTOR, "publicKey": listed, "assertionMethod": multikeys})
        assert [key.key_id.partition("#")[2] for key in keys] == [
            *(str(number) for number in range(10)),
            *(f"m{number}" for number in range(10)),
        ]

    @pytest.mark.parametrize("terms", [{"type": "JsonWebKey"}, {"controller": "https://sender.example/users/eve"}])
    def test_a_multikey_of_another_type_or_controller_is_left_out(self, terms):
        multikey = {
            "id": f"{ACTOR}#k",
            "type": "Multikey",
            "controller": ACTOR,
            "publicKeyMultibase": ed25519_key().public.to_multibase(),
        }
        assert len(parse_actor_keys({"id": ACTOR, "assertionMethod": [multikey]})) == 1
        assert parse_actor_keys({"id": ACTOR, "assertionMethod": [{**multikey, **terms}]}) == ()

    @pytest.mark.parametrize("document", [{}, {"id": 5}, {"id": ACTOR}, {"id": ACTOR, "publicKey": 7}])
    def test_a_document_without_keys_has_none(self, document):
        assert parse_actor_keys(document) == ()
