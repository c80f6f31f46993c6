"""Many values as one parameter: a statement reads the same for one row and for sixty.

So it is worked out once, and planned once, and a batch costs the same few words to the database however large it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Boolean, ColumnElement, Text, bindparam, cast, literal_column, select, true, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from bot.store.tables import EPOCH, MICROSECOND, Moment

if TYPE_CHECKING:
    from sqlalchemy import Column, Select
    from sqlalchemy.sql.compiler import SQLCompiler


class _Each(FunctionElement[Any]):
    """The values of a list that is JSON, as a table."""

    inherit_cache = True


class _Field(FunctionElement[Any]):
    """What one of these values has under a name, or at a place."""

    inherit_cache = True


class _Among(FunctionElement[bool]):
    """Whether a column has one of the texts in a list that is JSON."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Self:  # noqa: ARG002 - SQLAlchemy's own
        """As it is: SQLite looks along no index where it reads `IN (...) = 1`."""
        return self


def many(values: Iterable[Any]) -> str:
    """Rows as mappings, texts, or pairs of texts: the value of a parameter that `listed`, `among` or `pairs` names."""
    return json.dumps(list(values), default=_number)


def listed(name: str, columns: Iterable[Column[Any]]) -> Select[Any]:
    """The columns of the rows in a parameter of that name, to be inserted."""
    value = _each(name)
    return select(*(_typed(_Field(value, _key(column.name)), column) for column in columns)).where(true())


def among(column: Column[str], name: str) -> ColumnElement[bool]:
    """Whether a column has one of the texts in a parameter of that name."""
    return _Among(column, bindparam(name, type_=Text))


def pairs(one: Column[str], other: Column[str], name: str) -> ColumnElement[bool]:
    """Whether two columns have one of the pairs of texts in a parameter of that name."""
    value = _each(name)
    fields = (_typed(_Field(value, literal_column(place)), column) for place, column in (("0", one), ("1", other)))
    return tuple_(one, other).in_(select(*fields))


def _each(name: str) -> ColumnElement[Any]:
    return _Each(bindparam(name, type_=Text)).table_valued("value").c.value


def _key(name: str) -> ColumnElement[str]:
    return literal_column(f"'{name}'")


def _typed(field: ColumnElement[Any], column: Column[Any]) -> ColumnElement[Any]:
    kind = column.type
    return cast(field, kind.impl_instance if isinstance(kind, Moment) else kind).label(column.name)


def _number(value: datetime) -> int:
    return (value - EPOCH) // MICROSECOND


@compiles(_Each, "sqlite")
def _each_of_sqlite(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Each, "postgresql")
def _each_of_postgres(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **options)} AS JSON))"


@compiles(_Field, "sqlite")
def _field_of_sqlite(element: _Field, compiler: SQLCompiler, **options: Any) -> str:
    value, key = (compiler.process(each, **options) for each in element.clauses)
    path = f"'$[{key}]'" if key.isdigit() else f"'$.{key[1:-1]}'"
    return f"json_extract({value}, {path})"


@compiles(_Field, "postgresql")
def _field_of_postgres(element: _Field, compiler: SQLCompiler, **options: Any) -> str:
    value, key = (compiler.process(each, **options) for each in element.clauses)
    return f"{value} ->> {key}"


@compiles(_Among, "sqlite")
def _among_of_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608 - the compiler's own words


@compiles(_Among, "postgresql")
def _among_of_postgres(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    """As an array, along which an index is gone through in order: so two who change the same rows lock them alike."""
    column, texts = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({texts} AS JSON))))"
