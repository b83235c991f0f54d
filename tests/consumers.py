"""The consumers that the README names, as a reader runs them: consumers.py CONNECTION_STRING
tests/consumers.sh starts this with a user of the readers' group. The string is what `wiresift connect` printed."""

import sys
from pathlib import Path

import duckdb
import duckdb_extension_postgres_scanner
import sqlalchemy

TITLE = "The harbour gets a second crane"


def refused(what, run):
    try:
        run()
    except Exception as error:
        assert "permission denied" in str(error).lower(), error
        print(f"  refused: {what}")
    else:
        raise SystemExit(f"{what} was not refused")


def by_sqlalchemy(string):
    engine = sqlalchemy.create_engine(string)
    inspector = sqlalchemy.inspect(engine)
    assert "news" in inspector.get_schema_names()
    views = inspector.get_view_names(schema="news")
    assert {"articles", "stories", "revisions", "removed", "lineage"} <= set(views), views
    for view in views:
        columns = inspector.get_columns(view, schema="news")
        assert columns and all(column["comment"] for column in columns), (view, columns)
        unknown = [c["name"] for c in columns if isinstance(c["type"], sqlalchemy.types.NullType)]
        assert not unknown, (view, unknown)
        # What a tool for reports does: a table from the catalogue, and a page of it.
        table = sqlalchemy.Table(view, sqlalchemy.MetaData(), schema="news", autoload_with=engine)
        with engine.connect() as connection:
            connection.execute(sqlalchemy.select(table).limit(50)).all()
    with engine.connect() as connection:
        titles = connection.scalars(sqlalchemy.text("SELECT title FROM news.articles")).all()
        assert titles == [TITLE], titles
        refused("SQLAlchemy writes", lambda: connection.execute(sqlalchemy.text("DELETE FROM news.articles")))
    print(f"SQLAlchemy {sqlalchemy.__version__}: {len(views)} views, {titles}")


def by_duckdb(string):
    db = duckdb.connect()
    (extension,) = Path(duckdb_extension_postgres_scanner.__file__).parent.rglob("*.duckdb_extension")
    db.execute(f"LOAD '{extension}'")
    db.execute(f"ATTACH '{string}' AS news (TYPE postgres)")
    views = [row[0] for row in db.execute(
        "SELECT DISTINCT table_name FROM information_schema.tables"
        " WHERE table_catalog = 'news' AND table_schema = 'news'").fetchall()]
    assert "articles" in views, views
    for view in views:
        db.execute(f"SELECT * FROM news.news.{view} LIMIT 50").fetchall()
    titles = [row[0] for row in db.execute("SELECT title FROM news.news.articles").fetchall()]
    assert titles == [TITLE], titles
    refused("DuckDB reads schema wiresift", lambda: db.execute("SELECT id FROM news.wiresift.articles").fetchall())
    print(f"DuckDB {duckdb.__version__}: {len(views)} views, {titles}")


by_sqlalchemy(sys.argv[1])
by_duckdb(sys.argv[1])
