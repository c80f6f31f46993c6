"""What torch and Python themselves would do for an attacker, and what one job could try on the next."""

from __future__ import annotations

import pytest

from sandbox.pool import Pool
from sandbox.protocol import Status
from tests.attacks.jail_lab import run

pytestmark = pytest.mark.asyncio(loop_scope="session")


USELESS = {
    "a pickle that runs a program": """
import io, pickle
class Bomb:
    def __reduce__(self): return (os.execv, ('/usr/bin/true', ['true']))
file = io.BytesIO(); torch.save(Bomb(), file); file.seek(0)
torch.load(file, weights_only=False)
""",
    "torch.hub": "torch.hub.load('pytorch/vision', 'resnet18', trust_repo=True)",
    "a download": "torch.hub.load_state_dict_from_url('http://127.0.0.1/x.pt')",
    "C++ that is compiled": "import torch.utils.cpp_extension as cpp; cpp.load_inline('x', 'int f(){return 1;}')",
    "processes of torch": "import torch.multiprocessing as mp; mp.spawn(print, nprocs=2)",
    "processes of Python": "import multiprocessing as mp; mp.Pool(2)",
    "a DataLoader with workers": """
from torch.utils.data import DataLoader, TensorDataset
list(DataLoader(TensorDataset(torch.ones(4)), num_workers=2))
""",
    "a compiler": "torch.compile(lambda x: x + 1)(torch.ones(3))",
    "a tensor in shared memory": "torch.ones(3).share_memory_()",
    "a tensor in a file of the host": "torch.from_file('/etc/passwd', size=3, dtype=torch.uint8)",
    "a library": "ctypes.CDLL('/tmp/x.so')",
    "a name looked up": "socket.gethostbyname('localhost')",
    "a page": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1')",
    "distributed": "torch.distributed.init_process_group('gloo', 'tcp://127.0.0.1:1', rank=0, world_size=1)",
    "a queue between processes": "import multiprocessing as mp; mp.Queue()",
    "a fork bomb": "while True: os.fork()",
    "a bomb of programs": "while True: subprocess.Popen(['/bin/sh', '-c', 'true'])",
}


@pytest.mark.long
@pytest.mark.parametrize("code", list(USELESS.values()), ids=list(USELESS))
async def test_what_would_reach_out_is_an_error_in_time(pool: Pool, code: str) -> None:
    result = await run(pool, code, wall_s=4)
    assert result.status in {Status.USER_ERROR, Status.TIMEOUT, Status.KILLED}, result
    assert (await run(pool, "(nn.Linear(1, 1)(torch.ones(1, 1)).shape, os.listdir('/tmp'))")).value["value"] == (
        "(torch.Size([1, 1]), [])"
    )


@pytest.mark.parametrize("code", ["torch.ones(2, 3).half().sum()", "nn.EmbeddingBag(10, 3)(torch.tensor([[1, 2]]))"])
async def test_what_needs_to_know_the_processor_works(pool: Pool, code: str) -> None:
    assert (await run(pool, code)).status is Status.OK


@pytest.mark.parametrize(
    "path", ["/proc/cpuinfo", "/sys/devices/system/cpu/possible", "/sys/devices/system/cpu/present"]
)
async def test_but_a_job_cannot_read_what_torch_has_looked_at(pool: Pool, path: str) -> None:
    result = await run(pool, f"open({path!r}).read()")
    assert result.value["error"]["type"] in {"PermissionError", "FileNotFoundError"}
