"""Both dialects hold the same contract: what can be run here (PostgreSQL) vouches for what cannot (SQL Server)."""

import re

import pytest

import sql_text as sql
from mi_bridge.domain.saga_status import SagaStatus
from mi_bridge.domain.status import Status

POSTGRESQL, SQLSERVER = sql.POSTGRESQL, sql.SQLSERVER
ROUTINES = sql.manifest("ROUTINE")
VIEWS = sql.manifest("VIEW")
TABLES = sql.manifest("TABLE")
# HIS calls these, in its own transaction or waiting for its answer: the bridge gives way to them, never the other way round
OF_HIS = {
    "sp_mi_log_error",
    "sp_mi_order_key",
    "sp_mi_submit",
    "sp_mi_peek",
    "sp_mi_expire",
    "sp_mi_in_transaction",
    "sp_mi_await",
    "sp_mi_saga_submit",
    "sp_mi_saga_peek",
}
WRITES_FOR_THE_BRIDGE = {
    "sp_mi_take_msgids",
    "sp_mi_sync_msgid_step",
    "sp_mi_claim",
    "sp_mi_begin_send",
    "sp_mi_finish",
    "sp_mi_divide",
    "sp_mi_join",
    "sp_mi_release",
    "sp_mi_renew",
    "sp_mi_rescue",
    "sp_mi_heartbeat",
    "sp_mi_condition",
    "sp_mi_sync_interfaces",
    "sp_mi_claim_uncertain",
    "sp_mi_begin_step",
    "sp_mi_finish_step",
    "sp_mi_bury",
    "sp_mi_lead",
    "sp_mi_housekeep",
    "sp_mi_saga_sync",
    "sp_mi_saga_claim",
    "sp_mi_saga_advance",
    "sp_mi_saga_release",
    "sp_mi_sign_in_take",
    "sp_mi_sign_in_finish",
    "sp_mi_sign_in_proved",
    "sp_mi_sign_in_adopt",
    "sp_mi_sign_in_end",
    "sp_mi_job_begin",
    "sp_mi_job_renew",
    "sp_mi_job_finish",
    "sp_mi_catalogue_open",
    "sp_mi_catalogue_source",
    "sp_mi_catalogue_load",
    "sp_mi_catalogue_close",
    "sp_mi_catalogue_fault",
    "sp_mi_settlement_store",
    "sp_mi_reconciliation_begin",
    "sp_mi_reconciliation_record",
}
# functions that SQL Server 2016 has not, or that Babelfish, any collation or a filtered index cannot live with
FORBIDDEN = {
    "later than SQL Server 2016": r"\b(STRING_AGG|TRIM|CONCAT_WS|TRANSLATE|GREATEST|LEAST|DATETRUNC|DATE_BUCKET|JSON_OBJECT"
    r"|JSON_ARRAY|JSON_PATH_EXISTS|GENERATE_SERIES|APPROX_COUNT_DISTINCT|STRING_SPLIT|PERCENTILE_CONT|PERCENTILE_DISC)\s*\(",
    "IS DISTINCT FROM is later than SQL Server 2016": r"\bIS (NOT )?DISTINCT FROM\b",
    "MERGE": r"\bMERGE\b",
    "a common table expression": r"^\s*;?WITH \w+ AS\b",
    "a global temporary table": r"##",
    "a synonym": r"\bSYNONYM\b",
    "a table type": r"\bREADONLY\b",
    "NOLOCK": r"\bNOLOCK\b|\bREAD UNCOMMITTED\b",
    "SELECT *": r"\bSELECT\s+(\w+\.)?\*",
    "an index inline": r"\bINDEX\s+\w+\s+(UNIQUE|CLUSTERED|NONCLUSTERED)\b",
    "WAITFOR outside of a text (Babelfish)": r"(?<!')\bWAITFOR\b",
    "unfinished work": r"\b(TODO|FIXME|XXX)\b",
    "text without a length (1 or 30 characters)": r"\bN?VARCHAR\b(?!\s*\()",
    "server-local time without a kind": r"\b(GETDATE|GETUTCDATE|CURRENT_TIMESTAMP)\b",
    "an identity of any scope": r"@@IDENTITY",
    "an aggregate that meets NULL and warns, which ODBC takes for a result": r"\bCOUNT\(CASE\b"
    r"|\b(SUM|MIN|MAX|AVG)\(CASE (?:(?!\bELSE\b)[^()]|\([^()]*\))* END\)",
    "a millisecond count that overflows": r"\bDATEDIFF\s*\(\s*MILLISECOND",
}


def scripts(folder: str) -> list[str]:
    return sorted(name for name in sql.files(SQLSERVER) if name.startswith(folder))


def test_the_same_files() -> None:
    assert sql.files(SQLSERVER) == sql.files(POSTGRESQL)


@pytest.mark.parametrize("dialect", [POSTGRESQL, SQLSERVER])
def test_every_object_of_the_manifest_is_created(dialect: str) -> None:
    assert set(sql.columns(dialect)) == set(TABLES)
    for view in VIEWS:
        assert re.search(rf"CREATE OR \w+ VIEW \w+\.{view} AS", sql.code(dialect, f"views/{view}.sql"))
    for routine in ROUTINES:
        assert re.search(rf"CREATE OR \w+ \w+ \w+\.{routine}\b", sql.code(dialect, f"routines/{routine}.sql"))


@pytest.mark.parametrize("dialect", [POSTGRESQL, SQLSERVER])
def test_every_object_of_the_manifest_is_dropped(dialect: str) -> None:
    dropped = re.findall(r"DROP \w+ IF EXISTS \w+\.(\w+);", sql.code(dialect, "uninstall/code.sql"))
    assert sorted(dropped) == sorted(VIEWS + ROUTINES)
    dropped = re.findall(r"DROP \w+ IF EXISTS \w+\.(\w+);", sql.code(dialect, "uninstall/data.sql"))
    assert sorted(dropped) == sorted(TABLES)


def test_the_same_tables_and_columns() -> None:
    assert sql.columns(SQLSERVER) == sql.columns(POSTGRESQL)
    names = {table: list(fields) for table, fields in sql.columns(SQLSERVER).items()}
    assert names == {table: list(fields) for table, fields in sql.columns(POSTGRESQL).items()}


def test_the_same_keys_checks_and_indexes() -> None:
    assert sql.constraints(SQLSERVER) == sql.constraints(POSTGRESQL)
    assert sql.indexes(SQLSERVER) == sql.indexes(POSTGRESQL)


def test_every_column_is_explained_in_the_same_words() -> None:
    there, here = sql.comments(POSTGRESQL), sql.comments(SQLSERVER)
    assert here.keys() == there.keys()
    assert here.keys() == {(t, c) for t, fields in sql.columns(SQLSERVER).items() for c in ["", *fields]}
    assert {place: text.removesuffix("（UTC）") for place, text in here.items()} == there


@pytest.mark.parametrize("routine", ROUTINES)
def test_the_same_parameters(routine: str) -> None:
    there, here = sql.parameters(POSTGRESQL, routine), sql.parameters(SQLSERVER, routine)
    assert here[: len(there)] == there
    more = here[len(there) :]
    assert len(more) <= int(sql.returns_scalar(routine))
    assert all(given_back for _, given_back in more)


@pytest.mark.parametrize("view", VIEWS)
def test_the_same_columns_of_each_view(view: str) -> None:
    assert sql.view_columns(SQLSERVER, view) == sql.view_columns(POSTGRESQL, view)


@pytest.mark.parametrize("routine", [name for name in ROUTINES if sql.returned_columns(name)])
def test_the_same_result_set(routine: str) -> None:
    sent = sql.client_selects(routine)
    assert sent
    assert all(names == sql.returned_columns(routine) for names in sent)


@pytest.mark.parametrize(
    "routine",
    sorted(
        OF_HIS
        | {"sp_medical_insurance_call", "sp_medical_insurance_call_v2"}
        | {"sp_medical_insurance_saga", "sp_medical_insurance_saga_wait"}
        | {"sp_medical_insurance_resolve", "sp_medical_insurance_saga_resolve"}
        | {"sp_medical_insurance_reconciliation_close"}
    ),
)
def test_what_his_calls_sends_no_result_set_of_its_own(routine: str) -> None:
    assert sql.client_selects(routine) == []


@pytest.mark.parametrize("name", scripts("views") + scripts("routines"))
def test_the_same_words_and_texts(name: str) -> None:
    # MI is a SQLSTATE's beginning; the look for a node that is not STOPPED is written out where PostgreSQL calls its function
    own = {"MI", "STOPPED"}
    assert sql.words(SQLSERVER, name) - own == sql.words(POSTGRESQL, name) - own
    assert sql.chinese(SQLSERVER, name) >= sql.chinese(POSTGRESQL, name)


@pytest.mark.parametrize("dialect", [POSTGRESQL, SQLSERVER])
def test_every_status_is_one_of_ours(dialect: str) -> None:
    of_nodes = {"STOPPED"}
    known = {status.value for status in (*Status, *SagaStatus)} | of_nodes
    for name in sql.files(dialect):
        assert sql.status_words(dialect, name) <= known | {""}, name


def test_the_same_grants_less_the_parts_that_ownership_covers() -> None:
    def granted(dialect: str) -> set[tuple[str, ...]]:
        text = sql.code(dialect, "grants/roles.sql")
        return set(re.findall(r"GRANT (\w+) ON (?:\w+ |OBJECT::)?\w+\.(\w+) TO (\w+);", text))

    surplus = granted(POSTGRESQL) - granted(SQLSERVER)
    assert granted(SQLSERVER) <= granted(POSTGRESQL)
    assert {(role, name in OF_HIS) for _, name, role in surplus} == {("mi_his", True)}


@pytest.mark.parametrize("reason", FORBIDDEN)
def test_nothing_that_an_old_server_or_babelfish_lacks(reason: str) -> None:
    for name in sql.files(SQLSERVER):
        found = re.search(FORBIDDEN[reason], sql.code(SQLSERVER, name), re.MULTILINE)
        assert found is None, f"{name}: {found[0] if found else ''}"


def test_chinese_text_is_unicode_in_every_code_page() -> None:
    for name in sql.files(SQLSERVER):
        strings = re.findall(r"(N?)'((?:[^']|'')*)'", sql.code(SQLSERVER, name))
        assert [text for mark, text in strings if not mark and not text.isascii()] == [], name


@pytest.mark.parametrize("name", scripts("views") + scripts("routines"))
def test_one_object_a_batch_under_the_settings_of_filtered_indexes(name: str) -> None:
    batches = re.split(r"^GO$", sql.code(SQLSERVER, name), flags=re.MULTILINE)
    assert [batch.split() for batch in batches[:-1]] == [
        ["SET", "QUOTED_IDENTIFIER", "ON;", "SET", "ANSI_NULLS", "ON;"]
    ]
    assert batches[-1].count("CREATE OR ALTER") == 1


@pytest.mark.parametrize("routine", ROUTINES)
def test_every_procedure_aborts_whole_and_counts_nothing(routine: str) -> None:
    text = sql.code(SQLSERVER, f"routines/{routine}.sql")
    assert "SET XACT_ABORT ON;" in text
    assert "SET NOCOUNT ON;" in text
    assert text.count("BEGIN TRANSACTION") <= text.count("COMMIT TRANSACTION")


@pytest.mark.parametrize("routine", ROUTINES)
def test_the_bridge_gives_way_to_his(routine: str) -> None:
    text = sql.code(SQLSERVER, f"routines/{routine}.sql")
    assert ("SET DEADLOCK_PRIORITY LOW;" in text) == (routine in WRITES_FOR_THE_BRIDGE)


@pytest.mark.parametrize("dialect", [POSTGRESQL, SQLSERVER])
def test_now_is_as_fine_as_the_times_it_is_compared_with(dialect: str) -> None:
    kinds = set(
        re.findall(
            r"(?:@|v_)now +((?:DATETIME2|timestamptz)\b(?:\(\d\))?)", sql.code(dialect, *scripts("routines"))
        )
    )
    assert kinds == {"timestamptz(3)" if dialect == POSTGRESQL else "DATETIME2(3)"}


@pytest.mark.parametrize("name", sorted(sql.files(SQLSERVER)))
def test_readpast_never_without_what_row_versioning_asks_for(name: str) -> None:
    hints = re.findall(r"WITH \(([^)]*READPAST[^)]*(?:\([^)]*\))?[^)]*)\)", sql.code(SQLSERVER, name))
    assert all("READCOMMITTEDLOCK" in hint for hint in hints)


def test_batches_of_json_are_checked_before_they_are_read() -> None:
    for name in scripts("routines"):
        text = sql.code(SQLSERVER, name)
        if "OPENJSON(@items)" in text:
            assert text.index("ISJSON(@items)") < text.index("OPENJSON(@items)"), name
