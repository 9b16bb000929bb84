"""What other subjects may use of `map4.doctor`."""

from map4.doctor.checks.finding import KeyAgreement as KeyAgreement
from map4.doctor.checks.finding import OpinionBeside as OpinionBeside
from map4.doctor.checks.finding import TempoAgreement as TempoAgreement
from map4.doctor.checks.finding import dispute_of as dispute_of
from map4.doctor.checks.groups import Doubts as Doubts
from map4.doctor.checks.groups import GroupDoubt as GroupDoubt
from map4.doctor.checks.groups import Offer as Offer
from map4.doctor.checks.spellings import respelled_value as respelled_value
from map4.doctor.store.doubts import SqlDoubts as SqlDoubts
from map4.doctor.use import Doctor as Doctor
