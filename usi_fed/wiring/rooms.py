"""The rooms, each built from what it needs."""

from contextlib import AsyncExitStack

from usi_fed.accounts.elsewhere.fediverse import ForeignApplications
from usi_fed.accounts.elsewhere.joining import JoiningElsewhere
from usi_fed.accounts.elsewhere.journeys import Journeys
from usi_fed.accounts.elsewhere.service import Elsewhere
from usi_fed.accounts.elsewhere.services import Services
from usi_fed.accounts.elsewhere.ways import Ways
from usi_fed.accounts.emails import Owners
from usi_fed.accounts.joining import Joining
from usi_fed.accounts.letters import Courier
from usi_fed.accounts.mailed_links import MailedLinks
from usi_fed.accounts.passkeys import Passkeys
from usi_fed.accounts.passwords import Passwords
from usi_fed.accounts.recovery import Recovery
from usi_fed.accounts.second_passwords import SecondPasswords
from usi_fed.accounts.second_step import SecondSteps
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.signing_in import SigningIn
from usi_fed.activitypub.client import Client
from usi_fed.actors.nodeinfo import NodeInfo
from usi_fed.background import Bells
from usi_fed.config import Settings
from usi_fed.db.leases import this_process
from usi_fed.groups.digests import Digests
from usi_fed.groups.moderators import watch_moderators
from usi_fed.groups.reports import reported
from usi_fed.groups.service import Groups
from usi_fed.health import count_usage
from usi_fed.inbox.asking import Asking
from usi_fed.inbox.backfill import Backfill
from usi_fed.inbox.endpoint import InboxEndpoint
from usi_fed.inbox.fetching import Fetching
from usi_fed.inbox.followers_check import FollowersCheck
from usi_fed.inbox.jobs import Receiver
from usi_fed.inbox.limits import hints_of_hosts
from usi_fed.inbox.pins import Pins
from usi_fed.inbox.provenance import Provenance
from usi_fed.inbox.quotes import Quotes
from usi_fed.inbox.resolving import Resolver
from usi_fed.mail import Mailer, Unsent
from usi_fed.media.cards import FOLDER as CARDS
from usi_fed.media.cards import CardBox
from usi_fed.media.process import MediaProcessor
from usi_fed.media.service import MediaLibrary
from usi_fed.moderation.approving import Approving
from usi_fed.moderation.blocklists import Blocklists
from usi_fed.moderation.service import Moderation
from usi_fed.moderation.vouching import Vouching
from usi_fed.outbox.delivery import Sender
from usi_fed.outbox.publish import Publisher
from usi_fed.outbox.served import ServedOutboxes
from usi_fed.pages.departures import Departures
from usi_fed.portability.acts import Acts
from usi_fed.portability.archive import Archives
from usi_fed.portability.importing import Imports
from usi_fed.portability.jobs import Importer
from usi_fed.portability.moving import Moving
from usi_fed.portability.offers import Offers
from usi_fed.portability.sheets import Sheets
from usi_fed.posts.served import ServedPosts
from usi_fed.posts.service import Limits as PostLimits
from usi_fed.posts.translating import translator_of
from usi_fed.queue import Job
from usi_fed.sealed.service import SealedNotes
from usi_fed.unions.acting import narrowed
from usi_fed.unions.acts import ACTS
from usi_fed.unions.affiliations import Affiliations
from usi_fed.unions.attesting import Attesting
from usi_fed.unions.concerned import concerned_by
from usi_fed.unions.neighbours import Neighbours
from usi_fed.unions.service import Unions
from usi_fed.unions.sites import Sites
from usi_fed.unions.trust import find_trust
from usi_fed.unions.witness import Witness
from usi_fed.upkeep.administration import Administration
from usi_fed.upkeep.backups import Backups
from usi_fed.upkeep.checkup import Checkup
from usi_fed.wiring.ground import Ground, People
from usi_fed.wiring.house import House


def furnish(ground: Ground, people: People, stack: AsyncExitStack) -> House:
    """Build every room."""
    settings, urls, clock, database, queue = (
        ground.settings,
        ground.urls,
        ground.clock,
        ground.database,
        ground.queue,
    )
    domains, client, actors, remote_actors = ground.domains, people.client, people.actors, people.remote_actors
    passwords = Passwords()
    second_passwords = SecondPasswords(database, passwords, ground.safe, clock)
    accounts = Accounts(
        database,
        passwords=passwords,
        second_passwords=second_passwords,
        rate_limits=settings.rate_limits,
        clock=clock,
        narrow=narrowed,
    )
    second_steps = SecondSteps(database, ground.safe, clock)
    signing_in = SigningIn(
        accounts, second_steps, second_passwords, database, rate_limits=settings.rate_limits, clock=clock
    )
    journeys = Journeys(database, ground.safe, clock)
    services = _services(ground, client)
    post_limits = PostLimits(characters=settings.post_characters)
    publisher = Publisher(database, queue, urls, actors, remote_actors, clock, Witness(), post_limits)
    publisher.seams.trust.append(find_trust)
    sender = Sender(database, client, actors, clock=clock)
    if isinstance(queue, Bells):
        queue.listen(Job.OUTBOX, sender.wake)
    hints = hints_of_hosts() if settings.rate_limits else None
    fetching = Fetching(database, client, remote_actors, urls, clock, queue, hints)
    remote_actors.when_refreshed.append(Pins(database, client, fetching).read)
    backfill = Backfill(database, client, fetching, urls, clock)
    stack.push_async_callback(backfill.close)
    media = _media(ground, people, stack)
    courier = _courier(ground, stack)
    sheets = Sheets(database, urls.handles, clock)
    owners = _owners(ground, stack)
    joining = Joining(
        database, ground.instance, actors, accounts, owners, ground.gates, clock, rate_limits=settings.rate_limits
    )
    return House(
        settings=settings,
        urls=urls,
        clock=clock,
        database=database,
        instance=ground.instance,
        queue=queue,
        safe=ground.safe,
        client=client,
        domains=domains,
        gates=ground.gates,
        moderation=Moderation(database, queue, urls, actors, accounts, clock, courier, concerned_by, (reported,)),
        actors=actors,
        sealed_notes=SealedNotes(database, clock, rate_limits=settings.rate_limits),
        affiliations=_affiliations(ground, people),
        digests=Digests(database, courier, urls, clock, ground.instance.name),
        groups=Groups(database, queue, urls, actors, publisher, clock),
        neighbours=Neighbours(database, client, remote_actors, clock),
        unions=_unions(ground, people, accounts),
        sites=Sites(database, urls, clock),
        remote_actors=remote_actors,
        accounts=accounts,
        signing_in=signing_in,
        second_steps=second_steps,
        second_passwords=second_passwords,
        passkeys=Passkeys(signing_in, database, ground.safe, settings, clock),
        elsewhere=Elsewhere(signing_in, services, journeys, database, settings, ground.instance, clock),
        joining_elsewhere=JoiningElsewhere(accounts, journeys, joining, actors, database, clock),
        ways=Ways(accounts, services, database, clock),
        vouching=Vouching(database, accounts, clock),
        joining=joining,
        approving=Approving(database, actors, courier, urls, clock, server=ground.instance.name),
        blocklists=Blocklists(database, client, domains, clock),
        mailed_links=_mailed_links(ground, signing_in, stack),
        recovery=_recovery(ground, accounts, stack),
        media=media,
        cards=_cards(settings, stack),
        departures=Departures(client, rate_limits=settings.rate_limits),
        nodeinfo=NodeInfo(ground.instance, urls, database, count_usage, clock),
        served_posts=ServedPosts(database, urls),
        find_trust=find_trust,
        is_host_allowed=domains.is_host_allowed,
        publisher=publisher,
        translator=translator_of(settings, database, clock, is_cut_off=ground.is_stage),
        served_outboxes=ServedOutboxes(database, urls),
        sender=sender,
        fetching=fetching,
        resolver=Resolver(database, remote_actors, fetching, urls),
        receiver=_receiver(ground, people, publisher, fetching, stack),
        backfill=backfill,
        inbox=_inbox(ground, people, publisher, stack),
        sheets=sheets,
        archives=Archives(database, media, sheets, urls, clock),
        moving=Moving(database, publisher, remote_actors),
        imports=Imports(database, queue, urls.handles, clock),
        importer=_importer(ground, people, publisher, fetching),
        offers=Offers(database, media, client, publisher, urls, clock),
        backups=Backups(settings, database, clock, holder=this_process()),
        checkup=Checkup(settings, ground.instance),
        administration=Administration(database, queue, urls, ground.instance, media, publisher, clock),
    )


def _unions(ground: Ground, people: People, accounts: Accounts) -> Unions:
    database, queue, urls, clock = ground.database, ground.queue, ground.urls, ground.clock
    countries = ground.settings.risk_countries
    unions = Unions(database, people.actors, accounts, queue, urls, clock, ACTS, countries)
    unions.watches.append(watch_moderators)
    return unions


def _affiliations(ground: Ground, people: People) -> Affiliations:
    database, clock, remote_actors = ground.database, ground.clock, people.remote_actors
    attesting = Attesting(database, people.client, remote_actors, clock)
    affiliations = Affiliations(database, ground.queue, people.actors, remote_actors, attesting, ground.urls, clock)
    remote_actors.when_refreshed.append(affiliations.look_up)
    return affiliations


def _services(ground: Ground, client: Client) -> Services:
    settings = ground.settings
    applications = ForeignApplications(
        client, ground.database, ground.safe, ground.clock, settings.name, settings.origin
    )
    return Services(applications, settings, ground.clock)


def _mailer(ground: Ground) -> Mailer | None:
    if not ground.settings.mail_url:
        return None
    return Unsent(ground.settings) if ground.is_stage else Mailer(ground.settings, ground.instance.name)


def _courier(ground: Ground, stack: AsyncExitStack) -> Courier:
    courier = Courier(_mailer(ground))
    stack.push_async_callback(courier.close)
    return courier


def _owners(ground: Ground, stack: AsyncExitStack) -> Owners:
    settings = ground.settings
    mailer = Mailer(settings, ground.instance.name) if settings.mail_url else None
    owners = Owners(ground.database, mailer, ground.urls, server=ground.instance.name, rate_limits=settings.rate_limits)
    stack.push_async_callback(owners.close)
    return owners


def _recovery(ground: Ground, accounts: Accounts, stack: AsyncExitStack) -> Recovery:
    settings = ground.settings
    recovery = Recovery(
        accounts, _mailer(ground), ground.urls, server=ground.instance.name, rate_limits=settings.rate_limits
    )
    stack.push_async_callback(recovery.close)
    return recovery


def _mailed_links(ground: Ground, signing_in: SigningIn, stack: AsyncExitStack) -> MailedLinks:
    settings = ground.settings
    links = MailedLinks(
        signing_in,
        ground.database,
        _mailer(ground),
        ground.urls,
        server=ground.instance.name,
        rate_limits=settings.rate_limits,
        clock=ground.clock,
    )
    stack.push_async_callback(links.close)
    return links


def _media(ground: Ground, people: People, stack: AsyncExitStack) -> MediaLibrary:
    processor = MediaProcessor()
    stack.push_async_callback(processor.close)
    return MediaLibrary(
        ground.database,
        people.client,
        processor,
        ground.settings.media_dir,
        clock=ground.clock,
        cache_bytes=ground.settings.media_cache_bytes,
        takes_media=ground.domains.takes_media,
    )


def _cards(settings: Settings, stack: AsyncExitStack) -> CardBox:
    cards = CardBox(MediaProcessor(), settings.media_dir / CARDS)
    stack.push_async_callback(cards.close)
    return cards


def _importer(ground: Ground, people: People, publisher: Publisher, fetching: Fetching) -> Importer:
    acts = Acts(ground.database, publisher, people.remote_actors, fetching, ground.urls, ground.clock)
    return Importer(ground.database, acts, ground.clock, holder=this_process())


def _receiver(
    ground: Ground, people: People, publisher: Publisher, fetching: Fetching, stack: AsyncExitStack
) -> Receiver:
    quotes = Quotes(ground.database, people.client, fetching)
    quotes.when_settled.append(publisher.tell_quote_allowed)
    receiver = Receiver(
        ground.database,
        Asking(fetching, quotes),
        ground.queue,
        ground.urls,
        ground.domains.takes_reports,
        ground.clock,
        holder=this_process(),
    )
    stack.push_async_callback(receiver.close)
    return receiver


def _inbox(ground: Ground, people: People, publisher: Publisher, stack: AsyncExitStack) -> InboxEndpoint:
    followers_check = FollowersCheck(ground.database, people.client, publisher, ground.urls)
    stack.push_async_callback(followers_check.close)
    provenance = Provenance(
        ground.database,
        people.remote_actors,
        people.linked_data,
        people.reading,
        {ground.settings.domain},
        ground.domains.is_host_allowed,
        ground.clock,
    )
    return InboxEndpoint(ground.settings, ground.database, provenance, ground.queue, ground.clock, followers_check)
