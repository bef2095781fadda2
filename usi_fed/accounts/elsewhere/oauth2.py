"""A service that the operator has set and that speaks OAuth 2 alone, such as Facebook: who somebody is, it says at an
address of its own, in fields of its own.

Spec: RFC 6749 section 4.1, RFC 7636
"""

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from usi_fed.accounts.elsewhere.model import Identity, Kind, Passage, Profile
from usi_fed.accounts.elsewhere.oidc import not_entitled
from usi_fed.accounts.elsewhere.reading import label_of, says, subject_of, text_of, token_of
from usi_fed.activitypub.addresses import origin_of
from usi_fed.activitypub.client import Client
from usi_fed.sign_in_settings import Provider
from usi_fed.text.plain import clean_name


class OauthProvider:
    """One service. Its people are known by the origin of `user_url`, so that another service has none of theirs."""

    kind: Kind = "oauth2"

    def __init__(self, provider: Provider, client: Client) -> None:
        self._provider = provider
        self._client = client
        self.key = provider.name
        self.issuer = origin_of(provider.user_url) or provider.user_url
        self.title = provider.title
        self.joins = provider.joins

    async def authorization(self, passage: Passage) -> str:
        """The address there on which somebody agrees."""
        address: str = prepare_grant_uri(
            self._provider.authorize_url,
            self._provider.client_id,
            "code",
            passage.redirect_uri,
            self._provider.scopes or None,
            passage.state,
            code_challenge=create_s256_code_challenge(passage.verifier),
            code_challenge_method="S256",
        )
        return address

    async def identify(self, passage: Passage, code: str) -> Identity:
        """Who came back with this code.

        Raises:
            RemoteRefused, RemoteUnavailable: the service does not say so, or does not answer.
            NotAllowed: it does not say of them what the operator demands.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": passage.redirect_uri,
            "code_verifier": passage.verifier,
            "client_id": self._provider.client_id,
            "client_secret": self._provider.client_secret,
        }
        answer = (await self._client.call(self._provider.token_url, form, is_chosen=True)).document()
        bearer = f"Bearer {token_of(answer)}"
        person = (await self._client.call(self._provider.user_url, authorization=bearer, is_chosen=True)).document()
        subject = subject_of(person, self._provider.id_field)
        if self._provider.claim and not says(person, self._provider.claim, self._provider.claim_value):
            raise not_entitled(self.title)
        name = clean_name(text_of(person, self._provider.name_field), 100)
        picture = text_of(person, self._provider.picture_field) if self._provider.picture_field else ""
        return Identity(
            self.kind, self.issuer, subject, label_of(self.title, name), Profile(name=name, picture=picture)
        )
