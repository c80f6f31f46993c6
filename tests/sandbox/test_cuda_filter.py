"""The filters of a CUDA jail, run step by step as the kernel runs them: what gets through, and what does not."""

from __future__ import annotations

import errno
import struct

import pytest

from sandbox import calls, cuda_calls
from sandbox.seccomp import job_program, zygote_program

ALLOWED, PID = 0x7FFF0000, 2
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def verdict(program: bytes, machine: str, name: str, *arguments: int) -> int:
    """0 where the call gets through, else the error that it gets."""
    column, architecture = MACHINES[machine]
    table = {**calls.ZYGOTE, **cuda_calls.STARTING, "socket": cuda_calls.SOCKET, "connect": (42, 203)}
    given = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("=iIQ6Q", table[name][column] or 0, architecture, 0, *given)
    steps = list(struct.iter_unpack("=HBBI", program))
    at = held = 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        match code:
            case 0x20:
                held = struct.unpack_from("=I", data, value)[0]
            case 0x54:
                held &= value
            case 0x15:
                at += if_true if held == value else if_false
            case 0x35:
                at += if_true if held >= value else if_false
            case 0x45:
                at += if_true if held & value else if_false
            case 0x06:
                assert value & 0xFFFF0000 in {ALLOWED, 0x00050000}
                return 0 if value == ALLOWED else value & 0xFFFF
            case _:
                raise AssertionError(code)


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("size", [0x00, 0x20, 0xB8, 0xC00])
def test_the_drivers_requests_get_through_at_every_size(machine: str, size: int) -> None:
    for program in (zygote_program(machine, cuda=True), job_program(machine, PID, cuda=True)):
        for request in cuda_calls.SIZED_IOCTLS:
            assert verdict(program, machine, "ioctl", 5, request | size << 16) == 0, hex(request)


def test_so_do_those_of_unified_memory_and_of_files(machine: str) -> None:
    program = job_program(machine, PID, cuda=True)
    for request in (*cuda_calls.UVM_IOCTLS, *calls.IOCTLS):
        assert verdict(program, machine, "ioctl", 5, request) == 0, hex(request)


@pytest.mark.parametrize(
    "request_",
    [
        62,  # unified memory: read another process's memory
        63,  # and write it
        74,
        0x5413,  # a terminal's size
        0x5412,  # a letter typed into a terminal
        0xC00046D1,  # export memory to other devices
        0x400046C8,  # the right number in the wrong direction
        0xC00047C8,  # and of another kind
    ],
)
def test_no_other_request_gets_through(machine: str, request_: int) -> None:
    for program in (zygote_program(machine, cuda=True), job_program(machine, PID, cuda=True)):
        assert verdict(program, machine, "ioctl", 5, request_) == errno.ENOTTY


def test_without_cuda_no_request_of_a_device_gets_through(machine: str) -> None:
    for program in (zygote_program(machine), job_program(machine, PID)):
        for request in (*cuda_calls.SIZED_IOCTLS, *cuda_calls.UVM_IOCTLS):
            assert verdict(program, machine, "ioctl", 5, request) == errno.ENOTTY


def test_while_a_device_starts_a_local_socket_may_be_made_and_listened_to_and_afterwards_none(machine: str) -> None:
    starting, job = zygote_program(machine, cuda=True), job_program(machine, PID, cuda=True)
    assert verdict(starting, machine, "socket", 1) == 0
    assert verdict(starting, machine, "socket", 2) == errno.EPERM
    assert verdict(starting, machine, "connect", 3) == errno.EPERM
    for name in (*cuda_calls.STARTING, "socket"):
        assert verdict(starting, machine, name, 1) == 0, name
        assert verdict(job, machine, name, 1) == errno.EPERM, name
        assert verdict(zygote_program(machine), machine, name, 1) == errno.EPERM, name


def test_all_else_is_as_without_cuda(machine: str) -> None:
    plain, cuda = job_program(machine, PID), job_program(machine, PID, cuda=True)
    for name in calls.ZYGOTE:
        if name != "ioctl":
            for argument in (0, 1, PID, 0x00010000, 0x7E020000):
                assert verdict(plain, machine, name, argument) == verdict(cuda, machine, name, argument), name
