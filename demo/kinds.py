"""Every kind of page that there is, for the pictures; `demo/scene.py` says what stands for the names in braces."""

FOR_EVERYBODY = (
    "/", "/about", "/@thandi", "/@thandi/{post}", "/@thandi/{article}", "/@thandi/{post}/history",
    "/@thandi/{post}/embed", "/@vertrauensleutevollversammlung",
    "/tags/railworkers", "/@thandi/qr", "/interact?uri={origin}/users/thandi",
    "/log-in", "/log-in/elsewhere", "/log-in/passkey", "/code", "/join", "/join/asked",
    "/join/{invitation}", "/join/{invitation}/elsewhere", "/account/deleted", "/design", "/forgotten",
    "/@vertrauensleutevollversammlung/{pictures}", "/@vertrauensleutevollversammlung/{arabic}",
    "/organisations", "/organisations?sector=transport", "/@workshop", "/@workshop/pages/how-to-join",
)  # fmt: skip
REFUSED = {"/nothing": 404, "/@thandi/{gone}": 410}
"""What everybody is told about instead of being shown a page, with the status."""
FOR_MEMBERS = (
    "/home", "/here", "/everywhere", "/notifications", "/search", "/search?q=maya", "/search?q=nothing-of-this-sort",
    "/messages", "/bookmarks", "/likes", "/requests", "/welcome", "/@thandi", "/@thandi/{post}", "/@maya@{server}",
    "/write", "/write?article", "/write?answer={post}", "/posts/{post}/edit", "/drafts", "/lists", "/lists/{list}",
    "/lists/{list}/edit", "/filters", "/filters/{filter}", "/hidden", "/people/{friend}/mute",
    "/people/{person}/report?post={theirs}", "/account", "/account/profile", "/account/privacy", "/account/export",
    "/account/import", "/account/import/{import}", "/account/import/profile", "/account/move", "/account/delete",
    "/account/ways", "/account/sessions", "/account/second-step", "/account/passkeys", "/account/second-password",
    "/account/notices", "/invitations", "/organisations", "/organisations/new", "/organisations/offers", "/@workshop",
    "/organisations/workshop", "/organisations/workshop/people", "/organisations/workshop/description",
    "/organisations/workshop/profile", "/organisations/workshop/pages", "/organisations/workshop/pages/new",
    "/organisations/workshop/log", "/organisations/workshop/affiliations", "/organisations/railunion/affiliations",
    "/oauth/authorize?client_id={program}&response_type=code&redirect_uri=urn:ietf:wg:oauth:2.0:oob&scope=read+write",
)  # fmt: skip
FOR_ADMINISTRATORS = (
    "/administration", "/administration/server", "/administration/look", "/administration/rules",
    "/administration/set-up/name", "/administration/set-up/language", "/administration/set-up/look",
    "/administration/set-up/people", "/administration/set-up/contact", "/administration/set-up/invitation",
    "/administration/set-up/backup", "/administration/invitations", "/administration/queue", "/administration/storage",
    "/administration/accounts", "/administration/trust", "/administration/backups", "/administration/health",
    "/administration/keys", "/@thandi/{post}/departures",
)  # fmt: skip
FOR_OFFICERS = (
    "/moderation", "/moderation/reports", "/moderation/reports/{report}", "/moderation/people",
    "/moderation/people/{person}", "/moderation/people/{person}/shut-out", "/moderation/people/{person}/role",
    "/moderation/people/{person}/warn", "/moderation/people/{person}/applications",
    "/moderation/people/{person}/delete",
    "/moderation/waiting", "/moderation/waiting/{waiting}", "/moderation/servers",
    "/moderation/server?domain=spam.example", "/moderation/rules", "/moderation/lists", "/moderation/lists/{csv}",
    "/moderation/log", "/moderation/vouch",
)  # fmt: skip
FOR_NEWCOMERS = (
    "/home", "/notifications", "/messages", "/bookmarks", "/likes", "/lists", "/filters", "/hidden", "/drafts",
    "/requests", "/account/sessions", "/welcome", "/@newcomer",
)  # fmt: skip
"""What is still empty."""
REFUSED_TO_MEMBERS = {"/administration": 403}
