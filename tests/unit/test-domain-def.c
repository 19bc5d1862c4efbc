/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-def.h"
#include "conf/error.h"

#include <string.h>

static const VirtCpuDomainDefaults defaults = {
    .arch = VIRTCPU_ARCH_X86_64,
    .machine = "pc-i440fx-7.2",
    .emulator = "/usr/bin/qemu-system-x86_64",
};

/* Everything the grammar has, in libvirt's order. */
static const char full_xml[] =
    "<domain type='kvm'>\n"
    "  <name>full</name>\n"
    "  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>\n"
    "  <title>A &amp; B</title>\n"
    "  <description>all of it</description>\n"
    "  <metadata>\n    <x:y xmlns:x=\"urn:x\" z=\"1\"/>\n  </metadata>\n"
    "  <memory unit='KiB'>219136</memory>\n"
    "  <currentMemory unit='KiB'>131072</currentMemory>\n"
    "  <vcpu placement='static' current='2'>4</vcpu>\n"
    "  <os>\n"
    "    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n"
    "    <loader readonly='yes' type='pflash'>/f/code.fd</loader>\n"
    "    <nvram>/f/vars.fd</nvram>\n"
    "    <kernel>/k</kernel>\n"
    "    <initrd>/i</initrd>\n"
    "    <cmdline>console=ttyS0 a=&apos;b&apos;</cmdline>\n"
    "    <boot dev='cdrom'/>\n"
    "    <boot dev='hd'/>\n"
    "    <bootmenu enable='yes'/>\n"
    "  </os>\n"
    "  <features>\n"
    "    <acpi/>\n"
    "    <apic eoi='on'/>\n"
    "    <pae/>\n"
    "    <hyperv mode='custom'>\n"
    "      <relaxed state='on'/>\n"
    "      <spinlocks state='on' retries='8191'/>\n"
    "      <vendor_id state='on' value='KVM Hv'/>\n"
    "    </hyperv>\n"
    "    <kvm>\n"
    "      <hidden state='on'/>\n"
    "    </kvm>\n"
    "    <pvspinlock state='on'/>\n"
    "    <pmu state='off'/>\n"
    "    <vmport state='off'/>\n"
    "  </features>\n"
    "  <cpu mode='custom' match='exact' check='full'>\n"
    "    <model fallback='forbid'>Westmere</model>\n"
    "    <topology sockets='2' dies='1' cores='2' threads='1'/>\n"
    "    <feature policy='disable' name='vme'/>\n"
    "  </cpu>\n"
    "  <clock offset='utc'>\n"
    "    <timer name='rtc' tickpolicy='catchup'/>\n"
    "    <timer name='pit' tickpolicy='delay'/>\n"
    "    <timer name='hpet' present='no'/>\n"
    "    <timer name='tsc' frequency='2500000000'/>\n"
    "  </clock>\n"
    "  <on_poweroff>destroy</on_poweroff>\n"
    "  <on_reboot>restart</on_reboot>\n"
    "  <on_crash>preserve</on_crash>\n"
    "  <devices>\n"
    "    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
    "    <disk type='file' device='disk'>\n"
    "      <driver name='qemu' type='qcow2' cache='none' io='native' discard='unmap'/>\n"
    "      <source file='/d/a.qcow2'/>\n"
    "      <target dev='vda' bus='virtio'/>\n"
    "      <serial>S1</serial>\n"
    "    </disk>\n"
    "    <disk type='file' device='cdrom'>\n"
    "      <driver name='qemu' type='raw'/>\n"
    "      <target dev='sda' bus='sata'/>\n"
    "      <readonly/>\n"
    "    </disk>\n"
    "    <interface type='user'>\n"
    "      <mac address='52:54:00:01:02:03'/>\n"
    "      <model type='virtio'/>\n"
    "    </interface>\n"
    "    <serial type='file'>\n"
    "      <source path='/l/serial' append='on'/>\n"
    "      <target type='isa-serial' port='0'>\n"
    "        <model name='isa-serial'/>\n"
    "      </target>\n"
    "    </serial>\n"
    "    <console type='file'>\n"
    "      <source path='/l/serial' append='on'/>\n"
    "      <target type='serial' port='0'/>\n"
    "    </console>\n"
    "    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1' passwd='sesame'>\n"
    "      <listen type='address' address='127.0.0.1'/>\n"
    "    </graphics>\n"
    "    <video>\n"
    "      <model type='vga' vram='16384' heads='1' primary='yes'/>\n"
    "    </video>\n"
    "    <memballoon model='virtio'/>\n"
    "    <rng model='virtio'>\n"
    "      <rate bytes='1024' period='500'/>\n"
    "      <backend model='random'>/dev/urandom</backend>\n"
    "    </rng>\n"
    "  </devices>\n"
    "</domain>\n";

static VirtCpuDomainDef *
read_good(const char *xml)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, FALSE, &error);

    g_assert_no_error(error);
    g_assert_true(virtcpu_domain_def_complete(def, &defaults, &error));
    g_assert_no_error(error);
    return g_steal_pointer(&def);
}

static void
test_nothing_is_lost(void)
{
    g_autoptr(VirtCpuDomainDef) def = read_good(full_xml);
    g_autoptr(VirtCpuDomainDef) copy = virtcpu_domain_def_copy(def);
    g_autofree char *text = virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE);
    g_autofree char *copy_text = virtcpu_domain_def_format(copy, VIRTCPU_DOMAIN_XML_SECURE);

    g_assert_cmpstr(text, ==, full_xml);
    g_assert_cmpstr(copy_text, ==, full_xml);
}

static void
test_secrets_are_hidden(void)
{
    g_autoptr(VirtCpuDomainDef) def = read_good(full_xml);
    g_autofree char *text = virtcpu_domain_def_format(def, 0);

    g_assert_null(strstr(text, "sesame"));
}

static void
test_completion(void)
{
    g_autoptr(VirtCpuDomainDef) def =
        read_good("<domain type='qemu'><name>small</name><memory unit='MiB'>64</memory><os>"
                  "<type>hvm</type></os><devices><interface type='user'/><console/>"
                  "<graphics type='vnc'/></devices></domain>");
    g_autoptr(VirtCpuDomainDef) again = NULL;
    g_autofree char *text = virtcpu_domain_def_format(def, 0);
    g_autofree char *second = NULL;

    g_assert_true(def->has_uuid);
    g_assert_cmpint(def->arch, ==, VIRTCPU_ARCH_X86_64);
    g_assert_cmpstr(def->machine, ==, "pc-i440fx-7.2");
    g_assert_cmpstr(def->emulator, ==, "/usr/bin/qemu-system-x86_64");
    g_assert_cmpuint(def->max_memory_kib, ==, 65536);
    g_assert_cmpuint(def->current_memory_kib, ==, 65536);
    g_assert_cmpuint(def->vcpus, ==, 1);
    g_assert_cmpuint(def->serials->len, ==, 1);
    g_assert_cmpstr(((VirtCpuChardevDef *)g_ptr_array_index(def->consoles, 0))->target_type, ==,
                    "serial");
    g_assert_true(((VirtCpuNetDef *)g_ptr_array_index(def->nets, 0))->has_mac);
    g_assert_cmpstr(((VirtCpuVideoDef *)g_ptr_array_index(def->videos, 0))->model, ==, "vga");
    g_assert_cmpstr(((VirtCpuMemballoonDef *)g_ptr_array_index(def->memballoons, 0))->model, ==,
                    "virtio");
    g_assert_cmpstr(g_ptr_array_index(def->boot_devs, 0), ==, "hd");
    again = read_good(text);
    second = virtcpu_domain_def_format(again, 0);
    g_assert_cmpstr(text, ==, second);
}

static void
test_live(void)
{
    g_autoptr(VirtCpuDomainDef) def = read_good(full_xml);
    VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, 0);
    g_autofree char *live = NULL;
    g_autofree char *inactive = NULL;
    g_autoptr(VirtCpuDomainDef) again = NULL;

    def->id = 7;
    disk->info.alias = g_strdup("virtio-disk0");
    live = virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE);
    inactive =
        virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE | VIRTCPU_DOMAIN_XML_INACTIVE);
    g_assert_nonnull(strstr(live, "<domain type='kvm' id='7'>"));
    g_assert_nonnull(strstr(live, "<alias name='virtio-disk0'/>"));
    g_assert_cmpstr(inactive, ==, full_xml);
    /* what a running domain shows can be defined */
    again = read_good(live);
    g_assert_cmpint(again->id, ==, -1);
    g_assert_null(((VirtCpuDiskDef *)g_ptr_array_index(again->disks, 0))->info.alias);
}

/* One bad thing a row: put in place of @part of the full document. */
typedef struct {
    const char *label;
    const char *part;
    const char *with;
    VirtCpuErrorCode code;
    const char *message;
} BadRow;

static const BadRow bad_rows[] = {
    { "no-type", "<domain type='kvm'>", "<domain>", VIRTCPU_ERR_XML_ERROR, "type" },
    { "virt-type", "type='kvm'", "type='xen'", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'xen'" },
    { "element", "  <os>\n", "  <seclabel/>\n  <os>\n", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "'seclabel' in 'domain' at line 12" },
    { "device", "    <rng model", "    <tpm/>\n    <rng model", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "'tpm'" },
    { "namespace", "  <os>\n", "  <q:commandline xmlns:q='urn:q'/>\n  <os>\n",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'q:commandline'" },
    { "attribute", "<vcpu placement", "<vcpu spread='0' placement", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "'spread'" },
    { "twice", "  <title>", "  <name>b</name>\n  <title>", VIRTCPU_ERR_XML_ERROR, "second time" },
    { "slash", "<name>full<", "<name>a/b<", VIRTCPU_ERR_XML_ERROR, "a/b" },
    { "empty-name", "<name>full<", "<name><", VIRTCPU_ERR_XML_ERROR, "name" },
    { "uuid", "c7a5fdbd", "c7a5fdb", VIRTCPU_ERR_INTERNAL_ERROR, "uuid" },
    { "negative", ">219136<", ">-1<", VIRTCPU_ERR_XML_ERROR, "'-1'" },
    { "overflow", ">219136<", ">99999999999999999999<", VIRTCPU_ERR_XML_ERROR, "9999" },
    { "unit", "<memory unit='KiB'>", "<memory unit='hands'>", VIRTCPU_ERR_XML_ERROR, "hands" },
    { "current", ">131072<", ">919136<", VIRTCPU_ERR_XML_ERROR, "exceeds maximum" },
    { "vcpus", "current='2'", "current='9'", VIRTCPU_ERR_XML_ERROR, "less than current" },
    { "no-vcpus", ">4</vcpu>", ">0</vcpu>", VIRTCPU_ERR_XML_ERROR, "vCPUs" },
    { "os-type", ">hvm<", ">xen<", VIRTCPU_ERR_OS_TYPE, "xen" },
    { "arch", "arch='x86_64'", "arch='pdp11'", VIRTCPU_ERR_XML_ERROR, "pdp11" },
    { "boot", "<boot dev='hd'/>", "<boot dev='fd'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'fd'" },
    { "topology", "cores='2'", "cores='4'", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "topology" },
    { "huge-topology", "cores='2'", "cores='4294967295'", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "topology" },
    { "timer", "name='pit'", "name='clap'", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "clap" },
    { "hyperv", "<relaxed", "<relaxing", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "relaxing" },
    { "action", "<on_reboot>restart<", "<on_reboot>rename-restart<", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "rename-restart" },
    { "disk-type", "type='file' device='disk'", "type='network' device='disk'",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "network" },
    { "target", "dev='sda'", "dev='../x'", VIRTCPU_ERR_XML_ERROR, "../x" },
    { "same-target", "dev='sda' bus='sata'", "dev='vda' bus='sata'", VIRTCPU_ERR_XML_ERROR,
      "duplicated" },
    { "mac", "52:54:00:01:02:03", "52:54:00:01:02", VIRTCPU_ERR_XML_ERROR, "mac" },
    { "multicast", "52:54:00:01:02:03", "53:54:00:01:02:03", VIRTCPU_ERR_XML_ERROR, "multicast" },
    { "net", "<interface type='user'>", "<interface type='direct'>", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "direct" },
    { "graphics", "graphics type='vnc'", "graphics type='sdl'", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "sdl" },
    { "listen", "address='127.0.0.1'/>", "address='::1'/>", VIRTCPU_ERR_XML_ERROR, "listen" },
    { "last", "<backend model='random'>", "<backend model='egd'>", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "egd" },
};

static void
test_bad(gconstpointer data)
{
    const BadRow *row = data;
    g_autoptr(GString) xml = g_string_new(full_xml);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = NULL;

    g_assert_cmpuint(g_string_replace(xml, row->part, row->with, 1), ==, 1);
    def = virtcpu_domain_def_parse(xml->str, FALSE, &error);
    g_assert_true(def == NULL || !virtcpu_domain_def_complete(def, &defaults, &error));
    g_assert_error(error, VIRTCPU_ERROR, (int)row->code);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, row->message));
}

static void
test_uuid(void)
{
    guint8 uuid[VIRTCPU_UUID_BYTES];
    g_autofree char *text = NULL;

    g_assert_true(virtcpu_uuid_from_string("c7a5fdbdedaf9455926ad65c16db1809", uuid));
    text = virtcpu_uuid_to_string(uuid);
    g_assert_cmpstr(text, ==, "c7a5fdbd-edaf-9455-926a-d65c16db1809");
    g_assert_false(virtcpu_uuid_from_string("", uuid));
    g_assert_false(virtcpu_uuid_from_string("c7a5fdbd-edaf-9455-926a-d65c16db180", uuid));
    g_assert_false(virtcpu_uuid_from_string("c7a5fdbd-edaf-9455-926a-d65c16db18091", uuid));
    g_assert_false(virtcpu_uuid_from_string("-c7a5fdbdedaf9455926ad65c16db1809", uuid));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain-def/full", test_nothing_is_lost);
    g_test_add_func("/domain-def/secret", test_secrets_are_hidden);
    g_test_add_func("/domain-def/complete", test_completion);
    g_test_add_func("/domain-def/live", test_live);
    g_test_add_func("/domain-def/uuid", test_uuid);
    for (gsize i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strconcat("/domain-def/bad/", bad_rows[i].label, NULL);

        g_test_add_data_func(path, &bad_rows[i], test_bad);
    }
    return g_test_run();
}
