from __future__ import annotations

import io
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import FileFault
from mi_bridge.insurer.files.archive import ArchiveLimits, TextArchive
from mi_bridge.insurer.files.archive_writer import write_archive
from mi_bridge.insurer.profile import load_profile


def packed(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def values(path: Path, width: int = 0, **limits: int) -> list[list[str | None]]:
    return [row.values for row in TextArchive(path, ArchiveLimits(**limits)).rows(width)]


def fault(path: Path, width: int = 0, **limits: int) -> FileFault:
    with pytest.raises(FileFault) as raised:
        values(path, width, **limits)
    return raised.value


def test_columns_keep_their_places(tmp_path: Path) -> None:
    text = "a\t\t\tnull\t阿司匹林\r\n\t\t\t\t\n"
    path = packed(tmp_path / "x.zip", **{"x.txt": b"\xef\xbb\xbf" + text.encode()})
    assert values(path, 5) == [["a", "", "", None, "阿司匹林"], ["", "", "", "", ""]]


def test_only_a_line_feed_ends_a_row(tmp_path: Path) -> None:
    text = "a\u2028b\x0b\x85\tc\nnull \tNULL"
    assert values(packed(tmp_path / "x.zip", **{"x.txt": text.encode()})) == [
        ["a\u2028b\x0b\x85", "c"],
        ["null ", "NULL"],
    ]


def test_members_follow_each_other(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", **{"b/1.txt": b"a\tb\n", "2.TXT": b"c\td\ne\tf\n", "3.txt": b""})
    rows = list(TextArchive(path).rows())
    assert [(row.member, row.number) for row in rows] == [("b/1.txt", 1), ("2.TXT", 1), ("2.TXT", 2)]


def test_rows_cross_the_chunks_they_are_read_in(tmp_path: Path) -> None:
    lines = [f"{number}\t{'汉' * 300}" for number in range(5000)]
    path = packed(tmp_path / "x.zip", **{"x.txt": "\n".join(lines).encode()})
    assert values(path, 2) == [line.split("\t") for line in lines]


@pytest.mark.parametrize(
    ("content", "row", "words"),
    [
        (b"a\tb\nc\n", 2, "has 1 columns instead of 2"),
        (b"a\tb\nc\td\te\n", 2, "has 3 columns instead of 2"),
        (b"a\tb\n\nc\td\n", 2, "has 1 columns"),
        ("a\tb\n药\t".encode() + "阿司匹林".encode("gb18030") + b"\n", 2, r"is not UTF-8"),
        (b"a\tb\nc\td\x00\n", 2, "holds a NUL"),
        (b"a\tb\n" + b"x" * 3_000_000, 2, "is longer than 1000 bytes"),
    ],
)
def test_a_faulty_row_is_named(tmp_path: Path, content: bytes, row: int, words: str) -> None:
    path = packed(tmp_path / "x.zip", **{"m.txt": content})
    found = fault(path, row_bytes=1000)
    assert (found.file, found.member, found.row) == ("x.zip", "m.txt", row)
    assert words in str(found)
    assert str(found).startswith(f"x.zip/m.txt, row {row}: ")
    assert found.remedy


def test_the_width_asked_for_is_held_to(tmp_path: Path) -> None:
    assert "has 1 columns instead of 97" in str(fault(packed(tmp_path / "x.zip", **{"m.txt": b"a"}), 97))


@pytest.mark.parametrize(
    "name", ["../x.txt", "/etc/x.txt", "a/../../x.txt", "..\\x.txt", "C:x.txt", "\\x.txt", "x.txt\0.exe"]
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "x.zip", **{"nine_____.txt": b"a"})
    raw = path.read_bytes()
    wanted = name.encode().ljust(len("nine_____.txt"), b" ")[: len("nine_____.txt")]
    path.write_bytes(raw.replace(b"nine_____.txt", wanted))
    assert "leads out of its folder" in str(fault(path))


def test_a_member_without_a_name_is_refused(tmp_path: Path) -> None:
    # found by fuzzing: zipfile cuts a name at its NUL, and then fails on nothing
    path = packed(tmp_path / "x.zip", **{"x.txt": b"a\tb"})
    path.write_bytes(path.read_bytes().replace(b"x.txt", b"\0.txt"))
    assert "leads out of its folder" in str(fault(path))


def test_a_name_that_only_says_it_is_utf_8_is_refused(tmp_path: Path) -> None:
    # found by fuzzing
    path = packed(tmp_path / "x.zip", **{"费.txt": b"a\tb"})
    path.write_bytes(path.read_bytes().replace("费".encode(), b"\xb7\xb7\xb7"))
    assert "its directory cannot be read" in str(fault(path))


def test_an_archive_says_what_it_is_not(tmp_path: Path) -> None:
    plain = tmp_path / "x.zip"
    plain.write_bytes(b"no archive at all")
    assert "is no whole ZIP archive" in str(fault(plain))
    assert "is no .txt file" in str(fault(packed(tmp_path / "y.zip", **{"x.exe": b"a"})))
    assert "is an empty archive" in str(fault(packed(tmp_path / "z.zip")))
    assert "is an empty archive" in str(fault(packed(tmp_path / "d.zip", **{"folder/": b""})))
    assert "cannot be read" in str(fault(tmp_path / "nowhere.zip"))


def test_bombs_are_bounded(tmp_path: Path) -> None:
    many = packed(tmp_path / "many.zip", **{f"{number}.txt": b"a" for number in range(4)})
    assert "has 4 members, 3 allowed" in str(fault(many, members=3))
    big = packed(tmp_path / "big.zip", **{"x.txt": bytes(5_000_000)})
    assert big.stat().st_size < 10_000
    assert "unpacks to 5000000 bytes" in str(fault(big, unpacked_bytes=1_000_000))
    assert "max_unpacked_bytes" in fault(big, unpacked_bytes=1_000_000).remedy


def test_a_member_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", **{"x.txt": b"a\tb\n" * 100_000})
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<L", 400_000), struct.pack("<L", 4_000)))
    assert "x.zip" in str(fault(path))
    assert len(values_until_fault(path)) <= 1001


def values_until_fault(path: Path) -> list[list[str | None]]:
    taken: list[list[str | None]] = []
    with pytest.raises(FileFault):
        taken.extend(row.values for row in TextArchive(path).rows())
    return taken


def test_damage_is_found_wherever_it_is(tmp_path: Path) -> None:
    lines = "".join(f"{number}\t{number * 7919 % 104729}\n" for number in range(20_000)).encode()
    path = packed(tmp_path / "x.zip", **{"x.txt": lines})
    raw = bytearray(path.read_bytes())
    for place in (40, len(raw) // 2, len(raw) - 30):
        broken = bytearray(raw)
        broken[place] ^= 0xFF
        (tmp_path / "y.zip").write_bytes(broken)
        assert str(fault(tmp_path / "y.zip"))
    (tmp_path / "y.zip").write_bytes(raw[: len(raw) // 2])
    assert "is no whole ZIP archive" in str(fault(tmp_path / "y.zip"))


def test_an_encrypted_or_strangely_packed_member_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", **{"x.txt": b"abc" * 100})
    raw = bytearray(path.read_bytes())
    central = raw.index(b"PK\x01\x02")
    encrypted = bytearray(raw)
    encrypted[central + 8] |= 1
    path.write_bytes(encrypted)
    assert "is encrypted" in str(fault(path))
    raw[central + 10] = 99
    raw[8] = 99
    path.write_bytes(raw)
    assert "is no whole ZIP archive" in str(fault(path))


def test_the_limits_are_the_site_s() -> None:
    limits = ArchiveLimits.of(load_profile("demo"))
    assert limits == ArchiveLimits(8 * 1024**3, 100, 1024**2)


CELLS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\0"), max_size=30).filter(
        lambda text: text != "null"
    ),
)


@given(st.integers(1, 8).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width))))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str | None]]
) -> None:
    path = tmp_path_factory.mktemp("archive") / "x.zip"
    # a first cell that begins with a byte order mark is one; a last row of one empty cell is a line's end
    rows = [[(cell or "x").lstrip("\ufeff") or "x", *rest] for cell, *rest in rows]
    assert write_archive(path, "x.txt", rows) == len(rows)
    if rows:
        assert values(path, len(rows[0])) == rows


@given(st.binary(max_size=2000))
def test_no_bytes_do_worse_than_be_refused(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    folder = tmp_path_factory.mktemp("junk")
    (folder / "x.zip").write_bytes(junk)
    for path in (folder / "x.zip", packed(folder / "y.zip", **{"x.txt": junk})):
        with suppress(FileFault):
            assert all(len(row) for row in values(path))


@pytest.mark.parametrize("value", ["a\tb", "a\nb", "a\rb", "a\0b", "null"])
def test_what_the_format_cannot_hold_is_not_written(tmp_path: Path, value: str) -> None:
    with pytest.raises(FileFault, match=r"x\.zip/x\.txt, row 2: has a value") as raised:
        write_archive(tmp_path / "x.zip", "x.txt", [["a", None], ["b", value]])
    assert raised.value.row == 2
    assert list(tmp_path.iterdir()) == []


def test_a_writer_s_archive_is_a_plain_zip(tmp_path: Path) -> None:
    write_archive(tmp_path / "x.zip", "明细.txt", [["1", None]])
    with zipfile.ZipFile(io.BytesIO((tmp_path / "x.zip").read_bytes())) as archive:
        assert archive.read("明细.txt") == b"1\tnull\n"
