"""Sealed notes on pages: keys, writing, opening, sharing, shredding, paper; and that nothing of it lies anywhere."""

import re

import pytest

from tests.pages.organisations.conftest import press
from tests.pages.signing import PASSWORD
from usi_fed.config import Settings
from usi_fed.outbox.tables import activities
from usi_fed.unions.memberships_store import put_membership
from usi_fed.unions.model import Membership

ROOM = "/organisations/dockers/sealed"
PHRASE = "seven cranes at the quay"
TEXT = "The foreman keeps a xylophone of names"


@pytest.fixture
def settings(tmp_path, sqlite_url):
    """One database: the SQL is tried out on both in tests/sealed."""
    return Settings(domain="union.example", data_dir=tmp_path, database_url=sqlite_url, rate_limits=False)


@pytest.fixture
async def mia(house, member, dockers):
    """A member without an office."""
    mia = await member("mia")
    row = Membership(dockers.id, mia.actor_id, "member", None, "", None, house.clock(), None)
    await house.database.write(put_membership, row)
    return mia


async def make_keys(browser):
    made = await press(browser, "/account/sealing", act="make", passphrase=PHRASE, again=PHRASE, password=PASSWORD)
    assert made.header("location") == "/account/sealing?done=1"


async def write(writer, reader, text=TEXT):
    fields = {"title": "Overtime", "text": text, f"reader-{reader.actor_id}": str(reader.actor_id)}
    return await press(writer, f"{ROOM}/write", **fields)


async def test_a_member_writes_an_officer_opens_for_a_while_and_both_leave_nothing_behind(house, ada, mia, tmp_path):
    await make_keys(ada)
    form = {"title": "Overtime", "text": TEXT, f"reader-{ada.actor_id}": str(ada.actor_id)}
    page = await mia.get(f"{ROOM}/write")
    assert "who runs this server" in page.text and "Signal" in page.text
    sent = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text.partition(f'action="{ROOM}')[2]))
    for _ in range(2):  # a press too many
        assert (await mia.post(f"{ROOM}/write", sent | form)).header("location") == f"{ROOM}/write?done=1"
    closed = await ada.get(ROOM)
    assert "1 note is sealed for you." in closed.text and TEXT not in closed.text
    assert closed.header("cache-control") == "no-store"
    wrong = await press(ada, ROOM, act="unlock", passphrase="another phrase of words")
    assert (wrong.status, "does not open it" in wrong.text) == (403, True)
    opened = await press(ada, ROOM, act="unlock", passphrase=PHRASE)
    cookie = next(value for name, value in opened.headers if name == "set-cookie")
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Max-Age=900" in cookie
    shown = await ada.get(ROOM)
    assert TEXT in shown.text and shown.header("cache-control") == "no-store"
    locked = await press(ada, ROOM, act="lock")
    assert locked.status == 303 and TEXT not in (await ada.get(ROOM)).text
    assert await house.database.read(lambda connection: connection.execute(activities.select()).all()) == []
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for word in ("xylophone", "Overtime", "seven cranes"):
        assert word.encode() not in kept


async def test_whoever_does_not_belong_finds_nothing_and_a_late_form_gives_nothing_back(member, mia, dockers, browser):
    eve, olga = await member("eve"), await member("olga", role="admin")
    for room in ("", "/write", "/paper"):
        for one in (eve, olga):
            assert (await one.get(ROOM + room)).status == 404
        assert (await browser.get(ROOM + room)).status == 303
    assert (await mia.get(f"{ROOM}/paper")).status == 404
    assert (await mia.get("/organisations/dockers")).status == 404
    mia.cookies.pop("__Host-session")
    late = await mia.post(f"{ROOM}/write", {"title": "Overtime", "text": TEXT, "form_token": "old"})
    assert late.status == 403 and TEXT not in late.text
    late = await mia.post("/account/sealing", {"passphrase": PHRASE, "form_token": "old"})
    assert late.status == 403 and PHRASE not in late.text


async def test_a_note_is_shared_with_another_reader_and_shredded_for_all(member, ada, mia, dockers, office):
    tess = await member("tess")
    await office(dockers, tess, "treasurer")
    for one in (ada, tess):
        await make_keys(one)
    await write(mia, ada)
    for one in (ada, tess):
        await press(one, ROOM, act="unlock", passphrase=PHRASE)
    assert TEXT not in (await tess.get(ROOM)).text
    page = (await ada.get(ROOM)).text
    note = re.search(r'name="note" value="(\d+)"', page)[1]
    assert (await press(ada, ROOM, act="share", note=note, **{"with": str(tess.actor_id)})).status == 303
    assert TEXT in (await tess.get(ROOM)).text
    assert (await press(mia, ROOM, act="shred", note=note)).status == 303
    assert TEXT in (await ada.get(ROOM)).text
    assert (await press(tess, ROOM, act="shred", note=note)).status == 303
    assert TEXT not in (await ada.get(ROOM)).text


async def test_signing_out_and_leaving_quickly_close_what_is_open(house, ada, mia):
    await make_keys(ada)
    await write(mia, ada)
    for way in ("/log-out", "/leave"):
        await press(ada, ROOM, act="unlock", passphrase=PHRASE)
        opening = ada.cookies["__Host-sealed"]
        assert await house.sealed_notes.opened(ada.actor_id, opening) is not None
        gone = await press(ada, "/account", way)
        taken = [value for name, value in gone.headers if name == "set-cookie" and "sealed=;" in value]
        assert taken and await house.sealed_notes.opened(ada.actor_id, opening) is None
        ada.cookies["__Host-session"] = await house.accounts.open_session(ada.actor_id)


async def test_the_key_on_paper_is_shown_once_and_opens_what_was_written_since(house, ada, mia, tmp_path):
    await make_keys(ada)
    made = await press(ada, f"{ROOM}/paper", act="make")
    paper = re.search(r'<code dir="ltr">([^<]+)</code>', made.text)[1]
    assert made.header("cache-control") == "no-store" and paper not in (await ada.get(f"{ROOM}/paper")).text
    await write(mia, ada)
    assert TEXT in (await press(ada, f"{ROOM}/paper", act="open", paper=paper)).text
    assert (await press(ada, f"{ROOM}/paper", act="open", paper="0000")).status == 403
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert paper.encode() not in kept and b"xylophone" not in kept


async def test_keys_need_the_password_and_new_ones_the_word_that_old_notes_stay_closed(ada, mia):
    page = "/account/sealing"
    asked = {"act": "make", "passphrase": PHRASE, "again": PHRASE}
    assert (await press(ada, page, **asked, password="wrong")).status == 403
    assert (await press(ada, page, **asked | {"again": "other"}, password=PASSWORD)).status == 422
    await make_keys(ada)
    await write(mia, ada)
    assert (await press(ada, page, **asked, password=PASSWORD)).status == 422
    other = "nine gulls over the harbour"
    changed = await press(ada, page, act="change", old=PHRASE, passphrase=other, again=other)
    assert changed.status == 303
    await press(ada, ROOM, act="unlock", passphrase=other)
    assert TEXT in (await ada.get(ROOM)).text
    assert (await press(ada, page, **asked, password=PASSWORD, replace="1")).status == 303
    await press(ada, ROOM, act="unlock", passphrase=PHRASE)
    assert "Nothing here opens with your keys." in (await ada.get(ROOM)).text
