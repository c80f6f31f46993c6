"""Any reply that a handler could give, for what must hold of all of them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from bot.actions import Action
from bot.reply import Button, Buttons, Code, Fault, Field, File, Form, Picture, Reply, Select, Table, Text

MARKS = "`*_~|#>-[]()<@&:\\ \n.1aé漢\u202e😀"
words = st.one_of(st.text(max_size=40), st.text(alphabet=MARKS, max_size=400))
labels = st.text(min_size=1, max_size=200)
long = st.builds(
    lambda text, times: text * times, st.text(alphabet=MARKS, min_size=1, max_size=30), st.integers(1, 400)
)
names = st.text(alphabet="abcdefgh", min_size=1, max_size=8)
actions = st.builds(Action, names, st.lists(names, max_size=3).map(tuple))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.integers(1, 5))
    row = st.lists(words, min_size=columns, max_size=columns).map(tuple)
    return Table(headers=draw(row), rows=draw(st.lists(row, max_size=30).map(tuple)), title=draw(words))


parts = st.one_of(
    st.builds(
        Text,
        text=words | long,
        tone=st.sampled_from(("normal", "heading", "good", "bad", "note")),
        until=st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis takes bounds without a zone
    ),
    st.builds(Code, code=words | long, language=st.sampled_from(("", "python", "C++ <!>"))),
    tables(),
    st.builds(Picture, data=st.binary(max_size=4), alt=words),
    st.builds(File, name=words, data=st.binary(max_size=4)),
    st.builds(
        Buttons,
        buttons=st.lists(
            st.builds(Button, label=labels, action=actions, style=st.sampled_from(("normal", "primary", "danger"))),
            max_size=25,
        ).map(tuple),
    ),
    st.builds(
        Select,
        label=words,
        options=st.lists(st.tuples(names, labels), min_size=1, max_size=25, unique_by=lambda each: each[0]).map(tuple),
        action=actions,
    ),
)
replies = st.builds(
    Reply,
    parts=st.lists(parts, max_size=12).map(tuple),
    private=st.booleans(),
    fault=st.none() | st.builds(Fault, kind=st.just("usage"), message=words),
)
forms = st.builds(
    Form,
    title=labels,
    fields=st.lists(
        st.builds(Field, name=names, label=labels, value=words | long, multiline=st.booleans(), required=st.booleans()),
        min_size=1,
        max_size=5,
        unique_by=lambda each: each.name,
    ).map(tuple),
    action=actions,
)
