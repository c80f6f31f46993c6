"""Which system calls a jail permits: a list of permissions, so that a call nobody thought of is refused.

Two lists stand over each other. `ZYGOTE` holds for everything in a jail from its first instruction; `JOB` is what a
job's own process keeps of it. What is missing from both (sockets, mounts, keys, tracing, modules, chmod, links,
memfd, io_uring, bpf) was never there for users' code to reach.
"""

from __future__ import annotations

# name: (number on x86_64, number on aarch64); None where that machine has no such call
_SHARED: dict[str, tuple[int | None, int | None]] = {
    # memory
    "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "brk": (12, 214),
    "madvise": (28, 233), "mincore": (27, 232), "msync": (26, 227), "membarrier": (324, 283),
    "get_mempolicy": (239, 236),
    # files, read
    "read": (0, 63), "readv": (19, 65), "pread64": (17, 67), "preadv": (295, 69), "preadv2": (327, 286),
    "open": (2, None), "openat": (257, 56), "close": (3, 57), "close_range": (436, 436), "lseek": (8, 62),
    "stat": (4, None), "fstat": (5, 80), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439), "getdents": (78, None),
    "getdents64": (217, 61), "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "readlink": (89, None),
    "readlinkat": (267, 78), "statfs": (137, 43), "fstatfs": (138, 44), "fadvise64": (221, 223),
    # files, written
    "write": (1, 64), "writev": (20, 66), "pwrite64": (18, 68), "pwritev": (296, 70), "pwritev2": (328, 287),
    "creat": (85, None), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None),
    "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "ftruncate": (77, 46), "truncate": (76, 45), "fallocate": (285, 47), "fsync": (74, 82), "fdatasync": (75, 83),
    "umask": (95, 166), "utimensat": (280, 88), "copy_file_range": (326, 285), "sendfile": (40, 71),
    "flock": (73, 32),
    # descriptors
    "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "fcntl": (72, 25), "pipe": (22, None), "pipe2": (293, 59),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "epoll_create": (213, None),
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None), "epoll_pwait": (281, 22),
    "epoll_pwait2": (441, 441), "eventfd2": (290, 19), "ioctl": (16, 29),
    # time
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153), "getitimer": (36, 102),
    "setitimer": (38, 103), "alarm": (37, None),
    # this process
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getresuid": (118, 148), "getresgid": (120, 150),
    "getgroups": (115, 158), "getpgrp": (111, None), "getpgid": (121, 155), "getsid": (124, 156),
    "getrusage": (98, 165), "getrlimit": (97, 163), "prlimit64": (302, 261), "getpriority": (140, 141),
    "sysinfo": (99, 179), "uname": (63, 160), "getrandom": (318, 278), "getcpu": (309, 168), "exit": (60, 93),
    "exit_group": (231, 94), "arch_prctl": (158, None),
    # threads
    "clone": (56, 220), "set_tid_address": (218, 96), "set_robust_list": (273, 99), "get_robust_list": (274, 100),
    "rseq": (334, 293), "futex": (202, 98), "futex_waitv": (449, 449), "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126), "sched_rr_get_interval": (148, 127),
    # signals
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136),
    "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137), "sigaltstack": (131, 132), "pause": (34, None),
    "restart_syscall": (219, 128), "tgkill": (234, 131),
    # a pair of sockets inside one process, for asyncio
    "socketpair": (53, 199), "sendto": (44, 206), "recvfrom": (45, 207), "shutdown": (48, 210),
    "getsockname": (51, 204), "getpeername": (52, 205), "getsockopt": (55, 209),
}  # fmt: skip
_ZYGOTE_ALONE: dict[str, tuple[int | None, int | None]] = {
    "execve": (59, 221), "wait4": (61, 260), "waitid": (247, 95), "pidfd_open": (434, 434), "prctl": (157, 167),
    "recvmsg": (47, 212), "sendmsg": (46, 211), "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445), "landlock_restrict_self": (446, 446),
}  # fmt: skip

JOB = _SHARED
ZYGOTE = _SHARED | _ZYGOTE_ALONE

CLONE3 = (435, 435)
FIRST_UNKNOWN = 450  # newer than this list on every machine: glibc is told that they do not exist

# ioctls of ordinary files and pipes: isatty, non-blocking, how much there is to read, close-on-exec
IOCTLS = (0x5401, 0x5421, 0x541B, 0x5451, 0x5450)
# fcntl: copies of a descriptor, its flags, its file's flags and locks, a pipe's size. Not: who gets its signals and
# which (F_SETOWN, F_SETSIG: the kernel sends them where `kill` is refused), leases, notices of changes, seals.
FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1031, 1032)
NAMESPACES = 0x7E020000  # every CLONE_NEW* flag that clone takes
