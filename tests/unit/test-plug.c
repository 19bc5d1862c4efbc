/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device for a running QEMU is the one its command line would have; and which device is meant,
 * and where a new one goes. */
#include "conf/cpuset.h"
#include "conf/error.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/assign.h"
#include "drivers/qemu/device-match.h"
#include "tests/unit/caps.h"

static const char devices_xml[] =
    "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>"
    "<disk type='file' device='disk'><source file='/b'/><target dev='vdc' bus='virtio'/></disk>"
    "<disk type='file' device='cdrom'><target dev='sda' bus='scsi'/></disk>"
    "<disk type='file' device='disk'><source file='/c'/><target dev='sdb' bus='usb'/></disk>"
    "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
    "<interface type='user'><mac address='52:54:00:00:00:02'/><model type='virtio'/></interface>"
    "<interface type='user'><mac address='52:54:00:00:00:02'/><model type='virtio'/></interface>"
    "<console type='pty'/><console type='pty'><target type='virtio'/></console>"
    "<channel type='unix'><source mode='bind' path='/s,1'/><target type='virtio' "
    "name='x'/></channel>"
    "<channel type='file'><source path='/f'/><target type='virtio' name='y'/></channel>"
    "<input type='tablet' bus='usb'/>"
    "<rng model='virtio'><rate bytes='10'/><backend model='random'>/dev/urandom</backend></rng>";

static VirtCpuDomainDef *
define(const VirtCpuQemuCaps *caps, const char *machine)
{
    static const VirtCpuDomainDefaults defaults = { .arch = VIRTCPU_ARCH_X86_64, .emulator = "/e" };
    g_autofree char *xml =
        g_strdup_printf("<domain type='qemu'><name>a</name><memory>65536</memory>"
                        "<os><type arch='x86_64' machine='%s'>hvm</type><boot dev='network'/></os>"
                        "<devices>%s</devices></domain>",
                        machine, devices_xml);
    g_autoptr(GError) error = NULL;
    VirtCpuDomainDef *def = virtcpu_domain_def_parse(xml, TRUE, &error);

    g_assert_no_error(error);
    g_assert_true(virtcpu_domain_def_complete(def, &defaults, &error));
    g_assert_true(virtcpu_devices_assign(def, caps, &error));
    virtcpu_args_assign_aliases(def, caps);
    return def;
}

/* What @step tells QEMU, as an option of the command line has it (transfer full). */
static char *
as_option(const VirtCpuArgsStep *step)
{
    return virtcpu_json_format(step->arguments, FALSE);
}

static void
assert_on_command_line(char **argv, const GPtrArray *steps)
{
    for (guint i = 0; i < steps->len; i++) {
        const VirtCpuArgsStep *step = g_ptr_array_index(steps, i);
        g_autofree char *option = as_option(step);

        /* the only option that is no JSON */
        if (!g_str_equal(step->command, "chardev-add")) {
            g_assert_true(g_strv_contains((const char *const *)argv, option));
        }
        g_assert_cmpuint(virtcpu_json_size(step->undo_arguments), ==, 1);
    }
}

static void
test_same_as_command_line(gconstpointer machine)
{
    static const VirtCpuDeviceKind kinds[] = {
        VIRTCPU_DEVICE_DISK,    VIRTCPU_DEVICE_NET,   VIRTCPU_DEVICE_CONSOLE,
        VIRTCPU_DEVICE_CHANNEL, VIRTCPU_DEVICE_INPUT, VIRTCPU_DEVICE_RNG,
    };
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autoptr(VirtCpuDomainDef) def = define(caps, machine);
    const VirtCpuArgsInput input = { .def = def, .caps = caps };
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) argv = NULL;
    unsigned plugged = 0;

    /* <os><boot> is about the start of a guest only */
    g_ptr_array_set_size(def->boot_devs, 0);
    argv = virtcpu_args_build(&input, &error);
    g_assert_no_error(error);
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
        const GPtrArray *devices = virtcpu_domain_def_devices(def, kinds[k]);

        for (guint i = 0; i < devices->len; i++) {
            g_autoptr(GPtrArray) steps =
                virtcpu_args_plug(&input, g_ptr_array_index(devices, i), &error);

            if (steps == NULL) {
                g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_UNSUPPORTED);
                g_clear_error(&error);
                continue;
            }
            assert_on_command_line(argv, steps);
            g_assert_cmpstr(
                ((const VirtCpuArgsStep *)g_ptr_array_index(steps, steps->len - 1))->command, ==,
                "device_add");
            plugged++;
        }
    }
    /* all but the serial console, the PS/2 mouse and keyboard */
    g_assert_cmpuint(plugged, ==, 12);
}

static void
test_chardevs(void)
{
    static const char *const expected[] = {
        "{\"id\":\"charchannel0\",\"backend\":{\"type\":\"socket\",\"data\":{\"addr\":{\"type\":"
        "\"unix\",\"data\":{\"path\":\"/s,1\"}},\"server\":true,\"wait\":false}}}",
        "{\"id\":\"charchannel1\",\"backend\":{\"type\":\"file\",\"data\":{\"out\":\"/f\","
        "\"append\":false}}}",
    };
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autoptr(VirtCpuDomainDef) def = define(caps, "pc-i440fx-7.2");
    const VirtCpuArgsInput input = { .def = def, .caps = caps };

    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(GPtrArray) steps =
            virtcpu_args_plug(&input, g_ptr_array_index(def->channels, i), NULL);
        g_autofree char *option = as_option(g_ptr_array_index(steps, 0));

        g_assert_cmpstr(option, ==, expected[i]);
    }
}

/* A device, what is found for it, and which error says so when nothing is. */
static const struct {
    const char *xml, *alias;
    int code;
    gboolean live;
} match_rows[] = {
    { "<disk type='file'><source file='/x'/><target dev='vdc' bus='virtio'/></disk>",
      "virtio-disk2", 0, TRUE },
    { "<disk type='file'><source file='/x'/><target dev='vdc' bus='virtio'/><alias name='other'/>"
      "</disk>",
      "virtio-disk2", 0, FALSE },
    { "<disk type='file'><source file='/x'/><target dev='vdd' bus='virtio'/></disk>", NULL,
      VIRTCPU_ERR_DEVICE_MISSING, TRUE },
    { "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>", "net0", 0, TRUE },
    { "<interface type='user'><mac address='52:54:00:00:00:02'/></interface>", NULL,
      VIRTCPU_ERR_OPERATION_FAILED, TRUE },
    { "<interface type='user'><mac address='52:54:00:00:00:02'/><alias name='net2'/></interface>",
      "net2", 0, TRUE },
    { "<interface type='user'><mac address='52:54:00:00:00:01'/><alias name='net2'/></interface>",
      NULL, VIRTCPU_ERR_DEVICE_MISSING, TRUE },
    { "<interface type='user'><mac address='52:54:00:00:00:01'/><alias name='net9'/></interface>",
      "net0", 0, FALSE },
    { "<controller type='scsi' index='0'/>", "scsi0", 0, TRUE },
    { "<controller type='scsi' index='1'/>", NULL, VIRTCPU_ERR_DEVICE_MISSING, TRUE },
    { "<channel type='file'><source path='/f'/><target type='virtio' name='y'/></channel>",
      "channel1", 0, TRUE },
    { "<channel type='unix'><target type='virtio' name='y'/></channel>", NULL,
      VIRTCPU_ERR_DEVICE_MISSING, TRUE },
    { "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>", NULL,
      VIRTCPU_ERR_DEVICE_MISSING, TRUE },
    { "<rng model='virtio'><rate bytes='10'/><backend model='random'>/dev/urandom</backend></rng>",
      "rng0", 0, FALSE },
    { "<input type='tablet'/>", "input0", 0, TRUE },
};

static void
test_match(void)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autoptr(VirtCpuDomainDef) def = define(caps, "pc-i440fx-7.2");

    for (gsize i = 0; i < G_N_ELEMENTS(match_rows); i++) {
        g_autoptr(GError) error = NULL;
        VirtCpuDeviceInfo *like = virtcpu_device_parse(match_rows[i].xml, &error);
        const VirtCpuDeviceInfo *found;

        g_test_message("%s", match_rows[i].xml);
        g_assert_no_error(error);
        found = virtcpu_device_match(def, like, match_rows[i].live, &error);
        g_assert_cmpstr(found != NULL ? found->alias : NULL, ==, match_rows[i].alias);
        g_assert_cmpint(error != NULL ? error->code : 0, ==, match_rows[i].code);
        virtcpu_device_free(like);
    }
}

static void
test_parse_device(void)
{
    static const struct {
        const char *xml;
        int code;
    } rows[] = {
        { "", VIRTCPU_ERR_XML_DETAIL },
        { "<disk", VIRTCPU_ERR_XML_DETAIL },
        { "<emulator>/bin/true</emulator>", VIRTCPU_ERR_CONFIG_UNSUPPORTED },
        { "<hostdev/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED },
        { "<rng xmlns='urn:x' model='virtio'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED },
        { "<rng model='virtio'/>", VIRTCPU_ERR_XML_ERROR },
    };
    g_autoptr(GError) error = NULL;
    VirtCpuControllerDef *controller;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_null(virtcpu_device_parse(rows[i].xml, &error));
        g_assert_error(error, VIRTCPU_ERROR, rows[i].code);
        g_clear_error(&error);
    }
    controller = virtcpu_device_parse("<controller type='scsi'/>", &error);
    g_assert_no_error(error);
    g_assert_cmpint(controller->index, ==, -1);
    virtcpu_device_free(controller);
}

static void
test_insert(void)
{
    static const char *const targets[] = { "vda", "vdb", "vdc", "vdz", "sda", "sdc", "sdb" };
    static const char *const added[] = {
        "<disk type='file'><source file='/x'/><target dev='vdb' bus='virtio'/></disk>",
        "<disk type='file'><source file='/x'/><target dev='vdz' bus='virtio'/></disk>",
        "<disk type='file'><source file='/x'/><target dev='sdc' bus='scsi'/></disk>",
    };
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autoptr(VirtCpuDomainDef) def = define(caps, "pc-i440fx-7.2");
    VirtCpuDiskDef *disk;

    for (gsize i = 0; i < G_N_ELEMENTS(added); i++) {
        virtcpu_domain_def_insert(def, virtcpu_device_parse(added[i], NULL));
    }
    g_assert_cmpuint(def->disks->len, ==, G_N_ELEMENTS(targets));
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
        disk = g_ptr_array_index(def->disks, i);
        g_assert_cmpstr(disk->target, ==, targets[i]);
    }
    /* nodes that are there keep their numbers; a new one gets none of them */
    disk = virtcpu_domain_def_find_disk(def, "vdb");
    disk->node = virtcpu_args_next_node(def);
    g_assert_cmpuint(disk->node, ==, 5);
    virtcpu_args_number_nodes(def);
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *one = g_ptr_array_index(def->disks, i);

        for (guint j = 0; j < i && one->node != 0; j++) {
            const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, j);

            g_assert_cmpuint(one->node, !=, other->node);
        }
    }
}

static void
test_aliases(void)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autoptr(VirtCpuDomainDef) def = define(caps, "pc-i440fx-7.2");
    VirtCpuDeviceInfo *net = virtcpu_device_parse("<interface type='user'/>", NULL);

    virtcpu_domain_def_remove(def, virtcpu_domain_def_find_alias(def, "net1"));
    g_assert_null(virtcpu_domain_def_find_alias(def, "net1"));
    virtcpu_domain_def_insert(def, net);
    virtcpu_args_assign_alias(def, net, caps);
    g_assert_cmpstr(net->alias, ==, "net1");
}

static void
test_cpu_maps(void)
{
    static const guint8 none[4] = { 0 };
    static const guint8 some[3] = { 0x81, 0x00, 0x04 };
    guint8 back[2] = { 0 };
    g_autoptr(VirtCpuCpuset) set = virtcpu_cpuset_from_map(some, sizeof(some));
    g_autofree char *text = virtcpu_cpuset_format(set);

    g_assert_null(virtcpu_cpuset_from_map(none, sizeof(none)));
    g_assert_null(virtcpu_cpuset_from_map(none, 0));
    g_assert_cmpstr(text, ==, "0,7,18");
    virtcpu_cpuset_to_map(set, back, sizeof(back));
    g_assert_cmpmem(back, sizeof(back), some, sizeof(back));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/plug/command-line/pc", "pc-i440fx-7.2", test_same_as_command_line);
    g_test_add_data_func("/plug/command-line/q35", "pc-q35-7.2", test_same_as_command_line);
    g_test_add_func("/plug/chardevs", test_chardevs);
    g_test_add_func("/plug/match", test_match);
    g_test_add_func("/plug/parse-device", test_parse_device);
    g_test_add_func("/plug/insert", test_insert);
    g_test_add_func("/plug/aliases", test_aliases);
    g_test_add_func("/plug/cpu-maps", test_cpu_maps);
    return g_test_run();
}
