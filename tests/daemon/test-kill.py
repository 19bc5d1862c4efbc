#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kill -9 of the daemon at random instants while clients work; afterwards everything acknowledged is
there, nothing is half done, and every QEMU belongs to a domain.

VIRTCPU_TEST_KILLS says how many times, VIRTCPU_TEST_SEED which instants. Each client has domains of
its own and keeps a journal of them: what an answer has told it, and the call that got none."""

import os
import random
import re
import struct
import threading
import time
import xml.etree.ElementTree as xml

import harness
import rpc
import tap
from guests import guest

KILLS = int(os.environ.get("VIRTCPU_TEST_KILLS", "25"))
SEED = int(os.environ.get("VIRTCPU_TEST_SEED", "1"))
CLIENTS, DOMAINS = 3, 2
LONGEST = 0.5  # seconds between a daemon's start and its end, more where little is answered in them

CREATE_XML, CREATE, DESTROY, GET_AUTOSTART, GET_XML = 10, 9, 12, 15, 14
RESUME, SET_AUTOSTART, SUSPEND, UNDEFINE, GET_STATE = 28, 29, 34, 35, 212
IS_PERSISTENT, GET_CONTROL_INFO, MONITOR_COMMAND = 151, 229, 1
IN_JOB = 1
MANAGED_SAVE, HAS_MANAGED_SAVE, MANAGED_SAVE_REMOVE = 182, 183, 184
INACTIVE, SECURE = 2, 1
RUNNING, PAUSED, SHUTOFF = 1, 3, 5
UNPAUSED, BY_USER = 5, 1
CONSOLE = "<serial type='pty'/>"


def read_domain(payload):
    """A remote_nonnull_domain: (the bytes that name it in a call, its id)."""
    (length,) = struct.unpack_from(">I", payload)
    end = 4 + length + -length % 4 + 16
    return payload[:end + 4], struct.unpack_from(">i", payload, end)[0]


def read_text(payload):
    (length,) = struct.unpack_from(">I", payload)
    return payload[4:4 + length].decode()


class Domain:
    """What is known of one: each field as the last answer left it."""

    def __init__(self, name):
        self.name = name
        self.handle = None      # how calls name it
        self.config = None      # the persistent definition, as the daemon printed it
        self.autostart = False
        self.saved = False      # its state is on disk, and the next start goes on from there
        self.live = None        # the live definition; None: it does not run
        self.number = -1
        self.state = SHUTOFF
        self.reason = None      # where our call gave it one
        self.pid = self.live_then = None  # of its QEMU when it was last looked for
        self.doubt = None       # the call that got no answer

    @property
    def known(self):
        return self.config is not None or self.live is not None


class Worker(threading.Thread):
    """One client: draws a call that is possible, until the daemon is gone."""

    def __init__(self, path, domains, chance):
        super().__init__()
        self.path, self.domains, self.chance = path, domains, chance
        self.client = self.failure = None
        self.answers = 0

    def run(self):
        try:
            self.client = rpc.Client(self.path)
            while True:
                domain = self.chance.choice(self.domains)
                call = self.chance.choice(self.possible(domain))
                domain.doubt = call.__name__
                call(domain)
                domain.doubt = None
                self.answers += 1
        except (EOFError, ConnectionError):
            pass
        except Exception as failure:  # reported by the test
            self.failure = failure

    def possible(self, domain):
        calls = [self.define]
        if domain.config is not None:
            calls += [self.mark, self.unmark]
            calls += [self.discard] if domain.saved else [self.undefine]
            calls += [self.save] if domain.live else [self.boot, self.boot]
        elif not domain.live:
            calls += [self.create]
        if domain.live:
            calls += [self.destroy, self.resume if domain.state == PAUSED else self.suspend]
        return calls

    def text(self, domain):
        return guest(domain.name, devices=CONSOLE,
                     extra=f"<title>{self.chance.randrange(10**9)}</title>")

    def ask(self, domain, procedure, payload=b""):
        return self.client.call(procedure, domain.handle + payload)

    def define(self, domain):
        answer = self.client.call(rpc.DOMAIN_DEFINE, rpc.string(self.text(domain)))
        domain.handle, _ = read_domain(answer)
        domain.config = ""  # there is one; what it says is asked next
        domain.config = read_text(self.ask(domain, GET_XML, rpc.uint(INACTIVE | SECURE)))

    def undefine(self, domain):
        self.ask(domain, UNDEFINE)
        domain.config, domain.autostart = None, False

    def mark(self, domain):
        self.ask(domain, SET_AUTOSTART, rpc.uint(1))
        domain.autostart = True

    def unmark(self, domain):
        self.ask(domain, SET_AUTOSTART, rpc.uint(0))
        domain.autostart = False

    def boot(self, domain):
        self.ask(domain, CREATE)
        domain.saved = False
        self.runs(domain)

    def save(self, domain):
        self.ask(domain, MANAGED_SAVE, rpc.uint(0))
        domain.saved = True
        self.stopped(domain)

    def discard(self, domain):
        self.ask(domain, MANAGED_SAVE_REMOVE, rpc.uint(0))
        domain.saved = False

    def create(self, domain):
        answer = self.client.call(CREATE_XML, rpc.string(self.text(domain)) + rpc.uint(0))
        domain.handle, _ = read_domain(answer)
        self.runs(domain)

    def runs(self, domain):
        """It was said to run: from here on it has to, and what it is must not change."""
        domain.live = ""
        domain.state, domain.reason = struct.unpack(">ii", self.ask(domain, GET_STATE, rpc.uint(0)))
        live = read_text(self.ask(domain, GET_XML, rpc.uint(SECURE)))
        domain.number = int(xml.fromstring(live).get("id"))
        domain.live = live

    def destroy(self, domain):
        self.ask(domain, DESTROY)
        self.stopped(domain)

    @staticmethod
    def stopped(domain):
        domain.live = domain.reason = None
        domain.number, domain.state = -1, SHUTOFF

    def suspend(self, domain):
        self.ask(domain, SUSPEND)
        domain.state, domain.reason = PAUSED, BY_USER

    def resume(self, domain):
        self.ask(domain, RESUME)
        domain.state, domain.reason = RUNNING, UNPAUSED


class Seen:
    """What a daemon says of a domain; nothing of one it does not know."""

    def __init__(self, client, domain):
        self.config = self.live = None
        self.autostart, self.number, self.state, self.reason = False, -1, SHUTOFF, None
        self.saved = False
        try:
            handle, self.number = read_domain(client.call(rpc.LOOKUP_BY_NAME, rpc.string(domain.name)))
        except rpc.RpcError as error:
            tap.equal(error.code, 42)
            return
        domain.handle = handle
        self.state, self.reason = struct.unpack(">ii", client.call(GET_STATE, handle + rpc.uint(0)))
        persistent = client.call(IS_PERSISTENT, handle) == rpc.uint(1)
        if persistent:
            self.config = read_text(client.call(GET_XML, handle + rpc.uint(INACTIVE | SECURE)))
            self.autostart = client.call(GET_AUTOSTART, handle) == rpc.uint(1)
            self.saved = client.call(HAS_MANAGED_SAVE, handle + rpc.uint(0)) == rpc.uint(1)
        if self.number != -1:
            self.live = read_text(client.call(GET_XML, handle + rpc.uint(SECURE)))


def check_domain(domain, seen):
    """seen has to be what the journal says; where a call got no answer, before or after it."""
    doubt = domain.doubt
    if doubt == "define":  # a whole one: that of before, or the new one
        tap.equal(seen.config is not None or domain.config is None, True)
        tap.equal(seen.config is None or "</domain>" in seen.config, True)
    elif doubt != "undefine" or seen.config is not None:
        tap.equal(seen.config, domain.config)
    if doubt not in ("mark", "unmark", "undefine"):
        tap.equal(seen.autostart, domain.autostart)
    if doubt == "undefine" and seen.config is not None:
        tap.equal(seen.autostart, domain.autostart)  # nothing of it was done
    if doubt in ("save", "boot"):  # the state is in one place, and not in two
        tap.equal(domain.saved and seen.saved, domain.saved and seen.live is None)
        tap.equal(doubt == "boot" or seen.saved, doubt == "boot" or seen.live is None)
    elif doubt != "discard":
        tap.equal(seen.saved, domain.saved)
    if doubt in ("destroy", "save"):
        tap.equal(seen.live in (None, domain.live), True)
    elif domain.live == "":  # said to run, and not yet asked what it is
        tap.equal(seen.live is not None, True)
    elif domain.live is not None:
        tap.equal(seen.live, domain.live)
        tap.equal(seen.number, domain.number)
    elif doubt not in ("boot", "create"):
        tap.equal(seen.live, None)
    check_state(domain, seen)


def check_state(domain, seen):
    if domain.doubt in ("suspend", "resume", "save"):
        tap.equal(seen.state in (RUNNING, PAUSED) or seen.live is None, True)
    elif domain.live == "":  # said to run, and not yet asked how
        tap.equal(seen.state in (RUNNING, PAUSED), True)
    elif domain.live is not None and domain.doubt != "destroy":
        tap.equal((seen.state, seen.reason), (domain.state, domain.reason))
    elif domain.live is None and seen.live is not None:
        # a start that is finished, although nobody was told; of a paused guest's image, paused
        tap.equal(seen.state == RUNNING or domain.saved, True)


def take_over(domain, seen):
    """What a call without an answer has done is known now."""
    domain.config, domain.autostart = seen.config, seen.autostart
    domain.live, domain.number, domain.saved = seen.live, seen.number, seen.saved
    domain.state, domain.reason = seen.state, seen.reason
    domain.doubt = None


def qemus(daemon):
    """Pid of each QEMU by the domain's name; two of one are an error."""
    found = {}
    for pid in daemon.children():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                text = file.read()
        except OSError:
            continue
        match = re.search(rb"guest=([^,]*),debug", text)
        if match:  # else one that was asked what it can do
            name = match.group(1).decode()
            tap.equal(name in found, False)
            found[name] = pid
    return found


def settle(client, domain):
    """What the daemon still does with what it found is done when a question is answered and no job is
    left. A QEMU that was told to end when the daemon was killed may answer on its way out: three questions
    later it runs on, or it is gone."""
    if domain.handle is None:
        return
    try:
        for _ in range(3 if domain.doubt == "destroy" else 1):
            ask_status(client, domain)
        harness.wait_until(lambda: control_state(client, domain) != IN_JOB, "no job is left")
    except rpc.RpcError as error:
        if domain.doubt != "destroy":
            return  # it does not run, or is not known
        harness.wait_until(lambda: Seen(client, domain).live is None,
                           f"the end of a destroyed one, of which was said: {error.message}")


def control_state(client, domain):
    (state,) = struct.unpack_from(">I", client.call(GET_CONTROL_INFO, domain.handle + rpc.uint(0)))
    return state


def ask_status(client, domain):
    return read_text(client.call(MONITOR_COMMAND, domain.handle
                                 + rpc.string('{"execute":"query-status"}') + rpc.uint(0),
                                 program=rpc.QEMU))


def check_everything(daemon, domains):
    """Compare, and return how many QEMUs run."""
    client = rpc.Client(daemon.socket)
    for domain in domains:
        settle(client, domain)
        seen = Seen(client, domain)
        try:
            check_domain(domain, seen)
        except AssertionError as failure:
            raise AssertionError(f"{domain.name} after '{domain.doubt}' without answer: {failure}"
                                 f"\n{daemon.log_text()[-1500:]}") from None
        take_over(domain, seen)
    pids = qemus(daemon)
    tap.equal(sorted(pids), sorted(d.name for d in domains if d.live is not None))
    for domain in domains:
        if domain.live is not None:
            check_running(client, domain, pids[domain.name])
        else:
            domain.pid = None
    client.close()
    return len(pids)


def check_running(client, domain, pid):
    """The same QEMU as before, and its monitor and its console are there."""
    if domain.pid is not None and domain.live == domain.live_then:
        tap.equal(pid, domain.pid)
    domain.pid, domain.live_then = pid, domain.live
    tap.contains(ask_status(client, domain),
                 '"running":' + ("true" if domain.state == RUNNING else "false"))
    path = xml.fromstring(domain.live).find("devices/serial/source").get("path")
    tap.equal(os.path.exists(path), True)


def one_round(daemon, domains, chance, longest):
    workers = [Worker(daemon.socket, domains[n * DOMAINS:(n + 1) * DOMAINS],
                      random.Random(chance.random())) for n in range(CLIENTS)]
    for worker in workers:
        worker.start()
    time.sleep(chance.random() * longest)
    daemon.kill()
    for worker in workers:
        worker.join()
    tap.equal([repr(w.failure) for w in workers if w.failure], [])
    daemon.start()
    return sum(w.answers for w in workers)


def test_killed_at_any_instant(daemon):
    chance = random.Random(SEED)
    domains = [Domain(f"kill{n}") for n in range(CLIENTS * DOMAINS)]
    daemon.virsh("define", daemon.file(guest("kill0")))  # probes, which is another test's business
    daemon.virsh("undefine", "kill0")
    answers = doubts = running = number = 0
    before, longest = time.monotonic(), LONGEST
    # on a busy machine the daemon may be killed before it has answered anything
    while number < KILLS or (number < 10 * KILLS and not (answers > KILLS and running > KILLS / 2)):
        number += 1
        answers += one_round(daemon, domains, chance, longest)
        longest *= 1.5 if answers < number * CLIENTS else 1
        doubts += sum(d.doubt is not None for d in domains)
        try:
            running += check_everything(daemon, domains)
        except AssertionError as failure:
            raise AssertionError(f"kill {number} of seed {SEED}: {failure}") from None
    tap.comment(f"{number} kills in {time.monotonic() - before:.0f} s: {answers} answers, {doubts} "
                f"calls without one, {running} times a running guest was found again")
    tap.equal(answers > KILLS and running > KILLS / 2, True)


def test_nothing_is_left_when_all_is_gone(daemon):
    for name in daemon.virsh("list", "--name").split():
        daemon.virsh("destroy", name)
    for name in daemon.virsh("list", "--all", "--name").split():
        daemon.virsh("undefine", name, "--managed-save")
    harness.wait_until(lambda: not qemus(daemon), "no QEMU left")
    tap.equal(sorted(os.listdir(daemon.root + "/run/qemu")), ["autostarted", "channel"])
    tap.equal(os.listdir(daemon.root + "/etc/qemu/autostart"), [])


if __name__ == "__main__":
    harness.main(globals())
