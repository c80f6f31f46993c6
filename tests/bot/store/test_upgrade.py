"""How a store comes to be, grows with Stride, and is refused where it cannot be used."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from bot.errors import StoreError, StoreTooNew, StoreUnwritable
from bot.store import upgrade as module
from bot.store.schema import HEAD, metadata
from bot.store.upgrade import upgrade


def version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as raw:
        return str(raw.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def schema(path: Path) -> dict[str, object]:
    """Every column, index and reference of a store."""
    with closing(sqlite3.connect(path)) as raw:

        def ask(text: str) -> list[tuple[object, ...]]:
            return sorted(row[1:] for row in raw.execute(text))

        names = [name for (name,) in ask("SELECT rowid, name FROM sqlite_master")]
        asked = ("table_info", "index_list", "index_xinfo", "foreign_key_list")
        return {f"{name}: {each}": ask(f"PRAGMA {each}('{name}')") for name in names for each in asked}


def migrated(path: Path) -> Path:
    """A store that has come through every migration."""
    sqlite3.connect(path).close()
    module._migrate(path)
    return path


def test_a_new_store_is_what_the_migrations_make_of_an_old_one(tmp_path: Path) -> None:
    upgrade(tmp_path / "new")
    assert schema(tmp_path / "new") == schema(migrated(tmp_path / "old"))
    assert version(tmp_path / "new") == version(tmp_path / "old")


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    path = migrated(tmp_path / "stride.sqlite3")
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert not differences


def test_the_newest_migration_is_the_one_that_a_start_looks_for(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    upgrade(tmp_path / "s")
    assert version(tmp_path / "s") == HEAD


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    upgrade(tmp_path / "s")
    upgrade(tmp_path / "s")
    assert version(tmp_path / "s") == HEAD


def test_two_that_start_at_once_both_start(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for started in [pool.submit(upgrade, tmp_path / "s") for _ in range(4)]:
            started.result()
    assert version(tmp_path / "s") == HEAD


def test_a_store_of_a_newer_stride_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    upgrade(path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    with pytest.raises(StoreTooNew, match="newer Stride"):
        upgrade(path)
    assert version(path) == "9999"


def test_a_store_that_is_not_what_its_version_says_is_refused_and_left_alone(tmp_path: Path) -> None:
    """In one line: its migrations meet tables that nobody had made then."""
    path = tmp_path / "s"
    upgrade(path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0002'")
        raw.commit()
    before = schema(path)
    with pytest.raises(StoreError, match="could not be brought up to date"):
        upgrade(path)
    assert schema(path) == before
    assert version(path) == "0002"


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"a diary, not a database " * 100)
    with pytest.raises(StoreError, match="not a database"):
        upgrade(path)
    assert path.read_bytes().startswith(b"a diary")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnwritable, match="STRIDE_DATA_DIR"):
        upgrade(tmp_path / "file" / "stride.sqlite3")


def test_a_folder_or_file_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an ordinary user sees it; root can write everywhere, so there SQLite is asked to open it read-only."""
    path = tmp_path / "s"
    upgrade(path)
    path.chmod(stat.S_IRUSR)
    connect = sqlite3.connect

    def read_only(_path: Path, **options: object) -> sqlite3.Connection:
        return connect(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[call-overload,no-any-return]  # passed on

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with pytest.raises(StoreUnwritable, match="cannot be written"):
        upgrade(path)


def test_a_file_that_another_program_holds_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.0)
    path = tmp_path / "s"
    upgrade(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            upgrade(path)
