import asyncio
import base64
import http.server
import socket
import socketserver
import ssl
import struct
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.actors.factories import add_local
from tests.servers import create_database, free_port
from usi_fed.accounts.tables import accounts
from usi_fed.config import Settings
from usi_fed.db.engine import open_database
from usi_fed.inbox.receipts import NewReceipt, store_receipts
from usi_fed.upkeep import doctor, seen_from_outside
from usi_fed.upkeep.findings import Grade
from usi_fed.upkeep.snapshot import with_transaction

PUBLIC = Settings(domain="union.example", contact_email="admin@union.example")
ONION = "ebmabcjjh5itbjjrnbceiqf67zkamklgttson3kplbbhor444h27lwqd.onion"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ---- this machine ----


@pytest.mark.parametrize(
    ("change", "grade", "word"),
    [
        ({}, Grade.OK, "https://union.example"),
        ({"domain": "localhost:8000"}, Grade.WARNING, "nobody else can reach it"),
        ({"scheme": "http"}, Grade.FAULT, "other servers refuse"),
        ({"contact_email": ""}, Grade.WARNING, "contact"),
    ],
)
def test_settings(change, grade, word):
    found = doctor.check_settings(replace(PUBLIC, **change))
    assert found.grade == grade
    assert word in found.sentence


@pytest.mark.parametrize(
    ("name", "grade"),
    [
        (ONION, Grade.OK),
        (ONION.replace("jjh5", "jjh6"), Grade.WARNING),
        ("abcdefghijklmnop.onion", Grade.WARNING),
        ("abc.onion", Grade.WARNING),
    ],
)
def test_an_onion_address_that_is_mistyped_or_too_old_is_found_out(name, grade):
    found = doctor.check_onion(name)
    assert (found.grade, name in found.sentence) == (grade, True)


def test_the_doctor_looks_at_an_onion_address_only_where_there_is_one(tmp_path):
    def told(onion):
        return [one.sentence for one in islice(doctor.examine(Settings(data_dir=tmp_path, onion=onion)), 3)]

    assert any(ONION in sentence for sentence in told(ONION))
    assert not any("Tor" in sentence for sentence in told(""))


def test_a_server_for_trying_out_that_has_people_is_told_to_begin_another():
    local = replace(PUBLIC, domain="localhost:8000")
    assert "nobody has an account yet" in doctor.check_settings(local).remedy
    assert "USI_FED_DATA_DIR to a new folder" in doctor.check_settings(local, has_people=True).remedy


def test_whether_anybody_has_an_account_is_seen(database_url, tmp_path):
    settings = replace(PUBLIC, database_url=database_url)
    assert not doctor.has_people(replace(PUBLIC, data_dir=tmp_path / "none"))
    assert not doctor.has_people(settings)

    def add(connection):
        connection.execute(accounts.insert().values(actor_id=add_local(connection, "ana").id, created_at=NOW))

    with_transaction(database_url, add)
    assert doctor.has_people(settings)


def test_a_server_that_nobody_administers_is_a_warning(database_url, tmp_path):
    settings = replace(PUBLIC, database_url=database_url)
    assert list(doctor.check_administrator(replace(PUBLIC, data_dir=tmp_path / "none"))) == []

    def add(connection, name, role):
        values = {"actor_id": add_local(connection, name).id, "role": role, "created_at": NOW}
        connection.execute(accounts.insert().values(values))

    with_transaction(database_url, lambda connection: add(connection, "ana", "member"))
    [found] = doctor.check_administrator(settings)
    assert found.grade == Grade.WARNING and "usi-fed account role NAME admin" in found.remedy
    with_transaction(database_url, lambda connection: add(connection, "ben", "admin"))
    assert [found.grade for found in doctor.check_administrator(settings)] == [Grade.OK]


def test_a_folder_of_ours_alone_is_right(tmp_path):
    tmp_path.chmod(0o700)
    assert doctor.check_folder(tmp_path).grade == Grade.OK


def test_a_folder_that_others_can_look_into_is_a_warning(tmp_path):
    tmp_path.chmod(0o755)
    assert doctor.check_folder(tmp_path).remedy == f"Run `chmod 700 {tmp_path}`."


def test_a_missing_folder_is_a_fault(tmp_path):
    assert doctor.check_folder(tmp_path / "none").grade == Grade.FAULT


def test_a_folder_that_is_a_file_is_a_fault(tmp_path):
    (tmp_path / "var").touch()
    assert doctor.check_folder(tmp_path / "var").sentence == f"{tmp_path / 'var'} is not a directory."


def test_a_secret_that_others_can_read_is_named(tmp_path):
    for name, mode in (("master.key", 0o600), ("usi-fed.db", 0o644)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    found = doctor.check_secrets(tmp_path)
    assert found.grade == Grade.FAULT
    assert found.remedy == f"Run `cd {tmp_path}; chmod 600 usi-fed.db`."
    (tmp_path / "usi-fed.db").chmod(0o600)
    assert doctor.check_secrets(tmp_path).grade == Grade.OK


@pytest.mark.parametrize(("free", "grade"), [(50 << 20, Grade.FAULT), (500 << 20, Grade.WARNING), (5 << 30, Grade.OK)])
def test_disk(tmp_path, free, grade):
    assert doctor.check_disk(tmp_path, lambda folder: free).grade == grade


def test_the_disk_of_a_folder_that_is_not_there_yet_is_measured(tmp_path):
    assert doctor.free_bytes(tmp_path / "not" / "yet") > 0


# ---- what we depend on ----


def test_a_database_with_our_tables_is_right(database_url):
    assert doctor.check_database(replace(PUBLIC, database_url=database_url)).grade == Grade.OK


def test_work_that_nobody_does_is_seen(database_url):
    """As on a server with a broker whose worker was forgotten."""
    arrived = NewReceipt("https://a.example/ana", "https://a.example/1", "Create", b"{}", None, NOW)
    with_transaction(database_url, lambda connection: store_receipts(connection, [arrived], NOW))
    found = doctor.check_database(replace(PUBLIC, database_url=database_url))
    assert (found.grade, "2026-05-01 12:00" in found.sentence) == (Grade.WARNING, True)
    assert "usi-fed worker" in found.remedy


def test_a_database_without_them_says_what_to_run(tmp_path):
    async def make_empty():
        database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
        await database.open()
        await database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE other (x)").close())
        await database.close()

    asyncio.run(make_empty())
    found = doctor.check_database(replace(PUBLIC, database_url=f"sqlite:///{tmp_path / 'empty.db'}"))
    assert (found.grade, found.remedy) == (Grade.FAULT, "Run `usi-fed migrate`.")


@pytest.mark.postgresql
def test_an_empty_database_is_no_fault(postgres):
    url = create_database(postgres, "as_it_was_made")
    found = doctor.check_database(replace(PUBLIC, database_url=url))
    assert (found.grade, found.sentence) == (Grade.WARNING, "The database is empty.")
    assert "usi-fed migrate" in found.remedy


def test_a_database_that_is_no_database_is_a_fault(tmp_path):
    (tmp_path / "bad.db").write_bytes(b"this is not a database" * 100)
    found = doctor.check_database(replace(PUBLIC, database_url=f"sqlite:///{tmp_path / 'bad.db'}"))
    assert found.grade == Grade.FAULT
    assert "file is not a database" in found.sentence


def test_a_database_server_that_is_away_is_a_fault():
    url = f"postgresql+asyncpg://usi:s3cret@127.0.0.1:{free_port()}/x"
    found = doctor.check_database(replace(PUBLIC, database_url=url))
    assert found.grade == Grade.FAULT
    assert "s3cret" not in found.sentence


def test_no_database_yet_is_only_a_warning(tmp_path):
    assert doctor.check_database(replace(PUBLIC, data_dir=tmp_path)).grade == Grade.WARNING


@pytest.mark.valkey
def test_a_broker_that_answers_is_right(valkey_url):
    assert doctor.check_broker(valkey_url) == doctor.ok("The broker answers.")


def test_a_broker_that_is_away_is_a_fault_and_none_is_none():
    assert doctor.check_broker(f"redis://127.0.0.1:{free_port()}/0").grade == Grade.FAULT
    assert doctor.check_broker("").grade == Grade.OK


class Mail(socketserver.StreamRequestHandler):
    """A mail server that knows one password."""

    def handle(self):
        self.wfile.write(b"220 mail.example\r\n")
        for line in self.rfile:
            word = line.split()[0].upper()
            if word == b"EHLO":
                self.wfile.write(b"250-mail.example\r\n250 AUTH PLAIN\r\n")
            elif word == b"AUTH":
                right = line.split()[2] == b"AHVzaQByaWdodA=="  # usi, right
                self.wfile.write(b"235 ok\r\n" if right else b"535 no\r\n")
            else:
                self.wfile.write(b"221 bye\r\n")


@pytest.mark.parametrize(
    ("password", "grade", "word"),
    [("right", Grade.OK, "takes our mail"), ("wrong", Grade.FAULT, "refuses our name or password")],
)
def test_mail(password, grade, word):
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)) as port:
        found = doctor.check_mail(replace(PUBLIC, mail_url=f"smtp://usi:{password}@127.0.0.1:{port}"))
    assert found.grade == grade
    assert word in found.sentence


def test_a_mail_server_that_is_away_is_a_fault_and_none_is_none():
    assert doctor.check_mail(replace(PUBLIC, mail_url=f"smtp://127.0.0.1:{free_port()}")).grade == Grade.FAULT
    assert doctor.check_mail(PUBLIC).grade == Grade.OK


class Time(socketserver.BaseRequestHandler):
    """A time server at which it is always the same time."""

    def handle(self):
        seconds = int((NOW - seen_from_outside.NTP_EPOCH).total_seconds())
        self.request[1].sendto(bytes(40) + struct.pack("!II", seconds, 0), self.client_address)


@pytest.mark.parametrize(
    ("skew", "grade"), [(0, Grade.OK), (-30, Grade.WARNING), (30, Grade.WARNING), (3600, Grade.FAULT)]
)
def test_clock(skew, grade):
    with serving(socketserver.UDPServer(("127.0.0.1", 0), Time)) as port:
        found = seen_from_outside.check_clock(("127.0.0.1", port), lambda: NOW + timedelta(seconds=skew))
    assert found.grade == grade


def test_without_a_time_server_the_clock_is_not_judged():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as shut:
        shut.bind(("127.0.0.1", 0))
        address = shut.getsockname()
    found = seen_from_outside.check_clock(address)
    assert found.grade == Grade.WARNING
    assert "not checked" in found.sentence


# ---- seen from outside ----


def test_a_name_for_this_machine_only_is_a_fault():
    assert "not a public address" in seen_from_outside.check_name("localhost:8000").sentence


def test_a_name_that_leads_nowhere_is_a_fault():
    assert "leads nowhere" in seen_from_outside.check_name("nowhere.invalid").sentence


class Alive(http.server.BaseHTTPRequestHandler):
    """Answers as the server does."""

    body = b"alive\n"

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *arguments):
        """Say nothing."""


class Other(Alive):
    body = b"<h1>It works!</h1>"


@pytest.fixture
def certified(tmp_path):
    """Two TLS contexts, the server's and its client's, with a certificate that ends after some days."""

    def make(days):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=30)).not_valid_after(now + timedelta(days=days))
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / "pem").write_bytes(secret + certificate)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tmp_path / "pem")
        return server, ssl.create_default_context(cadata=certificate.decode())

    return make


def visited(server_context, client_context, handler=Alive):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = server_context.wrap_socket(server.socket, server_side=True)
    with serving(server) as port:
        return seen_from_outside.check_front_door(f"https://localhost:{port}", client_context)


def test_a_server_with_a_good_certificate_is_right(certified):
    assert visited(*certified(60)).grade == Grade.OK


def test_a_certificate_that_ends_soon_is_a_warning(certified):
    assert visited(*certified(5)).sentence.startswith("The certificate ends on")


def test_a_certificate_that_has_ended_is_a_fault(certified):
    assert "certificate has expired" in visited(*certified(-1)).sentence


def test_a_certificate_of_nobody_known_is_a_fault(certified):
    server, _ = certified(60)
    assert visited(server, ssl.create_default_context()).grade == Grade.FAULT


def test_another_program_behind_the_name_is_a_fault(certified):
    assert "not from this program" in visited(*certified(60), Other).sentence


def test_a_shut_door_is_a_fault():
    assert "does not answer" in seen_from_outside.check_front_door(f"http://127.0.0.1:{free_port()}").sentence


def test_examining_a_new_server_finds_no_more_than_its_age(tmp_path):
    tmp_path.chmod(0o700)
    grades = [finding.grade for finding in doctor.examine(Settings(data_dir=tmp_path))]
    assert Grade.FAULT not in grades


def test_a_database_that_is_away_makes_nobody_remove_the_data(tmp_path):
    """Whether somebody has an account is not known then."""
    away = Settings(data_dir=tmp_path, database_url="postgresql+asyncpg://u:p@127.0.0.1:1/x")
    advice = next(doctor.examine(away)).remedy
    assert "remove" not in advice


def test_a_mail_that_cannot_be_sent_is_not_passed_over():
    found = doctor.check_mail(PUBLIC, "ana@union.example")
    assert (found.grade, "No mail was sent to ana@union.example" in found.sentence) == (Grade.FAULT, True)


def test_a_master_key_that_others_can_read_is_named_with_the_remedy(sqlite_url, tmp_path):
    settings = replace(PUBLIC, data_dir=tmp_path, database_url=sqlite_url)
    settings.master_key_file.write_bytes(base64.b64encode(bytes(32)) + b"\n")
    settings.master_key_file.chmod(0o644)
    found = doctor.check_master_key(settings)
    assert found.grade == Grade.FAULT
    assert "is open to other users" in found.sentence
    assert f"chmod 600 {settings.master_key_file}" in found.remedy
    settings.master_key_file.chmod(0o600)
    assert doctor.check_master_key(settings).grade == Grade.OK
