"""Many values as one parameter: a statement reads the same for one row and for sixty.

So it is worked out once, and planned once, and a batch costs the same few words to the database however large it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Boolean, ColumnElement, Text, bindparam, cast, literal_column, select, true, tuple_
from sqlalchemy import column as column_of
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from bot.store.tables import EPOCH, MICROSECOND, Moment

if TYPE_CHECKING:
    from sqlalchemy import Column, Select
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine


class _Each(FunctionElement[Any]):
    """The values of a list that is JSON, as a table."""

    inherit_cache = True


class _Rows(FunctionElement[Any]):
    """The same of a list of mappings: a column for each of the names that come after it."""

    inherit_cache = True


class _Place(FunctionElement[Any]):
    """What one of the values has at a place."""

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
    named = [column_of(each.name, _kind(each)) for each in columns]
    rows = _Rows(bindparam(name, type_=Text), *named).table_valued(*named)
    return select(*(rows.c[each.name] for each in named)).where(true())


def among(column: Column[str], name: str) -> ColumnElement[bool]:
    """Whether a column has one of the texts in a parameter of that name."""
    return _Among(column, bindparam(name, type_=Text))


def pairs(one: Column[str], other: Column[str], name: str) -> ColumnElement[bool]:
    """Whether two columns have one of the pairs of texts in a parameter of that name."""
    value = _each(name)
    places = (cast(_Place(value, literal_column(at)), _kind(column)) for at, column in (("0", one), ("1", other)))
    return tuple_(one, other).in_(select(*places))


def _each(name: str) -> ColumnElement[Any]:
    return _Each(bindparam(name, type_=Text)).table_valued("value").c.value


def _kind(column: Column[Any]) -> TypeEngine[Any]:
    """As the database has it: moments are numbers in JSON already."""
    return column.type.impl_instance if isinstance(column.type, Moment) else column.type


def _number(value: datetime) -> int:
    return (value - EPOCH) // MICROSECOND


@compiles(_Each, "sqlite")
def _each_of_sqlite(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Each, "postgresql")
def _each_of_postgres(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **options)} AS JSON))"


@compiles(_Rows, "sqlite")
def _rows_of_sqlite(element: _Rows, compiler: SQLCompiler, **options: Any) -> str:
    value, *columns = element.clauses
    fields = (f"json_extract(value, '$.{each.name}') AS {compiler.process(each)}" for each in columns)
    return f"(SELECT {', '.join(fields)} FROM json_each({compiler.process(value, **options)}))"  # noqa: S608 - the compiler's own words


@compiles(_Rows, "postgresql")
def _rows_of_postgres(element: _Rows, compiler: SQLCompiler, **options: Any) -> str:
    """As records: what has many columns is read once then, and not once for each of them."""
    value, *columns = element.clauses
    kind = compiler.dialect.type_compiler_instance.process
    fields = (f"{compiler.process(each)} {kind(each.type)}" for each in columns)
    records = f"json_to_recordset(CAST({compiler.process(value, **options)} AS JSON))"
    return f"(SELECT * FROM {records} AS given({', '.join(fields)}))"  # noqa: S608 - as above


@compiles(_Place, "sqlite")
def _place_of_sqlite(element: _Place, compiler: SQLCompiler, **options: Any) -> str:
    value, place = (compiler.process(each, **options) for each in element.clauses)
    return f"json_extract({value}, '$[{place}]')"


@compiles(_Place, "postgresql")
def _place_of_postgres(element: _Place, compiler: SQLCompiler, **options: Any) -> str:
    value, place = (compiler.process(each, **options) for each in element.clauses)
    return f"{value} ->> {place}"


@compiles(_Among, "sqlite")
def _among_of_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608 - the compiler's own words


@compiles(_Among, "postgresql")
def _among_of_postgres(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    """As an array, along which an index is gone through in order: so two who change the same rows lock them alike."""
    column, texts = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({texts} AS JSON))))"
