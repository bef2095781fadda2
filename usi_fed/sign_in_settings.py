"""Which services besides this server may say who somebody is, as the operator has set them: `[sign_in.NAME]`.

In the file each is a table; in the environment each is a JSON object with its `name`, separated by commas.
What is raised here never repeats a value: one of them is a secret.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from usi_fed.setting_values import web_address

LONGEST_TITLE = 60
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_ADDRESSES = ("issuer", "authorize_url", "token_url", "user_url")
_NEEDED = {"oidc": ("issuer",), "oauth2": ("authorize_url", "token_url", "user_url")}
_USELESS = {
    "oidc": ("authorize_url", "token_url", "user_url", "id_field", "name_field", "picture_field"),
    "oauth2": ("issuer",),
}


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that people may sign in with. `title` is what people call it.

    An `oidc` one says at its `issuer` all that is to be known; of an `oauth2` one the three addresses are given, and
    in which fields of the answer of `user_url` the number, the name and the picture's address of a person are
    (`a.b`: field b of field a). With `joins` its people may make accounts without an invitation. With `claim` only
    those come in of whom the service says so: the field must be, or hold, `claim_value`.
    """

    name: str
    kind: Literal["oidc", "oauth2"]
    title: str
    client_id: str
    client_secret: str = field(repr=False)
    issuer: str = ""
    authorize_url: str = ""
    token_url: str = ""
    user_url: str = ""
    scopes: str = ""
    id_field: str = "id"
    name_field: str = "name"
    picture_field: str = ""
    joins: bool = False
    claim: str = ""
    claim_value: str = ""

    @property
    def addresses(self) -> list[str]:
        """Every address that it is reached at."""
        return [address for name in _ADDRESSES if (address := getattr(self, name))]

    def as_json(self) -> str:
        """The provider in the words of the environment, its secret included."""
        usual = {item.name: item.default for item in fields(self)}
        return json.dumps({name: value for name, value in asdict(self).items() if value != usual[name]})


_TEXTS = frozenset(item.name for item in fields(Provider)) - {"joins"}


def providers(text: str) -> tuple[Provider, ...]:
    """The services, in the order in which they are given.

    Raises:
        ValueError: with all that is wrong.
    """
    try:
        rows = json.loads(f"[{text}]")
    except ValueError:
        raise ValueError('must be JSON objects such as {"name": "sso", "kind": "oidc", ...}, with commas') from None
    faults: list[str] = []
    found = [_provider(row, faults) for row in rows]
    names = [one.name for one in found if one]
    faults += sorted({f"there is more than one {name}" for name in names if names.count(name) > 1})
    if faults:
        raise ValueError(f"cannot be used: {'; '.join(faults)}")
    return tuple(one for one in found if one)


def from_tables(tables: object) -> str:
    """The tables of the settings file in the words of the environment.

    Raises:
        ValueError: they are no tables.
    """
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ValueError("must be tables such as [sign_in.sso]")
    return ",".join(json.dumps({**table, "name": name}, default=str) for name, table in tables.items())


def _provider(row: object, faults: list[str]) -> Provider | None:
    if not isinstance(row, dict) or not _NAME.fullmatch(str(row.get("name", ""))):
        faults.append("each must have a name of small letters, digits and hyphens, of at most 30")
        return None
    wrong = _faults_of(row)
    faults += [f"{row['name']}: {words}" for words in wrong]
    return None if wrong else Provider(**{**row, "scopes": _scopes(row)})


def _faults_of(row: Mapping[str, Any]) -> list[str]:
    wrong = [f"{name} is nothing that can be set" for name in sorted(row.keys() - _TEXTS - {"joins"})]
    for name in sorted(row.keys() & _TEXTS):
        is_list = name == "scopes" and isinstance(row[name], list)
        if not isinstance(row[name], str) and not is_list:
            wrong.append(f"{name} must be text in quotation marks")
    if not isinstance(row.get("joins", False), bool):
        wrong.append("joins must be true or false")
    if str(row.get("kind")) not in _NEEDED:
        return [*wrong, "kind must be oidc or oauth2"]
    needed = ("title", "client_id", "client_secret", *_NEEDED[row["kind"]])
    wrong += [f"{name} is missing" for name in needed if not row.get(name)]
    wrong += [f"{name} is not for {row['kind']}" for name in _USELESS[row["kind"]] if row.get(name)]
    if bool(row.get("claim")) != bool(row.get("claim_value")):
        wrong.append("claim and claim_value belong together")
    if len(str(row.get("title", ""))) > LONGEST_TITLE:
        wrong.append(f"title may have at most {LONGEST_TITLE} characters")
    return wrong + [f"{name} {words}" for name in _ADDRESSES if (words := _fault_of_address(row.get(name)))]


def _fault_of_address(value: object) -> str:
    if not value or not isinstance(value, str):
        return ""
    try:
        web_address(value)
    except ValueError:
        return "must be an address such as https://login.union.example"
    return "must not have a # in it" if "#" in value else ""


def _scopes(row: Mapping[str, Any]) -> str:
    """Separated by spaces; OpenID Connect is not OpenID Connect without `openid`."""
    given = row.get("scopes") or ("openid profile" if row["kind"] == "oidc" else "")
    scopes = [str(scope) for scope in given] if isinstance(given, list) else given.split()
    if row["kind"] == "oidc" and "openid" not in scopes:
        scopes = ["openid", *scopes]
    return " ".join(scopes)
