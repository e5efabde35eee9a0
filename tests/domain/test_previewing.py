"""Looks into files that strangers sent: what is shown, and that no file costs more than its due."""

import gzip
import io
import struct
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations.services import previewing
from operations.services.previewing import Preview

MEBI = 1024 * 1024
Keep = Callable[[bytes], Path]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Writes a received file."""

    def write(data: bytes) -> Path:
        path = tmp_path / "a1b2c3"
        path.write_bytes(data)
        return path

    return write


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(entries: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in entries.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def names(preview: Preview) -> list[str]:
    return [entry.name for entry in preview.entries]


def notes(preview: Preview) -> str:
    return " ".join(preview.notes)


# --- Text --------------------------------------------------------------------------------------


def test_text_is_shown_as_it_is(keep: Keep) -> None:
    preview = previewing.of_file(keep("10:02 störung <b>&\r\n\tline 2\n".encode()))
    assert preview == Preview(text="10:02 störung <b>&\n\tline 2\n")


def test_only_the_beginning_of_a_long_text_is_shown(keep: Keep) -> None:
    preview = previewing.of_file(keep(b"x" * (64 * 1024 - 1) + "é".encode() * MEBI))
    assert preview.text == "x" * (64 * 1024 - 1)
    assert "Only the first 64 KiB" in notes(preview)


def test_what_would_hide_or_turn_text_around_is_shown_by_its_number(keep: Keep) -> None:
    text = "exe\u202egpj.\u200b\x1b[31mred\rend of this rather ordinary line of a log\n".encode()
    preview = previewing.of_file(keep(text + b"\xff"))
    assert preview.text == (
        "exe\\u202egpj.\\u200b\\x1b[31mred\\x0dend of this rather ordinary line of a log\n\\xff"
    )


def test_utf_16_is_read_by_its_mark(keep: Keep) -> None:
    assert previewing.of_file(keep("Störung\n".encode("utf-16"))).text == "Störung\n"


def test_what_is_no_text_is_shown_as_bytes(keep: Keep) -> None:
    preview = previewing.of_file(keep(bytes(range(256)) * 4))
    assert preview.text == ""
    assert preview.dump.splitlines()[2] == (
        "0020  20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f   !\"#$%&'()*+,-./"
    )
    assert "no text" in notes(preview)


def test_an_empty_file_says_so(keep: Keep) -> None:
    assert previewing.of_file(keep(b"")).notes == ("It is empty.",)


# --- Archives ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pack",
    [
        zipped,
        tarred,
        lambda entries: tarred(entries, tarfile.GNU_FORMAT),
        lambda entries: gzip.compress(tarred(entries)),
    ],
    ids=["zip", "tar-pax", "tar-gnu", "tar.gz"],
)
def test_an_archive_is_listed_and_its_texts_shown(
    keep: Keep, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    long = f"log/{'d' * 150}/störung.txt"
    path = keep(pack({"a.log": b"first\n", long: b"second\n", "../../etc/passwd": b"third\n"}))
    preview = previewing.of_file(path)
    assert preview.is_archive
    assert names(preview) == ["a.log", long, "../../etc/passwd"]
    assert [entry.member.size_bytes for entry in preview.entries] == [6, 7, 6]
    shown = [previewing.of_entry(path, index) for index in range(3)]
    assert [each and each.text for each in shown] == ["first\n", "second\n", "third\n"]
    assert previewing.of_entry(path, 3) is None
    assert previewing.of_entry(path, -1) is None


def test_a_packed_text_is_shown_unpacked_also_when_cut_short(keep: Keep) -> None:
    lines = b"".join(b"%d: an entry of the log\n" % number for number in range(20_000))
    packed = gzip.compress(lines)
    assert previewing.of_file(keep(packed)).text == lines[: 64 * 1024].decode()
    cut = previewing.of_file(keep(packed[: len(packed) // 2])).text
    assert cut == lines[: len(cut)].decode()
    assert len(cut) > 1000
    assert previewing.of_file(keep(gzip.compress(b"one\n") + gzip.compress(b"two\n"))).text == (
        "one\ntwo\n"
    )


def test_names_are_shown_on_one_visible_line(keep: Keep) -> None:
    preview = previewing.of_file(keep(tarred({"a\nb\t\u202ec<script>": b""})))
    assert names(preview) == ["a\\x0ab\\x09\\u202ec<script>"]


def test_what_is_in_an_archive_is_not_opened_in_turn(keep: Keep) -> None:
    path = keep(zipped({"inner.zip": zipped({"deep.txt": b"x"})}))
    preview = previewing.of_entry(path, 0)
    assert preview is not None
    assert (preview.entries, preview.text) == ((), "")
    assert "an archive (zip)" in notes(preview)


def test_folders_links_and_encrypted_entries_are_not_looked_into(keep: Keep) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (("logs", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    path = keep(buffer.getvalue())
    assert [entry.member.is_readable for entry in previewing.of_file(path).entries] == [False] * 2
    assert [previewing.of_entry(path, index) for index in (0, 1)] == [None, None]

    data = bytearray(zipped({"secret.txt": b"x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the directory says: encrypted
    path = keep(bytes(data))
    assert [entry.member.is_readable for entry in previewing.of_file(path).entries] == [False]
    assert previewing.of_entry(path, 0) is None


def test_a_zip_whose_entries_lie_before_its_beginning_is_damaged(keep: Keep) -> None:
    data = bytearray(zipped({"a.log": b"text\n" * 50}))
    directory_offset = data.rindex(b"PK\x05\x06") + 16
    data[directory_offset + 1] += 1
    preview = previewing.of_entry(keep(bytes(data)), 0)
    assert preview is not None
    assert "damaged, or cut short" in notes(preview)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_without_small_steps_stay_closed(keep: Keep, method: int) -> None:
    path = keep(zipped({"bomb": b"\0" * MEBI}, method))
    assert names(previewing.of_file(path)) == ["bomb"]
    assert previewing.of_entry(path, 0) is None


@pytest.mark.parametrize(
    ("start", "kind"), [(b"7z\xbc\xaf\x27\x1c", "7z"), (b"\xfd7zXZ\x00", "xz"), (b"BZh", "bzip2")]
)
def test_other_archives_are_named(keep: Keep, start: bytes, kind: str) -> None:
    assert f"an archive ({kind})" in notes(previewing.of_file(keep(start + b"\0" * 50)))


# --- Bombs -------------------------------------------------------------------------------------


class Cost:
    """What a look took."""

    def __enter__(self) -> "Cost":
        tracemalloc.start()
        self._began = time.perf_counter()
        return self

    def __exit__(self, *exc: object) -> None:
        self.seconds = time.perf_counter() - self._began
        self.bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


def bomb() -> bytes:
    """Half a gigabyte of zeros in half a megabyte, after a small header of a tar file."""
    member = tarfile.TarInfo("zeros")
    member.size = 512 * MEBI
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as packed:
        packed.write(member.tobuf())
        for _ in range(512):
            packed.write(bytes(MEBI))
    return buffer.getvalue()


def many_entries() -> bytes:
    return tarred({f"{number}.txt": b"" for number in range(1_200)})


def huge_directory() -> bytes:
    """A zip of 2 MiB that is all directory: as objects it would be a hundred times larger."""
    count = 2 * MEBI // 47
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 9, 1, *[0] * 6) + b"a"
    size = len(entry) * count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, size, 0, 0)
    return b"PK\x03\x04" + entry * count + end


def huge_extension() -> bytes:
    """A tar file whose extended header claims 64 MiB, and has them."""
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 64 * MEBI
    return member.tobuf() + b"9" * (64 * MEBI)


def members_without_content() -> bytes:
    return gzip.compress(b"") * 200_000


def endless_name() -> bytes:
    return b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * (40 * MEBI)


@pytest.mark.parametrize(
    "make",
    [bomb, huge_directory, huge_extension, members_without_content, endless_name],
)
def test_a_bomb_costs_little_and_is_told(keep: Keep, make: Callable[[], bytes]) -> None:
    path = keep(make())
    with Cost() as cost:
        preview = previewing.of_file(path)
        entry = previewing.of_entry(path, 1)
    assert notes(preview)
    assert entry is None or entry.notes
    assert cost.bytes < 12 * MEBI
    assert cost.seconds < 10  # with memory traced on a busy machine; plainly it is one at most


def test_only_a_thousand_entries_are_listed(keep: Keep) -> None:
    path = keep(many_entries())
    preview = previewing.of_file(path)
    assert len(preview.entries) == 1_000
    assert "Only the first 1000 entries" in notes(preview)
    assert previewing.of_entry(path, 1_000) is None


def test_a_large_tar_file_is_listed_without_reading_what_it_holds(keep: Keep) -> None:
    path = keep(tarred({"large.bin": bytes(40 * MEBI), "small.txt": b"hello\n"}))
    assert names(previewing.of_file(path)) == ["large.bin", "small.txt"]
    shown = previewing.of_entry(path, 1)
    assert shown is not None
    assert shown.text == "hello\n"


@pytest.mark.parametrize("pack", [zipped, tarred, lambda each: gzip.compress(tarred(each))])
def test_what_is_cut_short_is_shown_as_far_as_it_goes(
    keep: Keep, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    whole = pack({"a.log": b"a" * 5_000, "b.log": bytes(range(256)) * 40})
    preview = previewing.of_file(keep(whole[: len(whole) - len(whole) // 2]))
    assert "damaged, or cut short" in notes(preview)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_a_file_holds_raises(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = data.draw(
        st.sampled_from(
            [
                zipped({"a": b"text\n" * 50, "b/": b""}),
                tarred({"ä" * 120: b"text\n" * 300}),
                gzip.compress(tarred({"a": b"text\n" * 50})),
                b"",
            ]
        )
    )
    spoiled = bytearray(whole)
    for at, byte in data.draw(
        st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 255)), max_size=12)
    ):
        if at < len(spoiled):
            spoiled[at] = byte
    path = tmp_path_factory.mktemp("spoiled") / "file"
    path.write_bytes(bytes(spoiled) + data.draw(st.binary(max_size=40)))
    preview = previewing.of_file(path)
    assert all(char.isprintable() or char in "\n\t" for char in preview.text)
    for index in range(3):
        previewing.of_entry(path, index)
