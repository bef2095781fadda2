import ipaddress
from pathlib import Path

import pytest

from usi_fed.config import SETTINGS, Settings, load_settings
from usi_fed.errors import ConfigurationError

ROOT = Path(__file__).parent.parent


def faults_of(environ):
    with pytest.raises(ConfigurationError) as refused:
        load_settings(environ)
    return refused.value.faults


def test_without_any_setting_it_is_a_server_for_trying_out():
    assert load_settings({}) == Settings()
    assert Settings().origin == "http://localhost:8000"
    assert Settings().database == "sqlite:///var/usi-fed.db"
    assert Settings().embedded


@pytest.mark.parametrize(
    ("domain", "scheme"),
    [
        ("localhost", "http"),
        ("one.localhost:8001", "http"),
        ("127.0.0.1:8000", "http"),
        ("[::1]:8000", "http"),
        ("union.example", "https"),
        ("10.0.0.1", "https"),
        ("localhost.example", "https"),
    ],
)
def test_only_a_name_of_this_machine_is_usually_without_tls(domain, scheme):
    assert load_settings({"USI_FED_DOMAIN": domain}).scheme == scheme
    assert load_settings({"USI_FED_DOMAIN": domain, "USI_FED_SCHEME": "https"}).scheme == "https"


def test_the_environment_is_read():
    settings = load_settings(
        {
            "USI_FED_DOMAIN": "Union.Example",
            "USI_FED_AUTHORIZED_FETCH": "on",
            "USI_FED_MEDIA_CACHE_BYTES": "500M",
            "USI_FED_ALLOW_PRIVATE_NETWORKS": "10.0.0.0/8, ::1/128",
            "USI_FED_DATABASE_URL": "postgresql+asyncpg://usi@localhost/usi",
            "UNRELATED": "x",
        }
    )
    assert (settings.domain, settings.handles) == ("union.example", "union.example")
    assert settings.authorized_fetch is True
    assert settings.media_cache_bytes == 500 << 20
    assert settings.allow_private_networks == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128"))
    assert not settings.embedded


def test_handles_may_have_a_domain_of_their_own():
    settings = load_settings({"USI_FED_DOMAIN": "social.union.example", "USI_FED_HANDLE_DOMAIN": "union.example"})
    assert (settings.origin, settings.handles) == ("https://social.union.example", "union.example")


def test_an_empty_value_is_no_value():
    assert load_settings({"USI_FED_NAME": " "}).name == "USI Fed"


def test_the_file_is_read_and_the_environment_wins(tmp_path):
    file = tmp_path / "usi-fed.toml"
    file.write_text(
        'domain = "union.example"\nrate_limits = false\npost_characters = 700\ntrusted_proxies = ["10.0.0.1"]\n'
    )
    settings = load_settings({"USI_FED_CONFIG": str(file), "USI_FED_POST_CHARACTERS": "900"})
    assert (settings.domain, settings.rate_limits, settings.post_characters) == ("union.example", False, 900)
    assert settings.trusted_proxies == (ipaddress.ip_network("10.0.0.1/32"),)


def test_a_file_that_is_named_must_be_there(tmp_path):
    assert faults_of({"USI_FED_CONFIG": str(tmp_path / "none.toml")}) == [
        f"USI_FED_CONFIG names {tmp_path / 'none.toml'}, which cannot be read: No such file or directory."
    ]


def test_a_file_that_is_no_toml_is_a_fault(tmp_path):
    (tmp_path / "bad.toml").write_text("domain = union.example")
    assert "is not valid TOML" in faults_of({"USI_FED_CONFIG": str(tmp_path / "bad.toml")})[0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DOMAIN", "https://union.example", "must be a host name"),
        ("DOMAIN", "union.example/social", "must be a host name"),
        ("SCHEME", "ftp", "must be one of https, http"),
        ("DATABASE_URL", "mysql://x", "must start with sqlite:///"),
        ("REDIS_URL", "http://x", "must start with redis://"),
        ("MAIL_URL", "mail.example", "must start with smtp://"),
        ("RATE_LIMITS", "maybe", "must be on or off"),
        ("POST_CHARACTERS", "10", "must be a whole number from 500 to 100000"),
        ("POST_CHARACTERS", "٥٠٠", "must be a whole number"),
        ("POST_CHARACTERS", "9" * 5000, "must be a whole number from 500 to 100000"),
        ("MEDIA_CACHE_BYTES", "٣", "must be a number of bytes"),
        ("MEDIA_CACHE_BYTES", "2 G", "must be a number of bytes"),
        ("TRUSTED_PROXIES", "proxy.example", "must be networks"),
        ("REGISTRATIONS", "all", "must be one of closed, approval, open"),
        ("FEDERATION_MODE", "closed", "must be one of open, allowlist"),
        ("LOG_LEVEL", "loud", "must be one of debug"),
        ("COLOUR", "red", "is not a setting of USI Fed"),
        ("DOMAIN", "union.example:99999", "must be a host name"),
        ("DOMAIN", "union.example:0", "must be a host name"),
        ("DOMAIN", "[....]", "must be a host name"),
        ("DOMAIN", "10.0.0.256", "must be a host name"),
        ("HANDLE_DOMAIN", "union..example", "must be a host name"),
        ("CONTACT_EMAIL", "notmail", "must be an e-mail address"),
        ("CONTACT_EMAIL", "ana@union", "must be an e-mail address"),
        ("MAIL_FROM", "Union <office@union.example>", "must be an e-mail address"),
        ("DATABASE_URL", "sqlite:///", "must name a file"),
        ("DATABASE_URL", "sqlite:////var/lib/usi-fed/", "must name a file"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@127.0.0.1:port/x", "must be postgresql+asyncpg://user:"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@ss@127.0.0.1/x", "must be postgresql+asyncpg://user:"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@127.0.0.1:99999/x", "must be postgresql+asyncpg://user:"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@127.0.0.1", "must be postgresql+asyncpg://user:"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@127.0.0.1/x?sslmode=require", "must ask for encryption"),
        ("REDIS_URL", "redis://127.0.0.1:port/x", "must be redis://user:"),
        ("REDIS_URL", "redis://127.0.0.1/x", "must be redis://user:"),
        ("REDIS_URL", "redis://:pa/ss@127.0.0.1/0", "must be redis://user:"),
        ("MAIL_URL", "smtp://user:pa@ss@:x", "must be smtp://user:"),
        ("MAIL_URL", "smtp://user:pass@:25", "must be smtp://user:"),
        ("MAIL_URL", "smtp://mail.example:0", "must be smtp://user:"),
        ("SOURCE_URL", "https://", "must be an address such as"),
        ("SOURCE_URL", "https:///source", "must be an address such as"),
        ("SOURCE_URL", "ftp://code.example", "must be an address such as"),
        ("SOURCE_URL", "https://code.example/a b", "must be an address such as"),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence_that_names_it(name, value, words):
    (fault,) = faults_of({f"USI_FED_{name}": value})
    assert fault.startswith(f"USI_FED_{name} {words}")
    assert fault.endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOMAIN", "[2001:db8::1]:8443"),
        ("CONTACT_EMAIL", "ana+fed@mail.union.example"),
        ("DATABASE_URL", "sqlite:////var/lib/usi-fed/usi-fed.db"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p%40ss@[::1]:5432/x?ssl=require"),
        ("DATABASE_URL", "postgresql+asyncpg:///usi?host=/run/postgresql"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:6379/0"),
        ("REDIS_URL", "redis://my_valkey"),
        ("REDIS_URL", "redis+socket:///run/valkey/valkey.sock"),
        ("SOURCE_URL", "https://Code.example:8443/usi-fed?branch=main#top"),
    ],
)
def test_what_is_right_is_taken_as_it_is(name, value):
    assert getattr(load_settings({f"USI_FED_{name}": value}), name.lower()) == value


@pytest.mark.parametrize("domain", ["union.org", "union.org:8000", "8.8.8.8", "sub.onion.org"])
def test_without_tls_no_public_name_is_served(domain):
    (fault,) = faults_of({"USI_FED_DOMAIN": domain, "USI_FED_SCHEME": "http"})
    assert fault.startswith(f"USI_FED_SCHEME must be https for {domain}")


@pytest.mark.parametrize(
    "domain", ["server.test", "union.example", "10.0.0.5:8000", "[fd00::1]", "x.onion", "server", "fed.local"]
)
def test_names_apart_from_the_internet_may_do_without_tls(domain):
    assert load_settings({"USI_FED_DOMAIN": domain, "USI_FED_SCHEME": "http"}).scheme == "http"


def test_an_onion_address_is_a_name_alone_beside_another():
    settings = load_settings({"USI_FED_DOMAIN": "union.example", "USI_FED_ONION": "ABC.onion"})
    assert (settings.onion, settings.origin) == ("abc.onion", "https://union.example")
    for odd in ("union.example", "http://abc.onion", "abc.onion:80", ".onion", "a b.onion"):
        (fault,) = faults_of({"USI_FED_DOMAIN": "union.example", "USI_FED_ONION": odd})
        assert fault.startswith("USI_FED_ONION must be the name that Tor has made")
    (fault,) = faults_of({"USI_FED_DOMAIN": "abc.onion", "USI_FED_ONION": "xyz.onion"})
    assert fault.startswith("USI_FED_ONION is a second name")


def test_all_faults_are_told_at_once():
    assert len(faults_of({"USI_FED_SCHEME": "x", "USI_FED_LOG_LEVEL": "x", "USI_FED_NONE": "x"})) == 3


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "MAIL_URL"])
def test_a_secret_is_not_shown_in_a_fault(name):
    for scheme in ("odd", "postgresql+asyncpg", "redis", "smtp"):
        assert "s3cret" not in faults_of({f"USI_FED_{name}": f"{scheme}://me:s3cret@host:port/x"})[0]


def test_mail_needs_a_sender():
    assert "USI_FED_MAIL_FROM" in faults_of({"USI_FED_MAIL_URL": "smtp://mail.example"})[0]


def documented():
    rows = (
        line.split("|") for line in (ROOT / "docs/admin/settings.md").read_text().splitlines() if "`USI_FED_" in line
    )
    return {cells[1].strip(" `"): cells[2].strip(" `") for cells in rows if len(cells) == 5}


def test_every_setting_is_documented_and_nothing_else():
    names = {f"USI_FED_{item.name.upper()}" for item in SETTINGS}
    assert set(documented()) == names | {"USI_FED_CONFIG"}


@pytest.mark.parametrize("item", SETTINGS, ids=lambda item: item.name)
def test_the_documented_default_is_the_real_one(item):
    told = documented()[f"USI_FED_{item.name.upper()}"]
    if item.default in ("", ()):
        assert told == "empty" or told.startswith(("the ", "an "))
    else:
        assert item.metadata["read"](told) == item.default


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("USI_FED_DOMAIN = 'union.example'", "is not a setting of USI Fed: write domain."),
        ("Domain = 'union.example'", "is not a setting of USI Fed: write domain."),
        ("config = 'other.toml'", "is not a setting of USI Fed: see docs/admin/settings.md."),
        ("colour = 'red'", "is not a setting of USI Fed: see docs/admin/settings.md."),
    ],
)
def test_a_name_in_the_file_that_is_none_is_told_as_it_was_written(tmp_path, line, told):
    path = tmp_path / "some.toml"
    path.write_text(line)
    (fault,) = faults_of({"USI_FED_CONFIG": str(path)})
    assert fault == f"{line.split()[0]} in {path} {told}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("name = 5", "must be text in quotation marks."),
        ("name = true", "must be text in quotation marks."),
        ("data_dir = ['var']", "must be text in quotation marks."),
        ("rate_limits = 1.5", "must be text, a whole number, true or false, or a list of texts."),
        (
            "trusted_proxies = {first = '10.0.0.0/8'}",
            "must be text, a whole number, true or false, or a list of texts.",
        ),
        ("trusted_proxies = [['10.0.0.0/8']]", "must be text, a whole number, true or false, or a list of texts."),
    ],
)
def test_a_value_in_the_file_of_another_type_is_a_fault(tmp_path, line, told):
    path = tmp_path / "some.toml"
    path.write_text(line)
    assert faults_of({"USI_FED_CONFIG": str(path)}) == [f"{line.split()[0]} in {path} {told}"]


def test_the_home_folder_may_be_written_short():
    assert load_settings({"USI_FED_DATA_DIR": "~/usi-fed"}).data_dir == Path.home() / "usi-fed"


@pytest.mark.parametrize("name", ["USI_FED_Domain", "USI_FED_USI_FED_DOMAIN"])
def test_a_name_in_the_environment_that_is_none_is_told_as_it_was_written(name):
    (fault,) = faults_of({name: "union.example"})
    assert fault.startswith(f"{name} is not a setting of USI Fed")
