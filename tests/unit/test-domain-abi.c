/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-abi.h"
#include "conf/error.h"

#include <string.h>

static const char domain[] =
    "<domain type='kvm'><name>d</name><uuid>11111111-2222-3333-4444-555555555555</uuid>"
    "<title>t</title><memory unit='MiB'>64</memory><currentMemory unit='MiB'>64</currentMemory>"
    "<vcpu>2</vcpu><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><boot dev='hd'/></os>"
    "<cpu mode='custom'><model>qemu64</model></cpu><on_crash>destroy</on_crash><devices>"
    "<emulator>/usr/bin/qemu</emulator><disk type='file' device='disk'><driver name='qemu' "
    "type='qcow2' cache='none'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>"
    "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>"
    "<serial type='pty'><target port='0'/></serial><memballoon model='virtio'/></devices>"
    "</domain>";

static VirtCpuDomainDef *
parse_with(const char *from, const char *to)
{
    g_autoptr(GString) text = g_string_new(domain);
    g_autoptr(GError) error = NULL;
    VirtCpuDomainDef *def;

    if (from != NULL) {
        g_assert_cmpuint(g_string_replace(text, from, to, 1), ==, 1);
    }
    def = virtcpu_domain_def_parse(text->str, FALSE, &error);
    g_assert_no_error(error);
    return def;
}

static void
test_host_side(void)
{
    static const char *const changes[][2] = {
        { "<name>d<", "<name>e<" },
        { "<title>t</title>", "" },
        { "'/a'", "'/b'" },
        { "cache='none'", "cache='writeback'" },
        { "/usr/bin/qemu", "/opt/qemu" },
        { "<boot dev='hd'/>", "<boot dev='cdrom'/>" },
        { ">destroy<", ">restart<" },
        { ">qemu64<", ">kvm64<" },
        { "<serial type='pty'>", "<serial type='file'><source path='/x'/>" },
    };
    g_autoptr(VirtCpuDomainDef) source = parse_with(NULL, NULL);
    g_autofree char *digest = virtcpu_domain_abi_digest(source);

    g_assert_cmpuint(strlen(digest), ==, 64);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(VirtCpuDomainDef) target = parse_with(changes[i][0], changes[i][1]);
        g_autofree char *other = virtcpu_domain_abi_digest(target);
        g_autoptr(GError) error = NULL;

        g_assert_true(virtcpu_domain_abi_check(source, target, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(other, ==, digest);
    }
}

static void
test_guest_side(void)
{
    static const char *const changes[][3] = {
        { "555555555555", "555555555556", "does not match source" },
        { "pc-q35-7.2", "pc-q35-7.1", "pc-q35-7.1" },
        { "<memory unit='MiB'>64<", "<memory unit='MiB'>65<", "66560" },
        { "<vcpu>2<", "<vcpu>3<", "3</vcpu>" },
        { "dev='vda'", "dev='vdb'", "vdb" },
        { ":00:01'", ":00:02'", "52:54:00:00:00:02" },
        { "type='virtio'/></interface>", "type='e1000'/></interface>", "e1000" },
        { "model='virtio'/></devices>", "model='none'/></devices>", "none" },
    };
    g_autoptr(VirtCpuDomainDef) source = parse_with(NULL, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(VirtCpuDomainDef) target = parse_with(changes[i][0], changes[i][1]);
        g_autoptr(GError) error = NULL;

        g_assert_false(virtcpu_domain_abi_check(source, target, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
        if (strstr(error->message, changes[i][2]) == NULL) {
            g_error("'%s' lacks '%s'", error->message, changes[i][2]);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain-abi/host-side", test_host_side);
    g_test_add_func("/domain-abi/guest-side", test_guest_side);
    return g_test_run();
}
