"""What one job could learn of another, beside it or before it, in the same jail or the next."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from sandbox.pool import Pool
from sandbox.protocol import Status
from tests.attacks.host import look, nothing_of_an_attack
from tests.attacks.jail_lab import output, run, sound, until_ready

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

FORGED = b'{"v":1,"status":"ok","value":{"value":"forged"},"error":"","limit":""}\n'

# The heap is what a child inherits. The word is put together in a mapping beside it, so that the search does not find
# itself, and C does the searching, so that nothing is copied.
SEARCH = """
needle = mmap.mmap(-1, 4096)
needle[:8], needle[8:16] = {first!r}, {second!r}
libc = ctypes.CDLL(None)
libc.sbrk.restype = libc.memmem.restype = libc.malloc.restype = ctypes.c_void_p
libc.memmem.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t]
where = ctypes.addressof(ctypes.c_char.from_buffer(needle))
end = at = libc.sbrk(0)
reading, writing = os.pipe()
while libc.write(writing, ctypes.c_void_p(at - 4096), 1) == 1:
    os.read(reading, 1)
    at -= 4096
bool(libc.memmem(at, end - at, where, 16)), end - at > 50 << 20
"""


async def test_nothing_of_an_earlier_job_is_left_in_memory(pool: Pool) -> None:
    word = secrets.token_hex(8)
    search = SEARCH.format(first=word[:8].encode(), second=word[8:].encode())
    for _ in range(3):
        await run(pool, f"kept = ['{word}' * number for number in range(1000)]; print('{word}'); torch.ones(10**6)")
    for _ in range(3):
        assert (await run(pool, search)).value["value"] == "(False, True)"
    assert (await run(pool, f"kept = '{word}'" + search)).value["value"] == "(True, True)", (
        "the search finds what is there"
    )


async def test_answers_never_change_places(pair: Pool) -> None:
    """Sixty jobs, some of which are killed or answer in another's place, in three jails: to each its own."""
    before = await asyncio.to_thread(look)
    words = [secrets.token_hex(8) for _ in range(60)]
    tail = {0: "os._exit(1)", 10: f"os.write(3, {FORGED!r})", 20: "ctypes.string_at(0)", 30: "ctypes.memset(3, 0, 9)"}
    asked = [f"print('{word}'); {tail.get(number % 40, repr(word))}" for number, word in enumerate(words)]
    results = await asyncio.gather(*(run(pair, code) for code in asked))
    for number, (word, result) in enumerate(zip(words, results, strict=True)):
        assert not any(other in str(result.value) for other in set(words) - {word})
        if number % 40 not in tail:
            assert result.status is Status.OK, result
            assert (result.value["value"], output(result)) == (repr(word), word + "\n")
    assert await asyncio.to_thread(look) == before
    assert await asyncio.to_thread(nothing_of_an_attack) == []


async def test_no_job_sees_what_another_does_beside_it(pair: Pool) -> None:
    """Neither its files nor its processes, in a jail beside it or in the same one after it."""
    secret = "kept = open('/tmp/secret', 'w'); kept.write('s3cret'); print('up'); threading.Event().wait(2)"
    others = """
found = [name for _, _, files in os.walk('/tmp') for name in files]
def sent(number):
    try:
        os.kill(number, 0)
        return True
    except PermissionError:
        return False
found, [number for number in range(2, 300) if number != os.getpid() and sent(number)]
"""
    await until_ready(pair, 2)
    first = asyncio.create_task(run(pair, secret))
    beside = await run(pair, others)
    assert output(await first) == "up\n"
    for result in (beside, *[await run(pair, others) for _ in range(2)]):
        assert result.value["value"] == "([], [])", result


async def test_a_job_finds_no_argument_and_no_environment_of_anybody(pool: Pool) -> None:
    code = """
libc = ctypes.CDLL(None)
variables = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
found, at = [], 0
while variables[at]:
    found.append(variables[at].decode().split("=")[0]); at += 1
print(sys.argv, *found)
"""
    argv, *found = output(await run(pool, code)).split()
    assert argv == "['<run>']"
    names = set(found)
    assert names <= {
        *("PATH", "LANG", "LC_CTYPE", "TZ", "HOME", "TMPDIR", "USER", "LOGNAME", "PYTHONDONTWRITEBYTECODE", "PWD"),
        *("PYTHONSAFEPATH", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "KMP_INIT_AT_FORK"),
        *("GLIBC_TUNABLES", "PYTHONMALLOC", "TORCHINDUCTOR_CACHE_DIR", "PYTHONPATH", "LD_LIBRARY_PATH"),
    }, names
    await sound(pool)
