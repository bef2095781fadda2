"""Who does the work that waits."""

from usi_fed.background import Background, Bells, Drainer
from usi_fed.chores import Chores
from usi_fed.db.leases import this_process
from usi_fed.queue import Job
from usi_fed.wiring.house import House


def drainers_of(house: House) -> dict[Job, Drainer]:
    """Who does which kind of work, for the in-process worker and for Celery's."""
    chores = Chores(
        house.database,
        house.publisher,
        house.media,
        house.blocklists,
        house.clock,
        holder=this_process(),
        tend=(house.affiliations.tend,),
        seldom=[house.neighbours.ask_due, house.digests.send_due],
    )
    return {
        Job.INBOX: house.receiver,
        Job.OUTBOX: house.sender,
        Job.UPKEEP: chores,
        Job.IMPORTS: house.importer,
        Job.BACKUPS: house.backups,
    }


def background_of(house: House) -> Background | None:
    """The in-process worker; None when Celery does the work."""
    return Background(house.queue, drainers_of(house), house.clock) if isinstance(house.queue, Bells) else None
