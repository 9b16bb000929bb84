"""Any request that the API's own description allows, and many that it does not: no 500, and answers as described."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from map4.server.admission import KEY_HEADER

pytestmark = pytest.mark.world

EXAMPLES = 40
SCRIPT = (
    "import sys; from functools import partial; from map4.library import Library; "
    "from map4.plugins import inline_lanes; from map4.server.serving import serve; "
    "from map4.server.settings import ServerSettings; "
    "serve(ServerSettings(library=sys.argv[1], open_library=partial(Library.open, sys.argv[1], lanes=inline_lanes), "
    "port=0, key='0' * 32), on_start=lambda address: print(address, flush=True))"
)


@pytest.fixture(scope="module")
def address(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server in a process of its own, of a library that may be changed."""
    library = tmp_path_factory.mktemp("properties") / "made.map4"
    library.write_bytes(made_once.read_bytes())
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, library], stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().strip()
    process.kill()
    process.communicate()


def test_every_route_follows_its_openapi_description(address: str) -> None:
    # Imported here: it takes a second, in the collection of any tests.
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/events"):  # its answer has no end
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            response = case.call(headers={KEY_HEADER: "0" * 32})
            case.validate_response(
                response, checks=[not_a_server_error, content_type_conformance, response_schema_conformance]
            )

        check()
        tried += 1
    assert tried >= 25
