"""What a jail gets for CUDA, found in a made-up tree of devices; no GPU is needed to know it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.cuda import Hardware, NoCudaError, discover
from sandbox.jail import Plan, bwrap_command, zygote_command
from sandbox.kit import for_cpu, for_cuda, kits
from sandbox.settings import CudaSettings, SandboxSettings

ADDRESSES = ("0000:01:00.0", "0000:41:00.0")
MIG = "MIG-5c89852c-d268-c3f3-1b07-005d5ae1dc3f"


def put(path: Path, text: str = "", mode: int = 0o666) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two GPUs, whose device numbers run against the order of the bus."""
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"):
        put(tmp_path / "dev" / name)
    for address, minor in zip(ADDRESSES, (1, 0), strict=True):
        put(tmp_path / "proc/driver/nvidia/gpus" / address / "information", f"Model: A100\nDevice Minor: \t {minor}\n")
        put(tmp_path / "sys/devices/pci0000:00" / address / "vendor", "0x10de")
        link = tmp_path / "sys/bus/pci/devices" / address
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tmp_path / "sys/devices/pci0000:00" / address)
    put(tmp_path / "sys/module/nvidia_uvm/initstate", "live")
    for name in ("libcuda.so.1", "libnvidia-ml.so.1"):
        put(tmp_path / "usr/lib/x86_64-linux-gnu" / name)
    return tmp_path


def names(found: Hardware) -> list[str]:
    return [Path(device).name for device in found.devices]


def test_only_the_chosen_gpu_is_there(machine: Path) -> None:
    """GPUs are counted in the order of the bus, as CUDA counts them; neither the other nor the display's node comes."""
    first, second = discover(0, root=machine), discover(1, root=machine)
    assert names(first) == ["nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"]
    assert names(second) == ["nvidia0", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"]
    assert [found.environment["CUDA_VISIBLE_DEVICES"] for found in (first, second)] == ["0", "0"]
    assert first.environment["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert ADDRESSES[1] not in " ".join(first.read)


def test_the_kernels_own_files_come_as_far_as_the_driver_looks_at_them(machine: Path) -> None:
    found = discover(root=machine)
    assert found.read == (
        str(machine / "sys/module/nvidia_uvm"),
        str(machine / "sys/devices/pci0000:00" / ADDRESSES[0]),
    )


def test_an_older_driver_without_tools_is_taken_as_it_is(machine: Path) -> None:
    (machine / "dev/nvidia-uvm-tools").unlink()
    assert names(discover(root=machine)) == ["nvidia1", "nvidiactl", "nvidia-uvm"]


def test_libraries_beside_the_systems_are_bound_and_named(machine: Path) -> None:
    for name in ("libcuda.so.1", "libnvidia-ml.so.1"):
        (machine / "usr/lib/x86_64-linux-gnu" / name).unlink()
        put(machine / "usr/local/nvidia/lib64" / name)
    found = discover(root=machine)
    assert found.libraries == (str(machine / "usr/local/nvidia/lib64"),)
    assert found.libraries[0] in found.read
    put(machine / "usr/lib/x86_64-linux-gnu/libcuda.so.1")
    put(machine / "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1")
    assert discover(root=machine).libraries == ()


def test_of_a_gpu_in_slices_the_nodes_that_open_them_come_too(machine: Path) -> None:
    slices = machine / "proc/driver/nvidia/capabilities/gpu1/mig"
    put(slices / "gi1/access", "DeviceFileMinor: 21\nDeviceFileMode: 292\n")
    put(slices / "gi1/ci0/access", "DeviceFileMinor: 22\n")
    put(slices / "config", "DeviceFileMinor: 1\n")
    for number in (1, 21, 22):
        put(machine / f"dev/nvidia-caps/nvidia-cap{number}")
    found = discover(0, MIG, root=machine)
    assert names(found)[-2:] == ["nvidia-cap21", "nvidia-cap22"]
    assert found.environment["CUDA_VISIBLE_DEVICES"] == MIG


def without(name: str) -> Callable[[Path], None]:
    return lambda machine: (machine / name).unlink()


def no_driver(machine: Path) -> None:
    (machine / "proc/driver/nvidia/gpus").rename(machine / "proc/driver/nvidia/gone")


@pytest.mark.parametrize(
    ("spoil", "gpu", "mig", "words"),
    [
        (no_driver, 0, "", "there is no NVIDIA driver"),
        (lambda _: None, 2, "", "there is no GPU 2: this machine has 2"),
        (without("dev/nvidia-uvm"), 0, "", "nvidia-uvm is missing: run `nvidia-modprobe -u -c=0`"),
        (lambda machine: (machine / "dev/nvidiactl").chmod(0o660), 0, "", "not open to every user"),
        (without("usr/lib/x86_64-linux-gnu/libcuda.so.1"), 0, "", "the driver's libraries"),
        (lambda _: None, 0, "GPU-1", "is no MIG device"),
        (lambda _: None, 0, MIG, "has no MIG devices"),
    ],
)
def test_what_is_missing_is_named_with_the_way_to_it(
    machine: Path, spoil: Callable[[Path], None], gpu: int, mig: str, words: str
) -> None:
    spoil(machine)
    with pytest.raises(NoCudaError, match=words.replace("(", ".")):
        discover(gpu, mig, root=machine)


def plan(found: Hardware | None) -> Plan:
    return Plan(
        bwrap="/usr/bin/bwrap",
        executable="/usr/bin/python3",
        path=(),
        read=(),
        uid=None,
        cgroup="",
        files_mb=8,
        toolbox="a:B",
        control=3,
        info=4,
        devices=found.devices if found else (),
        more=found.environment if found else {},
    )


def test_a_jail_without_cuda_has_neither_devices_nor_proc() -> None:
    command = bwrap_command(plan(None), 5)
    assert "--dev-bind" not in command
    assert "--proc" not in command
    assert '"use": []' in zygote_command(plan(None))[-1]


def test_devices_are_bound_as_such_after_the_jails_own_dev_and_before_it_is_closed(machine: Path) -> None:
    """A plain bind would come without the right to open a device (nodev)."""
    chosen = plan(discover(root=machine))
    command = bwrap_command(Plan.from_json(chosen.to_json()), 5)
    dev, closed = command.index("--dev"), command.index("--remount-ro")
    binds = [at for at, word in enumerate(command) if word == "--dev-bind"]
    assert [command[at + 1] for at in binds] == list(chosen.devices)
    assert all(dev < at < closed for at in (*binds, command.index("--proc"), command.index("/dev/shm")))  # noqa: S108
    assert command[command.index("CUDA_CACHE_DISABLE") + 1] == "1"
    assert "/dev/shm" in zygote_command(chosen)[-1]  # noqa: S108 the jail's own


def test_each_device_has_a_kit_with_users_and_limits_of_its_own() -> None:
    settings = SandboxSettings(devices="cpu,cuda", cuda=CudaSettings(memory_mb=3000, side_by_side=2, start_s=30))
    cpu, cuda = for_cpu(settings), for_cuda(settings)
    assert [kit.device for kit in kits(settings)] == ["cpu", "cuda"]
    assert (cuda.limits.memory_mb, cuda.side_by_side, cuda.prepare_s) == (3000, 2, 30)
    assert cuda.limits.wall_s == cpu.limits.wall_s
    assert cuda.needs_group
    assert not cpu.needs_group
    assert cuda.first_uid > cpu.first_uid + settings.jail.side_by_side
