import base64
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.activitypub.signing import ACTOR, ed25519_key, rsa_key
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.errors import ConfigurationError


def file_with(path, *lines):
    path.write_bytes(b"\n".join(lines) + b"\n")
    path.chmod(0o600)
    return path


def master_key(letter: bytes) -> bytes:
    return base64.b64encode(letter * 32)


class TestOpening:
    def test_a_missing_file_is_made_for_us_alone(self, tmp_path):
        KeySafe.open(tmp_path / "master.key")
        assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == ["master.key"]

    def test_opening_again_gives_the_same_keys(self, tmp_path):
        sealed = KeySafe.open(tmp_path / "master.key").seal_bytes(b"secret", b"row 1")
        assert KeySafe.open(tmp_path / "master.key").unseal_bytes(sealed, b"row 1") == b"secret"

    def test_processes_that_start_together_agree_on_one_key(self, tmp_path):
        with ThreadPoolExecutor(8) as pool:
            safes = list(pool.map(KeySafe.open, [tmp_path / "master.key"] * 8))
        for safe in safes:
            assert safes[0].unseal_bytes(safe.seal_bytes(b"secret", b""), b"") == b"secret"
        assert [path.name for path in tmp_path.iterdir()] == ["master.key"]

    @pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o666])
    def test_a_file_open_to_others_is_refused(self, tmp_path, mode):
        path = file_with(tmp_path / "master.key", master_key(b"a"))
        path.chmod(mode)
        with pytest.raises(ConfigurationError, match="0600"):
            KeySafe.open(path)

    @pytest.mark.parametrize("line", [b"", base64.b64encode(b"a" * 31), base64.b64encode(b"a" * 33), b"not base64!"])
    def test_a_file_without_whole_keys_is_refused(self, tmp_path, line):
        with pytest.raises(ConfigurationError, match="master key file"):
            KeySafe.open(file_with(tmp_path / "master.key", line))

    def test_a_directory_in_its_place_is_refused(self, tmp_path):
        with pytest.raises(ConfigurationError, match="cannot be used"):
            KeySafe.open(tmp_path)

    def test_a_missing_directory_is_refused(self, tmp_path):
        with pytest.raises(ConfigurationError, match="cannot be used"):
            KeySafe.open(tmp_path / "missing" / "master.key")


class TestSealing:
    @pytest.mark.parametrize("key", [rsa_key, ed25519_key])
    def test_a_private_key_comes_back(self, key):
        safe = KeySafe([b"a" * 32])
        sealed = safe.seal(key(), b"actor 1")
        assert safe.unseal(sealed, key().key_id, ACTOR, b"actor 1").public == key().public

    def test_the_secret_is_not_in_the_sealed_bytes_and_two_seals_differ(self):
        safe = KeySafe([b"a" * 32])
        sealed = safe.seal_bytes(b"secret", b"")
        assert b"secret" not in sealed
        assert sealed != safe.seal_bytes(b"secret", b"")

    def test_a_sealed_secret_moved_to_another_row_is_refused(self):
        safe = KeySafe([b"a" * 32])
        with pytest.raises(ConfigurationError, match="altered"):
            safe.unseal_bytes(safe.seal_bytes(b"secret", b"row 1"), b"row 2")

    def test_no_altered_byte_is_accepted(self):
        safe = KeySafe([b"a" * 32])
        sealed = safe.seal_bytes(b"secret", b"")
        for position in range(len(sealed)):
            altered = bytearray(sealed)
            altered[position] ^= 1
            with pytest.raises(ConfigurationError):
                safe.unseal_bytes(bytes(altered), b"")

    @pytest.mark.parametrize("length", [0, 1, 5, 10, 17, 20])
    def test_a_cut_off_secret_is_refused(self, length):
        safe = KeySafe([b"a" * 32])
        with pytest.raises(ConfigurationError):
            safe.unseal_bytes(safe.seal_bytes(b"secret", b"")[:length], b"")


class TestRotation:
    def test_old_secrets_open_and_new_ones_take_the_first_key(self, tmp_path):
        old = KeySafe.open(file_with(tmp_path / "old", master_key(b"a")))
        new = KeySafe.open(file_with(tmp_path / "new", master_key(b"b"), master_key(b"a")))
        sealed = old.seal_bytes(b"secret", b"")
        assert new.unseal_bytes(sealed, b"") == b"secret"
        with pytest.raises(ConfigurationError):
            old.unseal_bytes(new.seal_bytes(b"secret", b""), b"")

    def test_a_secret_of_a_forgotten_key_is_refused(self):
        sealed = KeySafe([b"a" * 32]).seal_bytes(b"secret", b"")
        with pytest.raises(ConfigurationError, match="not in the file"):
            KeySafe([b"b" * 32]).unseal_bytes(sealed, b"")
