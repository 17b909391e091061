"""Twenty thousand pairs of schemas: not one wrong yes, and each no is shown."""

import json
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.wfcore import random_schemas
from tests.wfcore.answers import checked

from wfcore import schema
from wfcore.schema import SchemaError

PAIRS = 20_000
AT_ONCE = 100
DOCUMENTS = 12


@settings(
    max_examples=PAIRS // AT_ONCE,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(st.integers(0, 2**48))
def test_no_yes_is_wrong_and_every_no_is_shown(seed: int) -> None:
    """What the giver accepts, pruned, is accepted by a taker that was said to fit. The seed repeats a failure."""
    for number in range(seed, seed + AT_ONCE):
        rng = Random(number)
        producer, consumer = random_schemas.pair(rng)
        try:
            giver, taker = schema.compile(producer), schema.compile(consumer)
        except SchemaError:
            continue
        if checked(producer, consumer).verdict != "yes":
            continue
        for _ in range(DOCUMENTS):
            document = random_schemas.document(rng, producer if rng.random() < 0.9 else consumer)
            if giver.accepts(document):
                given_away, _ = giver.prune(document)
                assert taker.accepts(given_away), f"{number}: {json.dumps([producer, consumer, given_away])}"
