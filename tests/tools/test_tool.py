"""What a model made up for a tool is made to fit, or refused with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.tools.tool import ToolRefusedError, checked

pytestmark = pytest.mark.unit

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "level": {"type": "integer"},
        "kind": {"type": "string", "enum": ["timer", "alarm"]},
        "loud": {"type": "boolean"},
        "areas": {"type": "array"},
    },
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("given_arguments", "fitted"),
    [
        ({"name": "pasta", "level": "30"}, {"name": "pasta", "level": 30}),
        ({"name": 10, "level": 3.0}, {"name": "10", "level": 3}),
        ({"name": "x", "level": None, "kind": "", "other": 1}, {"name": "x"}),
        ({"name": "x", "kind": " Timer"}, {"name": "x", "kind": "timer"}),
        ({"name": "x", "loud": "yes", "areas": "kitchen"}, {"name": "x", "loud": True, "areas": ["kitchen"]}),
    ],
)
def test_what_a_small_model_writes_a_little_wrong_is_made_to_fit(
    given_arguments: dict[str, Any], fitted: dict[str, Any]
) -> None:
    assert checked(given_arguments, SCHEMA) == fitted


@pytest.mark.parametrize(
    ("given_arguments", "told"),
    [
        ({}, "name must be given"),
        ({"name": ["x"]}, "name must be of the type string"),
        ({"name": "x", "level": "loud"}, "level must be of the type integer"),
        ({"name": "x", "level": True}, "level must be of the type integer"),
        ({"name": "x", "level": "1e999"}, "level must be of the type integer"),
        ({"name": "x", "kind": "bell"}, "kind must be one of timer, alarm"),
        ({"name": "x" * 5000}, "too long"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_wrong(given_arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ToolRefusedError, match=told):
        checked(given_arguments, SCHEMA)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "x"]), _JSON), _JSON)
def test_nothing_but_a_refusal_is_raised(arguments: dict[str, Any], schema: Any) -> None:
    for parameters in (SCHEMA, schema if isinstance(schema, dict) else {"properties": schema}):
        try:
            checked(arguments, parameters)
        except ToolRefusedError:
            continue
