"""The OAuth methods that programs call: register, get a token, revoke it, find out how.

Spec: RFC 6749, RFC 7009, RFC 8414; ../shared/mastodon-api/clients.md section 1
"""

from typing import Any

import msgspec

from usi_fed.accounts.authorization import Answer, issue_token, register_application, revoke_token
from usi_fed.accounts.model import Application
from usi_fed.accounts.scopes import DEFAULT_SCOPES, SUPPORTED_SCOPES, are_known
from usi_fed.accounts.token_store import find_applications
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.accounts import avatar_url
from usi_fed.api.methods import Method, for_applications, for_people, open_to_all
from usi_fed.errors import InvalidInput, NotFound

LONGEST_NAME = 200


class NewApplication(msgspec.Struct):
    """What a program says of itself."""

    client_name: str
    redirect_uris: list[str] | str
    scopes: str | list[str] = DEFAULT_SCOPES
    website: str | None = None


async def create_app(call: Call) -> dict[str, Any]:
    """POST /api/v1/apps"""
    asked = await call.read(NewApplication)
    scopes = " ".join(asked.scopes) if isinstance(asked.scopes, list) else asked.scopes
    if not asked.client_name.strip() or len(asked.client_name) > LONGEST_NAME:
        raise InvalidInput("client_name", f"must have 1 to {LONGEST_NAME} characters")
    if not are_known(scopes):
        raise InvalidInput("scopes", f"must be some of {' '.join(SUPPORTED_SCOPES)}")
    if asked.website and not asked.website.startswith(("https://", "http://")):
        raise InvalidInput("website", "must be a web address")
    # A single string may hold several addresses, one a line.
    uris = [line for text in asked.redirect_uris for line in text.split()]
    application, secret = await call.house.database.write(
        register_application,
        asked.client_name.strip(),
        list(dict.fromkeys(uris)),
        " ".join(scopes.split()),
        asked.website or None,
        call.house.clock(),
    )
    return _application(application) | {
        "client_id": application.client_id,
        "client_secret": secret,
        "client_secret_expires_at": 0,
    }


async def verify_app_credentials(call: Call) -> dict[str, Any]:
    """GET /api/v1/apps/verify_credentials"""
    application_id = call.credential.application_id if call.credential else None
    found = await call.house.database.read(find_applications, {application_id or 0})
    if application_id not in found:
        raise NotFound("the token has no application")
    return _application(found[application_id])


async def token(call: Call) -> Reply:
    """POST /oauth/token"""
    form, authorization = await _form(call)
    answer = await call.house.database.write(issue_token, form, authorization, call.house.clock())
    if isinstance(answer.body, dict) and answer.body.get("error") == "invalid_grant":
        call.house.accounts.forget_tokens()  # a code that came again ends the token it gave
    return _reply(answer)


async def revoke(call: Call) -> Reply:
    """POST /oauth/revoke"""
    form, authorization = await _form(call)
    answer = await call.house.database.write(revoke_token, form, authorization, call.house.clock())
    call.house.accounts.forget_tokens()
    return _reply(answer)


async def userinfo(call: Call) -> dict[str, Any]:
    """GET /oauth/userinfo"""
    actor = await call.house.database.read(get_actor, call.person_id)
    return {
        "iss": f"{call.house.urls.origin}/",
        "sub": actor.uri,
        "name": actor.name or actor.username,
        "preferred_username": actor.username,
        "profile": call.house.urls.profile(actor.username),
        "picture": avatar_url(actor, call.house.urls),
    }


async def metadata(call: Call) -> dict[str, Any]:
    """GET /.well-known/oauth-authorization-server. Spec: RFC 8414"""
    origin = call.house.urls.origin
    return {
        "issuer": f"{origin}/",
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "userinfo_endpoint": f"{origin}/oauth/userinfo",
        "app_registration_endpoint": f"{origin}/api/v1/apps",
        "scopes_supported": list(SUPPORTED_SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }


async def _form(call: Call) -> tuple[dict[str, str], str | None]:
    """The flat fields of an OAuth request, from a form or JSON, and the Authorization header."""
    fields = {name: value for name, value in (await call.fields()).items() if isinstance(value, str)}
    return fields, call.request.headers.get("authorization")


def _reply(answer: Answer) -> Reply:
    return Reply(answer.body, answer.status, [("Cache-Control", "no-store"), ("Pragma", "no-cache")])


def _application(application: Application) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `Application`"""
    return {
        "id": str(application.id),
        "name": application.name,
        "website": application.website,
        "scopes": application.scopes.split(),
        "redirect_uri": "\n".join(application.redirect_uris),
        "redirect_uris": application.redirect_uris,
        # No Web Push yet: clients take an empty key as "not offered".
        "vapid_key": "",
    }


METHODS: list[Method] = [
    open_to_all("POST", "/api/v1/apps", create_app),
    for_applications("GET", "/api/v1/apps/verify_credentials", verify_app_credentials),
    open_to_all("POST", "/oauth/token", token),
    open_to_all("POST", "/oauth/revoke", revoke),
    for_people("GET", "/oauth/userinfo", userinfo, "profile"),
    for_people("POST", "/oauth/userinfo", userinfo, "profile"),
    open_to_all("GET", "/.well-known/oauth-authorization-server", metadata),
]
