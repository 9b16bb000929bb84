"""What other subjects may use of `map4.jobs`."""

from map4.jobs.event_feed import EventFeed as EventFeed
from map4.jobs.files import JobFiles as JobFiles
from map4.jobs.files import SentFiles as SentFiles
from map4.jobs.part import JobsPart as JobsPart
from map4.jobs.plan_records import Begun as Begun
from map4.jobs.plan_records import Draft as Draft
from map4.jobs.plan_records import FieldChange as FieldChange
from map4.jobs.plan_records import PlannedChange as PlannedChange
from map4.jobs.plan_records import ShownChanges as ShownChanges
from map4.jobs.plan_records import WayBack as WayBack
from map4.jobs.process import Reporter as Reporter
from map4.jobs.records import Job as Job
from map4.jobs.records import JobFigures as JobFigures
from map4.jobs.requests import JobRequest as JobRequest
from map4.jobs.store.queue import JOB_TABLES as JOB_TABLES
from map4.jobs.store.queue import SqlJobs as SqlJobs
