"""The services that an operator sets for signing in: tables in the file, JSON in the environment, and what is wrong."""

import json

import pytest

from tests.test_config import faults_of
from usi_fed.config import load_settings
from usi_fed.upkeep.backup import as_text

SSO = {
    "kind": "oidc",
    "title": "Union SSO",
    "issuer": "https://login.union.example",
    "client_id": "fed",
    "client_secret": "s3cret",
}
BOOK = {
    "kind": "oauth2",
    "title": "Book",
    "authorize_url": "https://book.example/authorize",
    "token_url": "https://book.example/token",
    "user_url": "https://book.example/me?fields=id,name",
    "client_id": "fed",
    "client_secret": "s3cret",
}


def given(*rows):
    return {"USI_FED_SIGN_IN": ",".join(json.dumps(row) for row in rows)}


def test_tables_of_the_file_are_read(tmp_path):
    file = tmp_path / "usi-fed.toml"
    file.write_text(
        'domain = "union.example"\n'
        "[sign_in.sso]\n"
        'kind = "oidc"\ntitle = "Union SSO"\nissuer = "https://login.union.example"\nclient_id = "fed"\n'
        'client_secret = "s3cret"\nscopes = ["profile", "membership"]\njoins = true\n'
        'claim = "membership"\nclaim_value = "active"\n'
        "[sign_in.book]\n"
        'kind = "oauth2"\ntitle = "Book"\nclient_id = "fed"\nclient_secret = "s3cret"\nid_field = "user.id"\n'
        'authorize_url = "https://b.example/a"\ntoken_url = "https://b.example/t"\nuser_url = "https://b.example/u"\n'
    )
    sso, book = load_settings({"USI_FED_CONFIG": str(file)}).sign_in
    assert (sso.name, sso.issuer, sso.scopes, sso.joins) == (
        "sso",
        "https://login.union.example",
        "openid profile membership",
        True,
    )
    assert (book.name, book.id_field, book.name_field, book.joins, book.scopes) == (
        "book",
        "user.id",
        "name",
        False,
        "",
    )


def test_the_environment_takes_json_and_wins():
    sso, book = load_settings(given({"name": "sso", **SSO}, {"name": "book", **BOOK})).sign_in
    assert (sso.title, sso.scopes, book.user_url) == ("Union SSO", "openid profile", BOOK["user_url"])


def test_what_a_backup_holds_can_be_read_again():
    settings = load_settings(given({"name": "sso", **SSO, "joins": True}, {"name": "book", **BOOK}))
    again = load_settings({f"USI_FED_{name.upper()}": value for name, value in as_text(settings).items()})
    assert again.sign_in == settings.sign_in


def test_no_secret_is_shown():
    settings = load_settings(given({"name": "sso", **SSO}))
    assert "s3cret" not in repr(settings)
    (fault,) = faults_of(given({"name": "sso", **SSO, "title": ""}))
    assert "s3cret" not in fault
    (fault,) = faults_of({"USI_FED_SIGN_IN": '{"client_secret": "s3cret"'})
    assert "s3cret" not in fault


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (SSO, "each must have a name"),
        ({"name": "S S O", **SSO}, "each must have a name"),
        ({"name": "_sso", **SSO}, "each must have a name"),
        ({"name": "sso", **SSO, "kind": "saml"}, "sso: kind must be oidc or oauth2"),
        ({"name": "sso", **SSO, "kind": ["oidc"]}, "sso: kind must be oidc or oauth2"),
        ({"name": "sso", **SSO, "issuer": ""}, "sso: issuer is missing"),
        ({"name": "sso", **SSO, "issuer": "login.union.example"}, "sso: issuer must be an address such as"),
        ({"name": "sso", **SSO, "issuer": "https://a.example/#x"}, "sso: issuer must not have a # in it"),
        ({"name": "sso", **SSO, "client_secret": 5}, "sso: client_secret must be text in quotation marks"),
        ({"name": "sso", **SSO, "joins": "yes"}, "sso: joins must be true or false"),
        ({"name": "sso", **SSO, "colour": "red"}, "sso: colour is nothing that can be set"),
        ({"name": "sso", **SSO, "token_url": "https://a.example"}, "sso: token_url is not for oidc"),
        ({"name": "sso", **SSO, "claim": "membership"}, "sso: claim and claim_value belong together"),
        ({"name": "sso", **SSO, "title": "x" * 61}, "sso: title may have at most 60 characters"),
        ({"name": "book", **BOOK, "token_url": ""}, "book: token_url is missing"),
        ({"name": "book", **BOOK, "issuer": "https://a.example"}, "book: issuer is not for oauth2"),
    ],
)
def test_what_is_wrong_is_told_by_the_name_of_the_service(row, words):
    (fault,) = faults_of(given(row))
    assert fault.startswith("USI_FED_SIGN_IN cannot be used: ")
    assert words in fault


def test_a_name_may_be_given_once():
    (fault,) = faults_of(given({"name": "sso", **SSO}, {"name": "sso", **SSO}))
    assert "there is more than one sso" in fault


def test_all_faults_of_all_services_are_told_at_once():
    (fault,) = faults_of(given({"name": "sso", **SSO, "issuer": ""}, {"name": "book", **BOOK, "title": ""}))
    assert "sso: issuer is missing; book: title is missing" in fault


@pytest.mark.parametrize("text", ["sso", "{", '{"name": "sso"', "[]"])
def test_what_is_no_json_is_told(text):
    (fault,) = faults_of({"USI_FED_SIGN_IN": text})
    assert fault.startswith("USI_FED_SIGN_IN ")


def test_a_table_that_is_none_is_told(tmp_path):
    file = tmp_path / "usi-fed.toml"
    file.write_text('sign_in = "google"')
    (fault,) = faults_of({"USI_FED_CONFIG": str(file)})
    assert fault == f"sign_in in {file} must be tables such as [sign_in.sso]."


def test_where_everything_is_encrypted_a_service_is_too():
    row = {"name": "sso", **SSO, "issuer": "http://login.union.example"}
    (fault,) = faults_of({"USI_FED_DOMAIN": "union.example", **given(row)})
    assert fault == "USI_FED_SIGN_IN: every address of sso must begin with https://."
