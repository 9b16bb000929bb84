"""What other subjects may use of `map4.compare`."""

from map4.compare.librosa_reference import librosa_opinion as librosa_opinion
from map4.compare.librosa_reference import require_librosa as require_librosa
from map4.compare.second_opinion import SecondOpinion as SecondOpinion
from map4.compare.second_opinion import key_agreements as key_agreements
from map4.compare.second_opinion import tempo_agreements as tempo_agreements
from map4.compare.truth import TruthComparison as TruthComparison
from map4.compare.use import Comparison as Comparison
from map4.compare.use import NamedPair as NamedPair
