"""What NVIDIA's driver asks of the kernel beside what every job may: data for the filters, as narrow as is known.

Sources: NVIDIA's open kernel modules (nv-ioctl-numbers.h, nv_escape.h, uvm_ioctl.h) and the list that gVisor's nvproxy
permits for compute. One of these requests, RM_CONTROL, carries hundreds of commands that no filter of the kernel's
can tell apart: what a job may do to the driver is bounded by the driver alone.
"""

from __future__ import annotations

# To /dev/nvidia*, as _IOWR('F', number, size); sizes differ from driver to driver and are not compared.
_FRONTEND = (
    *(0x27, 0x29, 0x2A, 0x2B),  # allocate memory, free, control, allocate an object
    *(0x34, 0x35),  # duplicate and share an object
    *(0x4A, 0x4E, 0x4F, 0x5E),  # video memory; map, unmap, say where it was mapped
    *(200, 201, 206, 207),  # card information, register a descriptor, allocate and free an event
    *(210, 212, 214, 218),  # the driver's version, attach, system parameters, wait for the device
)
_READ_WRITE, _KIND = 0xC0000000, ord("F") << 8
SIZE_MASK = 0xC000FFFF  # direction, kind and number of a request, without its size
SIZED_IOCTLS = tuple(_READ_WRITE | _KIND | number for number in _FRONTEND)

# To /dev/nvidia-uvm, as bare numbers. Reading and writing other processes' memory (62, 63) and tracing are left out.
UVM_IOCTLS = (
    *(0x30000001, 0x30000002, 75),  # begin, end
    *(23, 24, 31),  # groups of ranges
    *(25, 26, 27, 28, 29, 30, 37, 38),  # address spaces, channels, peers, devices
    *(33, 34, 65, 66, 68, 72, 73),  # external memory, regions, semaphores, ranges
    *(39, 70, 42, 43, 44, 45, 46, 47, 51, 53),  # where memory is, and moving it
)

# While the device starts, before a job's own filter; the jail has a network of its own with nobody in it. libcuda
# binds and listens on an abstract socket, and fails where it may not. `seccomp` is for a filter on every thread.
STARTING: dict[str, tuple[int | None, int | None]] = {
    "bind": (49, 200), "listen": (50, 201), "setsockopt": (54, 208), "seccomp": (317, 277),
    "sched_setaffinity": (203, 122), "set_mempolicy": (238, 237),
}  # fmt: skip
SOCKET = (41, 198)  # of the local kind alone
