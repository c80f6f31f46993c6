"""Everything that a job must not be able to do, tried inside a real jail, in each of the two modes."""

from __future__ import annotations

import os
import platform
import socket
from pathlib import Path

import pytest

from sandbox.pool import Pool
from sandbox.protocol import Status
from tests.attacks.jail_lab import run

pytestmark = pytest.mark.asyncio(loop_scope="session")
_X86 = platform.machine() == "x86_64"
_ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["bubblewrap", "landlock"])
def jails(request: pytest.FixtureRequest, pool: Pool, weak: Pool) -> Pool:
    return pool if request.param == "bubblewrap" else weak


REFUSED = {
    "internet sockets": "socket.socket()",
    "Unix sockets": "socket.socket(socket.AF_UNIX)",
    "netlink": "socket.socket(16, 3, 0)",
    "packet sockets": "socket.socket(17, 3, 0)",
    "pairs of datagram sockets": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "fork": "os.fork()",
    "programs": "os.execv('/usr/bin/true', ['true'])",
    "subprocess": "subprocess.run(['/usr/bin/true'])",
    "os.system": "open('/x', 'w') if os.system('true') else 'it ran'",
    "posix_spawn": "os.posix_spawn('/usr/bin/true', ['true'], {})",
    "forkpty": "os.forkpty()",
    "killing process 1": "os.kill(1, 9)",
    "killing everything": "os.kill(-1, 9)",
    "killing its group": "os.kill(0, 9)",
    "killing itself by kill": "os.kill(os.getpid(), 9)",
    "pidfd_open": "os.pidfd_open(1)",
    "the limits of process 1": "resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))",
    "the limits of its parent": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "more address space": "resource.setrlimit(resource.RLIMIT_AS, (1 << 50, 1 << 50))",
    "becoming root": "os.setuid(0)",
    "memfd": "os.memfd_create('x')",
    "the host's processes": "os.listdir('/proc')",
    "chroot": "os.chroot('/tmp')",
    "affinity": "os.sched_setaffinity(0, {0})",
    "nice": "os.setpriority(0, 0, -5)",
    "sync": "syscall(162) if os.uname().machine == 'x86_64' else syscall(81)",
    "symbolic links": "os.symlink('/etc/passwd', '/tmp/link')",
    "hard links": "open('/tmp/x', 'w').close(); os.link('/tmp/x', '/tmp/y')",
    "named pipes": "os.mkfifo('/tmp/pipe')",
    "devices": "os.mknod('/tmp/null', 0o20666, os.makedev(1, 3))",
    "Unix sockets in /tmp": "socket.socket(socket.AF_UNIX).bind('/tmp/socket')",
    "chown": "os.chown('/tmp', 0, 0)",
    "extended attributes": "os.setxattr('/tmp', 'user.x', b'x')",
    "chmod": "os.chmod('/tmp', 0o777)",
    "/etc/passwd": "open('/etc/passwd')",
    "/etc/shadow": "open('/etc/shadow')",
    "its own environment": "open('/proc/self/environ')",
    "its own memory": "open('/proc/self/mem', 'rb')",
    "the zygote's memory": "open('/proc/1/mem', 'rb')",
    "the kernel's settings": "open('/proc/sys/kernel/core_pattern', 'w')",
    "/sys": "os.listdir('/sys')",
    "/dev/mem": "open('/dev/mem', 'rb')",
    "/dev/kmsg": "open('/dev/kmsg')",
    "terminals": "open('/dev/ptmx', 'r+b', buffering=0)",
    "shared memory files": "open('/dev/shm/x', 'w')",
    "the root folder": "open('/x', 'w')",
    "the folder of libraries": "open(os.path.join(os.path.dirname(torch.__file__), 'x'), 'w')",
    "its own code": "open(sys.modules['sandbox.inmate'].__file__, 'r+')",
    "root's home": "os.listdir('/root')",
    "the bot's code": f"open({str(_ROOT / 'bot' / 'app.py')!r})",
    "the project": f"open({str(_ROOT / 'pyproject.toml')!r})",
    "host's /tmp by another way": "open('/tmp/../etc/hostname')",
}
SYSCALLS_X86 = {
    "ptrace": (101, 16, 1, 0, 0), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "process_vm_writev": (311, 1, 0, 0, 0, 0, 0), "prctl": (157, 4, 1, 0, 0, 0), "seccomp": (317, 1, 0, 0),
    "unshare users": (272, 0x10000000), "mount": (165, 0, 0, 0, 0, 0), "umount2": (166, 0, 0),
    "pivot_root": (155, 0, 0), "open_tree": (428, 0, 0, 0), "fsopen": (430, 0, 0), "bpf": (321, 0, 0, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0), "io_uring_setup": (425, 8, 0), "io_uring_enter": (426, 0, 0, 0),
    "keyctl": (250, 0), "add_key": (248, 0, 0, 0, 0, 0), "userfaultfd": (323, 0), "vfork": (58,),
    "clone a process": (56, 17, 0, 0, 0, 0), "clone a namespace": (56, 0x10000000 | 0x10000 | 0x800 | 0x100, 0, 0, 0),
    "tkill": (200, 1, 9), "tgkill another": (234, 1, 1, 9), "shmget": (29, 0, 4096, 0o1600),
    "msgget": (68, 0, 0o1600), "semget": (64, 0, 1, 0o1600), "mq_open": (240, 0, 0, 0, 0), "personality": (135, 0),
    "modify_ldt": (154, 0, 0, 0), "init_module": (175, 0, 0, 0), "reboot": (169, 0, 0, 0), "swapon": (167, 0, 0),
    "quotactl": (179, 0, 0, 0, 0), "acct": (163, 0), "sethostname": (170, 0, 0), "iopl": (172, 3),
    "name_to_handle_at": (303, 0, 0, 0, 0, 0), "kcmp": (312, 1, 1, 0, 0, 0), "fanotify_init": (300, 0, 0),
    "inotify_init1": (294, 0), "process_madvise": (440, 0, 0, 0, 0, 0), "execveat": (322, 0, 0, 0, 0, 0),
    "setns": (308, 3, 0), "landlock": (444, 0, 0, 1), "setsid": (112,), "memfd_secret": (447, 0), "mlockall": (151, 1),
}  # fmt: skip


@pytest.mark.parametrize("attempt", list(REFUSED.values()), ids=list(REFUSED))
async def test_a_job_may_not(jails: Pool, attempt: str) -> None:
    result = await run(jails, attempt)
    assert result.status is Status.USER_ERROR, result
    kind, text = result.value["error"]["type"], result.value["error"]["message"]
    read_only = kind == "OSError" and "[Errno 30]" in text
    assert read_only or kind in {"PermissionError", "FileNotFoundError", "ValueError"}, text


async def test_a_job_may_make_none_of_the_dangerous_calls(jails: Pool) -> None:
    if not _X86:
        return
    code = f"""
answers = {{}}
for name, call in {SYSCALLS_X86!r}.items():
    try:
        answers[name] = syscall(*call)
    except OSError as fault:
        if fault.errno != 1:
            answers[name] = fault.errno
answers
"""
    assert (await run(jails, code)).value["value"] == "{}"


async def test_calls_newer_than_the_filter_and_clone3_do_not_exist(jails: Pool) -> None:
    code = """
found = []
for number in (435, 460, 500, 4000):
    try:
        found.append(syscall(number, 0, 0, 0))
    except OSError as fault:
        found.append(fault.errno)
found
"""
    assert (await run(jails, code)).value["value"] == "[38, 38, 38, 38]"


async def test_the_call_gates_of_other_architectures_are_death(jails: Pool) -> None:
    if not _X86:
        return
    x32 = await run(jails, "syscall(0x40000000 + 39)")
    int80 = await run(
        jails,
        """
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""",
    )
    for result in (x32, int80):
        assert result.status is Status.KILLED
        assert result.error == "a system call that is never allowed"


async def test_a_job_sees_its_own_six_descriptors_and_nobodys_environment(jails: Pool) -> None:
    code = """
found = []
for number in range(1024):
    try:
        os.fstat(number)
    except OSError:
        continue
    found.append(number)
found, sorted(os.environ), sys.argv, os.getcwd(), os.getuid() != 0
"""
    value = (await run(jails, code)).value["value"]
    assert value.startswith("([0, 1, 2, 3, 4, 5], [")
    assert "STRIDE" not in value
    assert value.endswith(", True)")


async def test_no_socket_of_the_host_is_in_reach(jails: Pool) -> None:
    """A channel is a socket: connecting it anew, or sending elsewhere with it, is refused."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as abstract:
        abstract.bind("\0stride-attack-" + str(os.getpid()))
        abstract.setblocking(False)
        code = f"""
channel = socket.socket(fileno=3)
for attempt in (lambda: channel.connect("\\0stride-attack-{os.getpid()}"),
                lambda: channel.sendto(b"x", "\\0stride-attack-{os.getpid()}"),
                lambda: channel.sendmsg([b"x"], [], 0, "\\0stride-attack-{os.getpid()}"),
                lambda: socket.send_fds(channel, [b"x"], [0])):
    try:
        attempt()
        print("worked")
    except OSError as fault:
        print("refused")
channel.detach()
"""
        result = await run(jails, code)
        with pytest.raises(BlockingIOError):
            abstract.recv(10)
    assert "worked" not in "".join(piece["text"] for piece in result.value["output"])


async def test_what_learners_need_still_works(jails: Pool) -> None:
    """Threads, asyncio, a backward pass on two threads, optimizers, temporary randomness."""
    code = """
import asyncio, random
async def two(): return await asyncio.gather(asyncio.sleep(0, 1), asyncio.to_thread(lambda: 2))
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 30 * 30, 10))
torch.set_num_threads(2)
optimizer = torch.optim.Adam(model.parameters())
for _ in range(3):
    loss = model(torch.randn(4, 3, 32, 32)).square().mean()
    optimizer.zero_grad(); loss.backward(); optimizer.step()
big = torch.randn(600, 600) @ torch.randn(600, 600)
asyncio.run(two()), big.shape, bool(loss > 0), len(os.urandom(3)), random.random() < 1
"""
    result = await run(jails, code)
    assert result.status is Status.OK, result
    assert result.value["value"] == "([1, 2], torch.Size([600, 600]), True, 3, True)"
