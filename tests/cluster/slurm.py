"""A Slurm of two nodes on this machine, for as long as it is needed.

    python -m tests.cluster.slurm sinfo

runs a command beside it. Nothing of it stays, and no Slurm that is there already is touched: its
key, its ports and its files are its own.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "srun", "scontrol", "squeue")
NODES = ("n1", "n2")
PATIENCE_SECONDS = 20.0
ALLOWED = "WHYNORM_APT"

SETTINGS = """
ClusterName=two
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1
ReturnToService=2
KillWait=30
MpiDefault=none
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 State=UNKNOWN\n"
PARTITION = "PartitionName=all Nodes={names} Default=YES MaxTime=INFINITE State=UP\n"


def obstacle() -> str | None:
    """Why no Slurm can be started here; None where it can."""
    if os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "a Slurm of one's own needs root"
    if missing() and os.environ.get(ALLOWED) == "1":
        install()
    if lacking := missing():
        asked = f"apt-get install {' '.join(PACKAGES)}, or {ALLOWED}=1 to let this do it"
        return f"Slurm is not installed ({', '.join(lacking)}): {asked}"
    return None


def missing() -> list[str]:
    """The programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def install() -> None:
    """Install them as Debian packages, where that can be done."""
    quiet = {
        "stdout": subprocess.DEVNULL,
        "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    }
    if shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        wanted = ["--no-install-recommends", *PACKAGES]
        subprocess.run(["apt-get", "install", "-y", "-qq", *wanted], check=False, **quiet)


@contextlib.contextmanager
def two_nodes() -> Iterator[dict[str, str]]:
    """The environment in which Slurm's commands reach two nodes of this machine."""
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", dir="/tmp") as name,
        contextlib.ExitStack() as on,
    ):
        folder = Path(name)
        settings = write_settings(folder)
        environment = os.environ | {"SLURM_CONF": str(settings), "MASTER_ADDR": "127.0.0.1"}
        started(on, folder, munged(folder))
        wait_for("munge's socket", (folder / "munge.socket").exists)
        started(on, folder, ["slurmctld", "-D", "-f", str(settings)])
        for node in NODES:
            started(on, folder, ["slurmd", "-D", "-N", node, "-f", str(settings)])
        try:
            wait_for("two idle nodes", lambda: idle(environment) == len(NODES))
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{last_words(folder)}") from None
        try:
            yield environment
        finally:
            answer(environment, "scancel", "--user=root", "--signal=KILL", "--full")
            answer(environment, "scancel", "--user=root")
            with contextlib.suppress(TimeoutError):
                wait_for("empty queue", lambda: not answer(environment, "squeue", "--noheader"))


def write_settings(folder: Path) -> Path:
    """Write slurm.conf and a key, for ports that are free now."""
    host, ports = socket.gethostname(), free_ports(1 + len(NODES))
    text = SETTINGS.format(host=host, folder=folder, controller=ports[0])
    for name, port in zip(NODES, ports[1:], strict=True):
        text += NODE.format(name=name, host=host, port=port)
        (folder / f"spool.{name}").mkdir()
    (folder / "state").mkdir()
    (folder / "key").write_bytes(os.urandom(128))
    (folder / "key").chmod(0o400)
    path = folder / "slurm.conf"
    path.write_text(text + PARTITION.format(names=",".join(NODES)))
    return path


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def munged(folder: Path) -> list[str]:
    """The command of the daemon that says who is who."""
    options = {"key-file": "key", "socket": "munge.socket", "pid-file": "munge.pid"}
    options |= {"log-file": "munge.log", "seed-file": "munge.seed"}
    return [
        "munged",
        "--foreground",
        "--force",
        *(f"--{k}={folder / v}" for k, v in options.items()),
    ]


def started(on: contextlib.ExitStack, folder: Path, command: list[str]) -> None:
    """Start a daemon that ends with the stack."""
    log = on.enter_context((folder / f"{command[0]}.out").open("ab"))
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    on.callback(ended, process)


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a daemon, by force where it does not listen."""
    process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def idle(environment: dict[str, str]) -> int:
    """How many nodes have nothing to do."""
    return answer(environment, "sinfo", "--noheader", "--Node", "--format=%T").split().count("idle")


def answer(environment: dict[str, str], *command: str) -> str:
    """What a command of Slurm's says; nothing where it fails."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def wait_for(what: str, come: Callable[[], bool]) -> None:
    """Wait until it has come."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not come():
        if time.monotonic() > end:
            raise TimeoutError(f"no {what} within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.1)


def last_words(folder: Path) -> str:
    """The ends of the daemons' logs."""
    logs = sorted([*folder.glob("*.log"), *folder.glob("*.out")])
    return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-800:]}" for log in logs)


if __name__ == "__main__":
    if reason := obstacle():
        sys.exit(reason)
    with two_nodes() as beside:
        sys.exit(subprocess.run(sys.argv[1:], env=beside, check=False).returncode)
