"""Answers of another kind than was expected are told, and break nothing later."""

import pytest

from map4.extras.lookup.lookup import Appearance, Candidate


def test_candidate_with_values_of_wrong_types_is_refused() -> None:
    cases = [
        (Candidate, {"id": 5}),
        (Candidate, {"id": "a", "title": ["One"]}),
        (Candidate, {"id": "a", "isrcs": (5,)}),
        (Candidate, {"id": "a", "duration_s": "long"}),
        (Candidate, {"id": "a", "duration_s": float("inf")}),
        (Appearance, {"release_id": None, "title": {}}),
        (Appearance, {"release_id": "b", "position": "2"}),
    ]
    for what, values in cases:
        with pytest.raises(TypeError, match=r"is not a (text|number)"):
            what(**values)
