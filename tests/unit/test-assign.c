/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses are given once: what is added later moves nothing, what is taken away leaves the others
 * where they are, and what cannot be is refused by name. */
#include "conf/error.h"
#include "drivers/qemu/assign.h"
#include "tests/unit/caps.h"

#include <string.h>

/* A definition of @machine with @devices (transfer full), or NULL with @error. */
static VirtCpuDomainDef *
define_xml(const VirtCpuQemuCaps *caps, const char *xml, GError **error)
{
    static const VirtCpuDomainDefaults defaults = { .arch = VIRTCPU_ARCH_X86_64, .emulator = "/e" };
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, FALSE, error);

    if (def == NULL || !virtcpu_domain_def_complete(def, &defaults, error) ||
        !virtcpu_devices_assign(def, caps, error)) {
        return NULL;
    }
    return g_steal_pointer(&def);
}

static char *
make_xml(const char *machine, const char *devices)
{
    return g_strdup_printf("<domain type='qemu'><name>a</name>"
                           "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><memory>65536</memory>"
                           "<os><type arch='x86_64' machine='%s'>hvm</type></os>\n"
                           "<devices>%s</devices></domain>",
                           machine, devices);
}

static char *
format(const VirtCpuDomainDef *def)
{
    return virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_INACTIVE);
}

#define FILE_DISK(device, target, bus)                                                             \
    "<disk type='file' device='" device "'><source file='/d'/><target dev='" target "' bus='" bus  \
    "'/></disk>"

/* One of each that can be added. The usb bus takes two on i440fx. */
static const char *const devices[] = {
    FILE_DISK("disk", "vda", "virtio"),
    FILE_DISK("disk", "sda", "sata"),
    FILE_DISK("cdrom", "sdc", "scsi"),
    FILE_DISK("disk", "sdq", "scsi"),
    FILE_DISK("disk", "sdz", "usb"),
    "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>",
    "<interface type='user'><mac address='52:54:00:00:00:02'/><model type='rtl8139'/></interface>",
    "<interface type='user'><mac address='52:54:00:00:00:03'/><model type='e1000e'/></interface>",
    "<console type='pty'/>",
    "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
    "<input type='tablet' bus='usb'/>",
    "<input type='keyboard' bus='virtio'/>",
    "<graphics type='vnc'/>",
    "<video><model type='virtio'/></video>",
    "<video><model type='bochs'/></video>",
    "<watchdog model='i6300esb'/>",
    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
    "<controller type='scsi' index='5' model='virtio-scsi'/>",
    "<controller type='virtio-serial'/>",
    "<controller type='usb' index='2' model='ich9-ehci1'/>",
};

static const char *const machines[] = { "pc-q35-7.2", "pc-i440fx-7.2" };

/* The elements below <devices> of the document @xml, each whole (transfer full). */
static GPtrArray *
split_devices(const char *xml)
{
    GPtrArray *blocks = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(strstr(xml, "<devices>\n") + strlen("<devices>\n"), "\n", -1);
    g_autoptr(GString) block = g_string_new(NULL);

    for (char **line = lines; !g_str_has_prefix(*line, "  </devices>"); line++) {
        g_string_append_printf(block, "%s\n", *line);
        /* children are indented deeper: only a line of the device itself ends it */
        if ((*line)[4] == '<' &&
            (g_str_has_prefix(*line, "    </") || g_str_has_suffix(*line, "/>") ||
             g_str_has_suffix(*line, "</emulator>"))) {
            g_ptr_array_add(blocks, g_strdup(block->str));
            g_string_truncate(block, 0);
        }
    }
    return blocks;
}

/* Every element of @before is in @after, unchanged, but for @gone (may be NULL). */
static void
assert_kept(const char *before, const char *after, const char *gone)
{
    g_autoptr(GPtrArray) blocks = split_devices(before);

    g_assert_cmpuint(blocks->len, >, 3);
    for (guint i = 0; i < blocks->len; i++) {
        const char *block = g_ptr_array_index(blocks, i);

        if (g_strcmp0(block, gone) != 0 && strstr(after, block) == NULL) {
            g_error("moved or changed:\n%s\nbefore:\n%s\nafter:\n%s", block, before, after);
        }
    }
}

static char *
define_good(const VirtCpuQemuCaps *caps, const char *xml)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = define_xml(caps, xml, &error);

    g_assert_no_error(error);
    return format(def);
}

/* @xml with @device as its last (transfer full). */
static char *
add_device(const char *xml, const char *device)
{
    const char *end = strstr(xml, "  </devices>");

    return g_strdup_printf("%.*s%s%s", (int)(end - xml), xml, device, end);
}

/* Each device is added to what has been written back, in a rotated order. */
static void
test_adding(gconstpointer machine)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();

    for (gsize start = 0; start < G_N_ELEMENTS(devices); start++) {
        g_autofree char *bare = make_xml(machine, "");
        g_autofree char *now = define_good(caps, bare);

        for (gsize i = 0; i < G_N_ELEMENTS(devices); i++) {
            const char *device = devices[(start + i) % G_N_ELEMENTS(devices)];
            g_autofree char *wanted = add_device(now, device);
            g_autofree char *next = define_good(caps, wanted);
            g_autofree char *again = define_good(caps, next);

            assert_kept(now, next, NULL);
            g_assert_cmpstr(again, ==, next);
            g_free(now);
            now = g_steal_pointer(&next);
        }
    }
}

/* Each device is taken out of what has been written back; its controllers stay. */
static void
test_removing(gconstpointer machine)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autoptr(GString) all = g_string_new(NULL);
    g_autofree char *xml = NULL;
    g_autofree char *whole = NULL;
    g_autoptr(GPtrArray) blocks = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(devices); i++) {
        g_string_append(all, devices[i]);
    }
    xml = make_xml(machine, all->str);
    whole = define_good(caps, xml);
    blocks = split_devices(whole);

    for (guint i = 0; i < blocks->len; i++) {
        const char *block = g_ptr_array_index(blocks, i);
        const char *at = strstr(whole, block);
        g_autofree char *without =
            g_strdup_printf("%.*s%s", (int)(at - whole), whole, at + strlen(block));
        g_autofree char *after = NULL;

        /* without the primary card the next one is it */
        if (strstr(block, "<controller") != NULL || strstr(block, "primary=") != NULL) {
            continue;
        }
        after = define_good(caps, without);
        assert_kept(whole, after, block);
    }
}

typedef struct {
    const char *label, *machine, *devices;
    VirtCpuErrorCode code;
    const char *words; /* of the message, NULL-terminated list in one: "a|b" */
} BadRow;

#define NET(address) "<interface type='user'>" address "</interface>\n"
#define PCI(place)   "<address type='pci' " place "/>"

static const BadRow bad_rows[] = {
    { "chipset", "pc-i440fx-7.2", NET(PCI("slot='0x1'")), VIRTCPU_ERR_XML_ERROR,
      "Attempted double use of PCI Address 0000:00:01.0|the chipset|interface|line 2" },
    { "host-bridge", "pc-q35-7.2", NET(PCI("function='1'")), VIRTCPU_ERR_XML_ERROR,
      "0000:00:00.1|the chipset" },
    { "twice-first", "pc-i440fx-7.2", NET(PCI("slot='3'")) NET(PCI("slot='3'")) NET(""),
      VIRTCPU_ERR_XML_ERROR, "0000:00:03.0|interface (line 3)|that of interface (line 2)" },
    { "twice-last", "pc-i440fx-7.2", NET("") NET(PCI("slot='3'")) NET(PCI("slot='3'")),
      VIRTCPU_ERR_XML_ERROR, "0000:00:03.0|interface (line 4)|that of interface (line 3)" },
    { "slot", "pc-i440fx-7.2", NET("") NET(PCI("slot='0x20'")), VIRTCPU_ERR_XML_ERROR,
      "slot|0x20|line 3" },
    { "function", "pc-i440fx-7.2", NET(PCI("slot='4' function='8'")), VIRTCPU_ERR_XML_ERROR,
      "function|line 2" },
    { "domain", "pc-q35-7.2", NET(PCI("domain='1' slot='4'")), VIRTCPU_ERR_XML_ERROR,
      "domain|line 2" },
    { "port-has-one-slot", "pc-q35-7.2", NET(PCI("bus='1' slot='1'")), VIRTCPU_ERR_XML_ERROR,
      "0000:01:01.0|pcie-root-port|interface (line 2)" },
    { "type", "pc-q35-7.2", NET("<address type='drive'/>"), VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "interface (line 2)|'drive'" },
    { "ccw-on-pc", "pc-q35-7.2",
      "<rng model='virtio'><backend model='random'>/r</backend><address type='ccw' cssid='0xfe' "
      "ssid='0' devno='1'/></rng>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "rng (line 2)|'ccw'" },
    { "unknown-type", "pc-q35-7.2", NET("<address type='spapr-vio' reg='1'/>"),
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "spapr-vio|line 2" },
    { "no-type", "pc-q35-7.2", NET("<address slot='1'/>"), VIRTCPU_ERR_XML_ERROR, "'type'" },
    { "unknown-attribute", "pc-q35-7.2", NET("<address type='pci' unit='1'/>"),
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "unit|line 2" },
    { "two-addresses", "pc-q35-7.2", NET(PCI("slot='3'") PCI("slot='4'")), VIRTCPU_ERR_XML_ERROR,
      "address" },
    { "multifunction-off", "pc-i440fx-7.2",
      NET(PCI("slot='5' multifunction='off'")) NET(PCI("slot='5' function='1'")),
      VIRTCPU_ERR_XML_ERROR, "multifunction|interface (line 2)" },
    { "ide-place", "pc-i440fx-7.2",
      "<controller type='ide' index='0'>" PCI("slot='7'") "</controller>", VIRTCPU_ERR_XML_ERROR,
      "Primary IDE controller must have PCI address 0:0:1.1|line 2" },
    { "second-ide", "pc-i440fx-7.2", FILE_DISK("disk", "hde", "ide"),
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "disk 'hde' (line 2)|controller '1'" },
    { "ide-on-q35", "pc-q35-7.2", FILE_DISK("disk", "hda", "ide"), VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "IDE controllers are unsupported|disk 'hda' (line 2)" },
    { "sata-unit", "pc-q35-7.2",
      "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><address type='drive' "
      "unit='6'/></disk>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "disk 'sda' (line 2)|unit '6'" },
    { "drive-twice", "pc-q35-7.2",
      FILE_DISK("disk", "sda", "sata") "\n<disk type='file' device='cdrom'><target dev='sdb' "
                                       "bus='sata'/><address type='drive'/></disk>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "duplicate drive address|'sda'|'sdb'|unit='0'" },
    { "serial-port-twice", "pc-q35-7.2",
      "<channel type='null'><target type='virtio' name='a'/><address type='virtio-serial' "
      "port='2'/></channel><channel type='null'><target type='virtio' name='b'/><address "
      "type='virtio-serial' port='2'/></channel>",
      VIRTCPU_ERR_XML_ERROR, "virtio serial port 2 on controller 0 is already occupied" },
    { "serial-port-zero", "pc-q35-7.2",
      "<channel type='null'><target type='virtio'/><address type='virtio-serial' port='0'/>"
      "</channel>",
      VIRTCPU_ERR_XML_ERROR, "port 0|channel (line 2)" },
    { "usb-twice", "pc-q35-7.2",
      "<input type='mouse' bus='usb'><address type='usb' bus='0' port='1'/></input>\n"
      "<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>",
      VIRTCPU_ERR_XML_ERROR, "Duplicate USB address bus 0 port 1|input (line 3)" },
    { "usb-port", "pc-i440fx-7.2",
      "<input type='tablet' bus='usb'><address type='usb' bus='0' port='3'/></input>",
      VIRTCPU_ERR_XML_ERROR, "port '3'|input (line 2)" },
    { "usb-full", "pc-i440fx-7.2",
      "<input type='tablet' bus='usb'/><input type='mouse' bus='usb'/>\n<input type='keyboard' "
      "bus='usb'/>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "no free USB port|input (line 3)" },
    { "usb-none", "pc-q35-7.2",
      "<controller type='usb' model='none'/><input type='tablet' bus='usb'/>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "no free USB port" },
    { "root", "pc-q35-7.2", "<controller type='pci' index='0' model='pci-root'/>",
      VIRTCPU_ERR_XML_ERROR, "index='0'|pcie-root|pci-root|line 2" },
    { "gap", "pc-q35-7.2", "<controller type='pci' index='3' model='pcie-root-port'/>",
      VIRTCPU_ERR_XML_ERROR, "successive|'1'" },
    { "controller-twice", "pc-q35-7.2",
      "<controller type='scsi' index='1'/><controller type='scsi' index='1'/>",
      VIRTCPU_ERR_XML_ERROR, "Multiple 'scsi' controllers with index '1'" },
    { "port-behind-a-port", "pc-q35-7.2",
      "<controller type='pci' index='1' model='pcie-root-port'/>\n<controller type='pci' index='2' "
      "model='pcie-root-port'>" PCI("bus='1'") "</controller>",
      VIRTCPU_ERR_XML_ERROR, "controller 'pci2' (line 3)|root bus" },
    { "model-name", "pc-q35-7.2",
      "<controller type='pci' index='1' model='pcie-root-port'><model name='pci-bridge'/>"
      "</controller>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'pci-bridge'|pcie-root-port|controller 'pci1' (line 2)" },
    { "alias-twice", "pc-q35-7.2",
      NET("<alias name='ua-a'/>") NET("<alias name='ua-b'/>") NET("<alias name='ua-a'/>"),
      VIRTCPU_ERR_XML_ERROR, "non unique alias detected: 'ua-a'|interface|line 4" },
    { "narrow-unit", "pc-q35-7.2",
      "<controller type='scsi' model='lsilogic'/><disk type='file' device='cdrom'><target "
      "dev='sda' bus='scsi'/><address type='drive' unit='7'/></disk>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "disk 'sda' (line 2)|unit '7'" },
    { "pci-on-microvm", "microvm", NET("<model type='rtl8139'/>"), VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "no PCI bus|interface (line 2)" },
};

static void
test_bad(gconstpointer data)
{
    const BadRow *row = data;
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autofree char *xml = make_xml(row->machine, row->devices);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = define_xml(caps, xml, &error);
    g_auto(GStrv) words = g_strsplit(row->words, "|", -1);

    g_assert_null(def);
    g_assert_error(error, VIRTCPU_ERROR, (int)row->code);
    for (char **word = words; *word != NULL; word++) {
        if (strstr(error->message, *word) == NULL) {
            g_error("'%s' is not in '%s'", *word, error->message);
        }
    }
}

/* What is written stands, and buses that are named come to be. */
static void
test_written(void)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autofree char *xml =
        make_xml("pc-q35-7.2", NET("<mac address='52:54:00:00:00:01'/>" PCI("bus='3'"))
                                   NET("<model type='virtio'/>" PCI("slot='0x9' function='0x2'")));
    g_autofree char *text = define_good(caps, xml);

    g_assert_nonnull(strstr(text, "bus='0x03' slot='0x00' function='0x0'/>"));
    g_assert_nonnull(strstr(text, "bus='0x00' slot='0x09' function='0x2'/>"));
    g_assert_nonnull(strstr(text, "<controller type='pci' index='3' model='pcie-root-port'>"));
}

/* As many as there is room for, and more: another bridge. */
static void
test_many(void)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autoptr(GString) nets = g_string_new(NULL);
    g_autofree char *xml = NULL;
    g_autofree char *text = NULL;
    g_autofree char *again = NULL;

    for (unsigned i = 0; i < 40; i++) {
        g_string_append(nets, NET("<model type='rtl8139'/>"));
    }
    xml = make_xml("pc-i440fx-7.2", nets->str);
    text = define_good(caps, xml);
    again = define_good(caps, text);
    g_assert_nonnull(strstr(text, "<controller type='pci' index='1' model='pci-bridge'>"));
    g_assert_null(strstr(text, "<controller type='pci' index='2'"));
    g_assert_cmpstr(again, ==, text);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
        g_autofree char *adding = g_strconcat("/assign/adding/", machines[i], NULL);
        g_autofree char *removing = g_strconcat("/assign/removing/", machines[i], NULL);

        g_test_add_data_func(adding, machines[i], test_adding);
        g_test_add_data_func(removing, machines[i], test_removing);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strconcat("/assign/bad/", bad_rows[i].label, NULL);

        g_test_add_data_func(path, &bad_rows[i], test_bad);
    }
    g_test_add_func("/assign/written", test_written);
    g_test_add_func("/assign/many", test_many);
    return g_test_run();
}
