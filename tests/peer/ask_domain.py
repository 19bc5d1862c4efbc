# SPDX-License-Identifier: LGPL-2.1-or-later
"""Questions about domains: their lives, the CPUs they get, and definitions that are refused."""

import harness
from answers import CPU, NAME, UUID, answer, cpu_of, element, with_guest
from guests import WESTMERE, guest


def ask_life(d):
    def live():
        said = [answer(d, *command, NAME) for command in (
            ("domuuid",), ("domid",), ("domstate", "--reason"), ("suspend",), ("resume",),
            ("destroy",), ("start", "--paused"), ("domstate", "--reason"), ("resume",),
            ("domstate", "--reason"), ("suspend",), ("domstate", "--reason"), ("start",), ("resume",),
            ("reset",), ("domstate", "--reason"), ("shutdown",), ("domstate", "--reason"),
            ("destroy",), ("domstate", "--reason"), ("undefine",), ("domstate",))]
        return said
    return with_guest(d, live, cpu="")


def ask_dominfo(d):
    def info():
        return [l for l in d.virsh("dominfo", NAME).splitlines() if not l.startswith("Security")]
    return with_guest(d, info, cpu="")


def ask_monitor(d):
    def monitor():
        d.virsh("start", NAME)
        return answer(d, "qemu-monitor-command", NAME, "--hmp", "info status"), \
            [l for l in d.virsh("qemu-monitor-command", "--pretty", NAME, "query-status").splitlines()
             if '"id"' not in l]
    return with_guest(d, monitor, cpu="")


def ask_inactive_definition(d):
    """The parts that are the user's own words, not device addresses a daemon adds."""
    def parts():
        domain = d.tree("dumpxml", NAME, "--inactive")
        return [element(domain.find(tag)) if domain.find(tag) is not None else None
                for tag in ("name", "uuid", "title", "description", "memory", "currentMemory",
                            "vcpu", "cpu", "clock", "on_poweroff", "on_reboot", "on_crash")]
    return with_guest(d, parts, extra="<title>t</title><description>d</description>")


def live_cpu(d, cpu, kind="qemu"):
    def start():
        code, text = answer(d, "start", NAME)
        return (code, text) if code else element(d.tree("dumpxml", NAME).find("cpu"))
    return with_guest(d, start, cpu=cpu, kind=kind)


def ask_live_cpu_none_written(d):
    return live_cpu(d, "")


def ask_live_cpu_westmere_full(d):
    return live_cpu(d, WESTMERE)


def ask_live_cpu_partial(d):
    return live_cpu(d, CPU.format("exact", "Nehalem", ""))


def ask_live_cpu_that_cannot_be(d):
    return live_cpu(d, CPU.format("exact", "qemu64", "<feature policy='require' name='avx512f'/>"))


def ask_live_cpu_host_passthrough_tcg(d):
    return live_cpu(d, "<cpu mode='host-passthrough'/>")


def ask_live_cpu_host_model_kvm(d):
    return live_cpu(d, "<cpu mode='host-model'/>", "kvm") if harness.kvm.usable() else None


def refusal(d, text):
    return cpu_of(d, text, "define")


def ask_define_malformed(d):
    return refusal(d, "<domain><name>x</domain>")


def ask_define_wrong_root(d):
    return refusal(d, "<pool/>")


def ask_define_no_name(d):
    return refusal(d, guest(NAME).replace(f"<name>{NAME}</name>", ""))


def ask_define_unknown_mode(d):
    return refusal(d, guest(NAME, cpu="<cpu mode='dream'/>"))


def ask_define_unknown_policy(d):
    return refusal(d, guest(NAME, cpu=CPU.format("exact", "qemu64", "<feature policy='maybe' name='aes'/>")))


def ask_define_feature_twice(d):
    return refusal(d, guest(NAME, cpu=CPU.format("exact", "qemu64",
                                                 "<feature policy='require' name='aes'/>" * 2)))


def ask_define_model_of_passthrough(d):
    return with_guest(d, lambda: "defined", kind="kvm",
                      cpu="<cpu mode='host-passthrough'><model>Penryn</model></cpu>")


def ask_define_more_current_memory(d):
    return with_guest(d, lambda: "defined", extra="<currentMemory unit='MiB'>64</currentMemory>")


def ask_define_unknown_element(d):
    return with_guest(d, lambda: "defined", extra="<nonsense/>")


def ask_define_hyperv_without_state(d):
    return with_guest(d, lambda: "defined",
                      extra="<features><hyperv><relaxed/></hyperv></features>")


def ask_define_duplicate_name(d):
    return with_guest(d, lambda: refusal(d, guest(NAME, uuid="6f1f7a3e-0d2c-4a5b-9f57-3a8d0c5be212")))


def ask_define_duplicate_uuid(d):
    return with_guest(d, lambda: refusal(d, guest(NAME + "2", uuid=UUID)))


def ask_lookup_of_nobody(d):
    return [answer(d, "dominfo", name) for name in ("no-such-domain", "4711", UUID)]
