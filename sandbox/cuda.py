"""What a jail needs for CUDA beside what every jail has: NVIDIA's devices, its libraries and what they look at.

Found on the machine, as data for `sandbox.jail.Plan`; nothing here touches a device. Only the chosen GPU is there
inside, and neither the display's nodes nor MPS. libcuda fails to start without `/sys/module/nvidia*`, without
`/dev/nvidia-uvm-tools` (driver 570 on) and where it may not name its own threads in `/proc`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY_GPU = ("nvidiactl", "nvidia-uvm")
_IF_THERE = ("nvidia-uvm-tools",)
_LIBRARIES = ("libcuda.so.1", "libnvidia-ml.so.1")
_DRIVER_FOLDERS = (
    *("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib", "lib64"),
    *("usr/local/nvidia/lib64", "usr/local/cuda/compat", "run/opengl-driver/lib", "usr/lib/wsl/lib"),
)
_SYSTEM = ("usr/lib", "usr/lib64", "lib", "lib64")  # every jail has them
_LOOKED_AT = (
    *("sys/module/nvidia", "sys/module/nvidia_uvm", "sys/module/nvidia_modeset", "sys/module/nvidia_drm"),
    *("sys/devices/system/cpu", "sys/devices/system/node", "sys/devices/system/memory/block_size_bytes"),
)
_MINOR = re.compile(r"^Device Minor:\s*(\d+)\s*$", re.MULTILINE)
_CAPABILITY = re.compile(r"^DeviceFileMinor:\s*(\d+)\s*$", re.MULTILINE)
_MIG = re.compile(r"MIG-[0-9a-fA-F/-]{1,100}")

# Files of the kernel that the driver reads, beside a process's own folder.
PROC_FILES = tuple(
    f"/proc/{name}"
    for name in (
        *("driver/nvidia", "driver/nvidia-uvm", "devices", "modules", "cpuinfo", "meminfo", "stat", "filesystems"),
        *("sys/vm/overcommit_memory", "sys/vm/mmap_min_addr"),
    )
)

_ENVIRONMENT = {
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    "CUDA_CACHE_DISABLE": "1",  # compiled kernels would be kept for others to load
    "CUDA_MODULE_LOADING": "LAZY",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # a zygote that asks may still fork
}


class NoCudaError(Exception):
    """No jail can have CUDA here: why, and the way to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """One GPU as a jail sees it.

    Attributes:
        name: such as "GPU 0 (0000:01:00.0)", for reports.
        devices: nodes under `/dev` to be used.
        read: files and folders to be read, under `/sys` and beside the system's libraries.
        libraries: folders for `LD_LIBRARY_PATH`.
        environment: variables.
    """

    name: str
    devices: tuple[str, ...]
    read: tuple[str, ...]
    libraries: tuple[str, ...]
    environment: dict[str, str]


def discover(gpu: int = 0, mig: str = "", root: Path = Path("/")) -> Hardware:
    """The hardware for one GPU.

    Args:
        gpu: which, counted from 0 in the order of the PCI bus.
        mig: UUID of a slice of it (`MIG-...`), or empty for all of it.
        root: where `/dev`, `/proc` and `/sys` stand.

    Raises:
        NoCudaError: there is none, or it cannot be used.
    """
    gpus = _gpus(root)
    if gpu >= len(gpus):
        raise NoCudaError(f"there is no GPU {gpu}: this machine has {len(gpus)}, counted from 0")
    address, minor = gpus[gpu]
    names = [f"nvidia{minor}", *_EVERY_GPU, *(name for name in _IF_THERE if (root / "dev" / name).exists())]
    devices = [root / "dev" / name for name in names]
    if mig:
        devices += _slices(root, mig, minor)
    for device in devices:
        _check_usable(device)
    folder = _driver_folder(root)
    inside = any(folder.is_relative_to(root / system) for system in _SYSTEM)
    sysfs = (root / "sys/bus/pci/devices" / address).resolve()
    read = [root / name for name in _LOOKED_AT if (root / name).exists()]
    read += [sysfs] if sysfs.exists() else []
    return Hardware(
        name=f"GPU {gpu} ({address})",
        devices=tuple(map(str, devices)),
        read=tuple(map(str, [*read, *([] if inside else [folder])])),
        libraries=() if inside else (str(folder),),
        environment=_ENVIRONMENT | {"CUDA_VISIBLE_DEVICES": mig or "0"},  # no other GPU has its node inside
    )


def _gpus(root: Path) -> list[tuple[str, int]]:
    """PCI address and device number of each, in the order of the bus."""
    try:
        folders = sorted((root / "proc/driver/nvidia/gpus").iterdir())
    except OSError as fault:
        raise NoCudaError(
            "there is no NVIDIA driver: install it; in a container, start it with the GPU "
            "(docker run --gpus all, with NVIDIA's container toolkit)"
        ) from fault
    return list(_numbered(folders))


def _numbered(folders: Sequence[Path]) -> Iterator[tuple[str, int]]:
    for folder in folders:
        found = _MINOR.search(_text(folder / "information"))
        if found is not None:
            yield folder.name, int(found[1])


def _slices(root: Path, mig: str, minor: int) -> list[Path]:
    """The nodes that open the slices of a GPU; which slice is used is the UUID's to say."""
    if not _MIG.fullmatch(mig):
        raise NoCudaError(f"{mig[:60]!r} is no MIG device: `nvidia-smi -L` lists them as MIG-...")
    access = sorted((root / f"proc/driver/nvidia/capabilities/gpu{minor}/mig").glob("gi*/**/access"))
    found = [match[1] for path in access if (match := _CAPABILITY.search(_text(path))) is not None]
    if not found:
        raise NoCudaError(f"GPU {minor} has no MIG devices: make them with `nvidia-smi mig -cgi`")
    return [root / "dev/nvidia-caps" / f"nvidia-cap{number}" for number in found]


def _check_usable(device: Path) -> None:
    """Everybody must be able to read and write it: a jail's user is in no group."""
    try:
        mode = device.stat().st_mode
    except OSError as fault:
        raise NoCudaError(
            f"{device} is missing: run `nvidia-modprobe -u -c=0`, and hand it to the container where there is one"
        ) from fault
    if mode & (stat.S_IROTH | stat.S_IWOTH) != stat.S_IROTH | stat.S_IWOTH:
        raise NoCudaError(
            f"{device} is not open to every user, and a jail's user is in no group: "
            "set NVreg_DeviceFileMode=0666 for the nvidia module"
        )


def _driver_folder(root: Path) -> Path:
    """Where the driver's own libraries are: those of torch's wheels come with torch."""
    given = [Path(path) for path in os.environ.get("LD_LIBRARY_PATH", "").split(":") if path.startswith("/")]
    folders = [*(root / name for name in _DRIVER_FOLDERS), *given]
    for folder in folders:
        if all((folder / name).exists() for name in _LIBRARIES):
            return folder
    raise NoCudaError(
        f"the driver's libraries ({', '.join(_LIBRARIES)}) are not found: install them, or name their folder in "
        "LD_LIBRARY_PATH; in a container set NVIDIA_DRIVER_CAPABILITIES=compute,utility"
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
