import asyncio
import smtplib
from dataclasses import replace

import pytest

from tests.post_office import open_post_office
from tests.servers import free_port
from usi_fed.config import Settings
from usi_fed.mail import CANNOT_SEND, Mailer
from usi_fed.upkeep.doctor import check_mail
from usi_fed.upkeep.findings import Grade

SETTINGS = Settings(domain="union.example", name="Hafen, Süd", mail_from="office@union.example")


async def test_a_mail_arrives_as_it_was_written():
    async with open_post_office() as office:
        await Mailer(replace(SETTINGS, mail_url=office.url)).send("ana@home.example", "Grüße", "Zeile\n.\nEnde\n")
    [mail] = office.mails
    [sender] = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Hafen, Süd", "office@union.example")
    assert (mail["To"], mail["Subject"]) == ("ana@home.example", "Grüße")
    assert mail.get_content().splitlines() == ["Zeile", "..", "Ende"]  # a dot is doubled on the way
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@union.example>")
    assert mail["Date"]


async def test_what_cannot_be_sent_is_one_of_the_errors_that_are_expected():
    with pytest.raises(CANNOT_SEND):
        await Mailer(replace(SETTINGS, mail_url=f"smtp://127.0.0.1:{free_port()}")).send("a@b.example", "x", "x")
    async with open_post_office() as office:
        office.refused.add("ana@home.example")
        mailer = Mailer(replace(SETTINGS, mail_url=office.url))
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await mailer.send("ana@home.example", "x", "x")
        with pytest.raises(CANNOT_SEND):
            await mailer.send("ana@home.example\r\nBcc: eve@home.example", "x", "x")
    assert office.mails == []


async def test_the_doctor_sends_a_mail_only_when_it_is_told_where():
    async with open_post_office() as office:
        settings = replace(SETTINGS, mail_url=office.url)
        assert (await asyncio.to_thread(check_mail, settings)).grade == Grade.OK
        assert office.mails == []
        assert (
            "took a mail to ana@home.example"
            in (await asyncio.to_thread(check_mail, settings, "ana@home.example")).sentence
        )
        assert office.mails[0]["To"] == "ana@home.example"
        office.refused.add("ben@home.example")
        assert "takes no mail to ben" in (await asyncio.to_thread(check_mail, settings, "ben@home.example")).sentence
