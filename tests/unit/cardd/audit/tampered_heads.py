"""What somebody could do to the heads of a log; and the list of all kinds of tampering."""

import base64
from collections.abc import Callable

from tests.fixtures.made_log import Key, time_text, us_of
from tests.unit.cardd.audit import tampered
from tests.unit.cardd.audit.tampered import SEED, Expected, Files, flipped, head_again, heads_until, notes_of, size_of


def flip_bit_of_heads(files: Files) -> Expected:
    name, octets = files.a_heads_file()
    files.put(name, flipped(files.chance, octets, files.chance.randrange(len(octets))))
    return Expected(heads_file=name)


def leave_out_a_day(files: Files) -> Expected:
    """The heads of a whole day are gone; any but the newest, whose loss looks like an earlier state of the disk."""
    name = files.chance.choice(list(files.heads)[:-1])
    files.put(name, None)
    return Expected(heads_file=list(files.heads)[list(files.heads).index(name) + 1])


def leave_out_a_change_of_keys(files: Files) -> Expected:
    """The last head of a key, or the first of the next, is taken out."""
    days = list(files.heads)
    number = files.chance.randrange(len(days) - 1)
    if files.chance.random() < 0.5:
        files.put(days[number], b"".join(notes_of(files.heads[days[number]])[:-1]))
    else:
        files.put(days[number + 1], b"".join(notes_of(files.heads[days[number + 1]])[1:]))
    return Expected(heads_file=days[number + 1])


def swap_heads(files: Files) -> Expected:
    several = [(name, octets) for name, octets in files.heads.items() if len(notes_of(octets)) > 2]
    name, octets = files.chance.choice(several)
    notes = notes_of(octets)
    first, second = files.chance.sample(range(len(notes)), 2)
    if size_of(notes[first]) == size_of(notes[second]):
        return flip_bit_of_heads(files)
    notes[first], notes[second] = notes[second], notes[first]
    files.put(name, b"".join(notes))
    return Expected(heads_file=name)


def cut_heads_inside(files: Files) -> Expected:
    name, octets = files.a_heads_file()
    places = {0}
    for note in notes_of(octets):
        places.add(max(places) + len(note))
    place = files.chance.choice([each for each in range(1, len(octets)) if each not in places])
    files.put(name, octets[:place])
    return Expected(heads_file=name)


def put_old_heads_back(files: Files) -> Expected:
    """The records stay, the heads files are an earlier state. A head kept elsewhere tells."""
    sizes = sorted({size_of(note) for octets in files.heads.values() for note in notes_of(octets)})
    heads_until(files, files.chance.choice(sizes[:-1]))
    return Expected(anchor=files.newest_head)


def fork_a_head(files: Files) -> Expected:
    """Who has the key of the day signs another tree of the same size, and puts that head in the place of the right one."""
    name, octets = files.a_heads_file()
    notes = notes_of(octets)
    number = files.chance.randrange(len(notes))
    root, chain = files.chance.randbytes(32), files.chance.randbytes(32)
    _, _, root64, _, told, _ = notes[number].split(b"\n\n")[0].split(b"\n")
    kept = files.chance.random() < 0.3
    text = head_again(notes[number], root, bytes.fromhex(told[6:].decode()) if kept else chain)
    assert root64 != base64.b64encode(root)
    notes[number] = Key.of(files.log_id, name[6:16], SEED).note(text) + b"\n"
    files.put(name, b"".join(notes))
    return Expected(heads_file=name)


def show_a_forked_head(files: Files) -> Expected:
    """The log is untouched; the head kept elsewhere is signed by the right key and is of the same size with another root."""
    name, octets = files.a_heads_file()
    note = files.chance.choice(notes_of(octets))
    text = head_again(note, files.chance.randbytes(32), files.chance.randbytes(32))
    return Expected(
        size_of(note), anchor=Key.of(files.log_id, name[6:16], SEED).note(text), words=frozenset({"anchor_root"})
    )


def change_the_first_key_file(files: Files) -> Expected:
    other = Key.of(files.log_id, "2026-04-01", files.chance.randbytes(32))
    files.put("first.key", other.verifier_key.encode() + b"\n")
    return Expected(words=frozenset({"first_key"}))


def set_a_heads_time(files: Files) -> Expected:
    """The head's own time is moved to another day without a new signature."""
    name, octets = files.a_heads_file()
    notes = notes_of(octets)
    number = files.chance.randrange(len(notes))
    lines = notes[number].split(b"\n")
    lines[3] = b"time " + time_text(us_of(2026, 4, files.chance.randrange(5, 29))).encode()
    notes[number] = b"\n".join(lines)
    files.put(name, b"".join(notes))
    return Expected(heads_file=name)


KINDS: tuple[Callable[[Files], Expected], ...] = (
    tampered.flip_bit,
    tampered.cut_inside,
    tampered.insert_bytes,
    tampered.delete_record,
    tampered.duplicate_record,
    tampered.move_record,
    tampered.swap_records,
    tampered.lose_segment,
    tampered.exchange_segments,
    tampered.truncate,
    tampered.truncate_with_heads,
    tampered.rewrite_with_right_sum,
    tampered.reseal,
    tampered.drop_and_reseal,
    tampered.reseal_with_newer_key,
    tampered.exchange_key_record,
    tampered.old_times_under_a_new_key,
    flip_bit_of_heads,
    leave_out_a_day,
    leave_out_a_change_of_keys,
    swap_heads,
    cut_heads_inside,
    put_old_heads_back,
    fork_a_head,
    show_a_forked_head,
    change_the_first_key_file,
    set_a_heads_time,
)
